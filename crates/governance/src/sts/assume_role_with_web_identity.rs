use anabranch_api::sts::{AssumeRoleWithWebIdentity, AssumeRoleWithWebIdentityOutput, Error};
use anabranch_api::{Context, Operation, Principal, Resource, Resources, Serve, Session};
use anabranch_types::Clock;

use super::assume_role::{lasts, role_in};
use super::session::Carried;
use super::{Sts, errors};

impl Serve<AssumeRoleWithWebIdentity> for Sts {
    /// The caller is whom the token vouches for, to the account of the role. Like a signature, the token is judged by the machine's clock.
    fn identify(&self, cx: &mut Context, request: &AssumeRoleWithWebIdentity) -> Result<(), Error> {
        if request.provider_id.is_some() {
            return Err(errors::no_access_tokens());
        }
        // Who has no token is told nothing about ARNs.
        let account = role_in(cx.partition, &request.role_arn).map(|(account, _)| account);
        let place = (cx.partition, account.unwrap_or(cx.account));
        let identity = self.web_identities.identify(&request.web_identity_token, place, Clock::machine_now());
        let identity = identity.map_err(errors::not_identified)?;
        cx.account = account.ok_or_else(|| errors::invalid_arn(&request.role_arn))?;
        cx.principal = Principal::WebIdentity(identity);
        Ok(())
    }

    /// Tags and a source identity, which need permissions of their own, are in the token.
    fn resources(&self, cx: &Context, request: &AssumeRoleWithWebIdentity) -> Result<Resources, Error> {
        let mut actions = vec![AssumeRoleWithWebIdentity::ACTION];
        if let Principal::WebIdentity(identity) = &cx.principal {
            actions.extend((!identity.tags.is_empty()).then_some("sts:TagSession"));
            actions.extend(identity.source_identity.as_ref().map(|_| "sts:SetSourceIdentity"));
        }
        let role = |action| Resource { action, arn: request.role_arn.to_string() };
        Ok(actions.into_iter().map(role).collect())
    }

    /// Whether the bearer may was judged at the door, by the trust policy; a role that is not there has one that trusts nobody.
    async fn serve(
        &self,
        cx: &Context,
        request: AssumeRoleWithWebIdentity,
    ) -> Result<AssumeRoleWithWebIdentityOutput, Error> {
        let Principal::WebIdentity(identity) = &cx.principal else { return Err(errors::no_session()) };
        let arn = &*request.role_arn;
        let (account, name) = role_in(cx.partition, arn).ok_or_else(|| errors::invalid_arn(arn))?;
        let role = self.identities.role(account, name).ok_or_else(|| errors::invalid_arn(arn))?;
        let lasts = lasts(cx, request.duration_seconds, role.stored.session_seconds_max)?;

        let asked = self.carried(account, request.policy.as_ref(), request.policy_arns.as_deref(), None)?;
        let asked = Carried { tags: identity.tags.clone(), ..asked };
        let packed_policy_size = asked.packed_percent()?;
        let session = Session {
            policies: asked.policies,
            tags: asked.tags,
            transitive_tags: identity.transitive_tags.clone(),
            source_identity: identity.source_identity.clone(),
            ..Session::default()
        };
        let name = &request.role_session_name;
        let token_bytes_min = request.minimum_session_token_size;
        let (told, user) = self.assumed(cx, (account, &role), name, (session, lasts), token_bytes_min)?;
        Ok(AssumeRoleWithWebIdentityOutput {
            credentials: Some(told.credentials),
            subject_from_web_identity_token: Some(identity.subject.as_str().into()),
            assumed_role_user: Some(user),
            packed_policy_size,
            provider: Some(identity.provider.as_str().into()),
            audience: Some(identity.audience.as_str().into()),
            source_identity: identity.source_identity.as_deref().map(Into::into),
            session_token_utilization: Some(told.token_percent),
            session_token_size: Some(told.token_bytes),
        })
    }
}
