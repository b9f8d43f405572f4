use std::sync::Arc;
use std::time::Duration;

use anabranch_api::sts::{AssumeRole, AssumeRoleOutput, AssumedRoleUser, Error};
use anabranch_api::{Context, Principal, RoleSession, Serve, Session};
use anabranch_types::{AccountId, Partition};

use super::session::{Carried, Told};
use super::{Sts, errors};
use crate::iam::identities::Role;

/// How long a session lasts if nobody says (STS API AssumeRole).
const DEFAULT: Duration = Duration::from_secs(3_600);
/// How long one lasts at the most that a session of a role asks for (IAM id_roles, role chaining).
const CHAINED_MAX: Duration = Duration::from_secs(3_600);

impl Serve<AssumeRole> for Sts {
    /// Whether the caller may was judged at the door, by the trust policy; a role that is not there has one that trusts nobody.
    async fn serve(&self, cx: &Context, request: AssumeRole) -> Result<AssumeRoleOutput, Error> {
        if matches!(cx.principal, Principal::Root(_)) {
            return Err(errors::root_assumes_no_role());
        }
        if request.serial_number.is_some() || request.token_code.is_some() {
            return Err(errors::wrong_mfa_code());
        }
        if request.provided_contexts.is_some() {
            return Err(errors::no_provided_contexts());
        }
        let arn = &*request.role_arn;
        let (account, name) = role_in(cx.partition, arn).ok_or_else(|| errors::invalid_arn(arn))?;
        let role = self.identities.role(account, name).ok_or_else(|| errors::invalid_arn(arn))?;
        let lasts = lasts(cx, request.duration_seconds, role.stored.session_seconds_max)?;

        let asked = self.carried(
            account,
            request.policy.as_ref(),
            request.policy_arns.as_deref(),
            request.tags.as_deref(),
        )?;
        let packed_policy_size = asked.packed_percent()?;
        let transitive = request.transitive_tag_keys.unwrap_or_default();
        let transitive: Vec<String> = transitive.iter().map(|key| key.to_string()).collect();
        let session = session(cx, asked, transitive, request.source_identity.map(|name| name.to_string()))?;
        let source_identity = session.source_identity.as_deref().map(Into::into);
        let name = &request.role_session_name;
        let (told, user) =
            self.assumed(cx, (account, &role), name, (session, lasts), request.minimum_session_token_size)?;
        Ok(AssumeRoleOutput {
            credentials: Some(told.credentials),
            assumed_role_user: Some(user),
            packed_policy_size,
            source_identity,
            session_token_utilization: Some(told.token_percent),
            session_token_size: Some(told.token_bytes),
        })
    }
}

impl Sts {
    /// Issues credentials for a session of the role, which lasts so long.
    pub(super) fn assumed(
        &self,
        cx: &Context,
        (account, role): (AccountId, &Role),
        name: &str,
        (session, lasts): (Session, Duration),
        token_bytes_min: Option<i32>,
    ) -> Result<(Told, AssumedRoleUser), Error> {
        let assumed = Arc::new(RoleSession {
            account,
            role: role.stored.name.clone(),
            path: role.stored.path.clone(),
            role_id: role.stored.id.clone(),
            name: name.to_owned(),
        });
        let principal = Principal::RoleSession(Arc::clone(&assumed));
        let told = self.issue(&principal, session, lasts, token_bytes_min)?;
        self.identities.note_role_used(account, role, "sts", cx.region.as_str(), self.sessions.now());
        let (assumed_role_id, arn) = (principal.user_id().into(), assumed.arn(cx.partition).into());
        Ok((told, AssumedRoleUser { assumed_role_id, arn }))
    }
}

/// The account and the name in a role's ARN, whose path the door has compared. An ARN of another partition names no role here: policies
/// tell roles by their ARNs, which must have one spelling.
pub(super) fn role_in(partition: Partition, arn: &str) -> Option<(AccountId, &str)> {
    let rest = arn.strip_prefix("arn:")?.strip_prefix(partition.as_str())?.strip_prefix(":iam::")?;
    let (account, role) = rest.split_once(':')?;
    let name = role.strip_prefix("role/")?.rsplit('/').next()?;
    Some((account.parse().ok()?, name))
}

pub(super) fn lasts(cx: &Context, asked: Option<i32>, role_max: u32) -> Result<Duration, Error> {
    let Some(seconds) = asked else { return Ok(DEFAULT) };
    let lasts = Duration::from_secs(u64::try_from(seconds).unwrap_or_default());
    if matches!(cx.principal, Principal::RoleSession(_)) && lasts > CHAINED_MAX {
        return Err(errors::longer_than_chaining_allows());
    }
    if lasts > Duration::from_secs(u64::from(role_max)) {
        return Err(errors::longer_than_role_allows());
    }
    Ok(lasts)
}

/// What the new session carries: what was asked for, and what the calling session hands on (IAM id_session-tags).
fn session(
    cx: &Context,
    asked: Carried,
    transitive: Vec<String>,
    source_identity: Option<String>,
) -> Result<Session, Error> {
    let Carried { policies, mut tags } = asked;
    let same = |one: &str, other: &str| one.to_lowercase() == other.to_lowercase();
    if !transitive.iter().all(|key| tags.keys().any(|tag| same(tag, key))) {
        return Err(errors::transitive_tag_not_requested());
    }
    let mut session =
        Session { policies, transitive_tags: transitive, source_identity, ..Session::default() };
    if let Some(calling) = &cx.session {
        for key in &calling.transitive_tags {
            if tags.keys().any(|tag| same(tag, key)) {
                return Err(errors::tag_inherited(key));
            }
            let inherited = calling.tags.iter().find(|(name, _)| same(name, key));
            tags.extend(inherited.map(|(name, value)| (name.clone(), value.clone())));
            session.transitive_tags.push(key.clone());
        }
        // Set once for good (STS API AssumeRole, SourceIdentity).
        session.source_identity = calling.source_identity.clone().or(session.source_identity);
    }
    session.tags = tags;
    Ok(session)
}
