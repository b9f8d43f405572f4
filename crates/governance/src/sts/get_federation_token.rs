use std::sync::Arc;

use anabranch_api::sts::{Error, FederatedUser as ToldUser, GetFederationToken, GetFederationTokenOutput};
use anabranch_api::{Context, FederatedUser, Principal, Serve, Session};

use super::get_session_token::{holder, lasts};
use super::{Sts, errors};

impl Serve<GetFederationToken> for Sts {
    async fn serve(
        &self,
        cx: &Context,
        request: GetFederationToken,
    ) -> Result<GetFederationTokenOutput, Error> {
        let issuer = match holder(&cx.principal) {
            _ if cx.session.is_some() => return Err(errors::of_session("GetFederationToken")),
            Principal::Root(_) => None,
            Principal::User(user) => Some((*user).clone()),
            _ => return Err(errors::no_session()),
        };
        let asked = self.carried(
            cx.account,
            request.policy.as_ref(),
            request.policy_arns.as_deref(),
            request.tags.as_deref(),
        )?;
        let packed_policy_size = asked.packed_percent()?;
        let lasts = lasts(&holder(&cx.principal), request.duration_seconds);
        let principal = Principal::FederatedUser(Arc::new(FederatedUser {
            account: cx.account,
            name: request.name.to_string(),
            issuer,
        }));
        let session = Session { policies: asked.policies, tags: asked.tags, ..Session::default() };
        let told = self.issue(&principal, session, lasts, request.minimum_session_token_size)?;
        Ok(GetFederationTokenOutput {
            credentials: Some(told.credentials),
            federated_user: Some(ToldUser {
                federated_user_id: principal.user_id().into(),
                arn: principal.arn(cx.partition).into(),
            }),
            packed_policy_size,
            session_token_utilization: Some(told.token_percent),
            session_token_size: Some(told.token_bytes),
        })
    }
}
