//! The condition keys of a call (IAM reference_policies_condition-keys). A key is asked for in lower case and computed when it is.

use std::borrow::Cow;

use anabranch_api::{ConditionKeys, Context, Principal};

use super::caller::{Who, account_in};
use super::guarded::Protection;
use crate::iam::policy::{ContextKeys, ContextValue};

pub(super) struct CallKeys<'a> {
    pub(super) cx: &'a Context,
    pub(super) who: &'a Who,
    pub(super) arn: &'a str,
    pub(super) protection: Option<&'a Protection>,
    /// What the request gives.
    pub(super) given: &'a ConditionKeys,
    pub(super) asker: Asker,
}

/// Who puts the question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asker {
    /// Who is judged.
    Caller,
    /// A service, for who is judged.
    Service,
}

impl ContextKeys for CallKeys<'_> {
    fn value(&self, key: &str) -> Option<ContextValue<'_>> {
        if let Some(tag) = key.strip_prefix("aws:principaltag/") {
            return tagged(&self.who.tags, tag);
        }
        if let Some(tag) = key.strip_prefix("aws:resourcetag/") {
            return tagged(&self.protection?.tags, tag);
        }
        let found = self.of_principal(key).or_else(|| self.of_session(key));
        let found = found.or_else(|| self.of_endpoint(key)).or_else(|| self.of_request(key));
        found.map(ContextValue::One).or_else(|| self.given(key))
    }

    /// A service asks the same for each of its resources: what it gives stands. What does not is where and when a call comes from.
    fn is_standing(&self, key: &str) -> bool {
        self.asker == Asker::Service
            && (key.starts_with("kms:")
                || key.starts_with("aws:resource")
                || key.starts_with("aws:calledvia")
                || key == "aws:viaawsservice")
    }
}

impl CallKeys<'_> {
    fn of_principal(&self, key: &str) -> Option<Cow<'_, str>> {
        let principal = &self.cx.principal;
        match key {
            "aws:principalarn" => Some(self.who.principal_arn(self.cx).into()),
            "aws:principalaccount" | "kms:calleraccount" => Some(principal.account()?.to_string().into()),
            "aws:principaltype" => Some(kind(principal).into()),
            "aws:userid" => Some(principal.user_id().into()),
            "aws:username" => match principal {
                Principal::User(user) => Some((&*user.name).into()),
                _ => None,
            },
            "aws:federatedprovider" => match principal {
                Principal::WebIdentity(identity) => Some((&*identity.provider).into()),
                _ => None,
            },
            _ => None,
        }
    }

    /// Present with temporary credentials alone.
    fn of_session(&self, key: &str) -> Option<Cow<'_, str>> {
        let session = self.cx.session.as_ref()?;
        match key {
            "aws:tokenissuetime" => Some(session.issued.seconds().to_string().into()),
            "aws:multifactorauthpresent" => Some("false".into()),
            "aws:sourceidentity" => session.source_identity.as_deref().map(Cow::from),
            _ => None,
        }
    }

    /// Through a VPC endpoint there is no `aws:SourceIp` but an `aws:VpcSourceIp` (IAM reference_policies_condition-keys).
    fn of_endpoint(&self, key: &str) -> Option<Cow<'_, str>> {
        let endpoint = self.cx.endpoint.as_deref()?;
        match key {
            "aws:sourcevpce" => Some((&*endpoint.id).into()),
            "aws:sourcevpc" => endpoint.vpc.as_deref().map(Cow::from),
            "aws:vpcsourceip" => Some(self.cx.source?.to_string().into()),
            _ => None,
        }
    }

    fn of_request(&self, key: &str) -> Option<Cow<'_, str>> {
        let cx = self.cx;
        match key {
            "aws:sourceip" if cx.endpoint.is_none() => Some(cx.source?.to_string().into()),
            "aws:useragent" => cx.user_agent.as_deref().map(Cow::from),
            "aws:securetransport" => Some(if cx.secure_transport { "true" } else { "false" }.into()),
            "aws:currenttime" | "aws:epochtime" => Some(cx.received.seconds().to_string().into()),
            "aws:requestedregion" => Some(cx.region.as_str().into()),
            "aws:viaawsservice" => {
                let is_service =
                    matches!(cx.principal, Principal::Service(_)) || self.asker == Asker::Service;
                Some(if is_service { "true" } else { "false" }.into())
            }
            "aws:resourceaccount" => Some(account_in(self.arn).unwrap_or(cx.account).to_string().into()),
            _ => None,
        }
    }

    /// What the caller's token, the request or the resource gives by itself. A tag of a request is a key for each: the first of a name counts, as nobody
    /// can give two.
    fn given(&self, key: &str) -> Option<ContextValue<'_>> {
        let token = match &self.cx.principal {
            Principal::WebIdentity(identity) => Some(&identity.claims),
            _ => None,
        };
        let resource = self.protection.map(|protection| &protection.keys);
        let mut all = [token, Some(self.given), resource].into_iter().flatten().flatten();
        let (_, values) = all.find(|(name, _)| name == key)?;
        Some(match &values[..] {
            [one] if key != "aws:tagkeys" => ContextValue::One((&**one).into()),
            many => ContextValue::Many(many.iter().map(|value| (&**value).into()).collect()),
        })
    }
}

fn tagged<'a>(tags: &'a [(String, String)], name: &str) -> Option<ContextValue<'a>> {
    let (_, value) = tags.iter().find(|(key, _)| key.to_lowercase() == name)?;
    Some(ContextValue::One((&**value).into()))
}

/// `aws:PrincipalType`.
fn kind(principal: &Principal) -> &'static str {
    match principal {
        Principal::Root(_) | Principal::Development(_) => "Account",
        Principal::User(_) => "User",
        Principal::RoleSession(_) => "AssumedRole",
        Principal::FederatedUser(_) => "FederatedUser",
        Principal::Service(_) => "Service",
        Principal::WebIdentity(_) | Principal::Anonymous => "Anonymous",
    }
}
