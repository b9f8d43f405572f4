//! Key policies: the one a key is made with, and which may be put.

use std::sync::{Arc, LazyLock};

use anabranch_api::kms::Error;
use anabranch_api::{Context, Principal};

use super::errors;
use super::key_id::{KeyName, Scope};
use crate::iam::policy::quota::KEY_POLICY_BYTES_MAX;
use crate::iam::policy::{
    Caller, ContextKeys, ContextValue, Document, DocumentKind, Policies, Request, ResourcePolicy, evaluate,
};

/// The name of the one policy a key has.
pub(super) const DEFAULT_NAME: &str = "default";
const PUT_KEY_POLICY: &str = "kms:PutKeyPolicy";

/// Whether it is looked at that the caller can put another policy later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lockout {
    Refused,
    Accepted,
}

impl Lockout {
    /// By BypassPolicyLockoutSafetyCheck.
    pub fn of(bypass: Option<bool>) -> Self {
        if bypass == Some(true) { Self::Accepted } else { Self::Refused }
    }
}

/// The policy of a key that is made without one (KMS developer guide, key-policy-default).
pub(super) fn default_policy(scope: &Scope) -> String {
    let Scope { account, region } = scope;
    let root = format!("arn:{}:iam::{account}:root", region.partition());
    format!(
        r#"{{
  "Version" : "2012-10-17",
  "Id" : "key-default-1",
  "Statement" : [ {{
    "Sid" : "Enable IAM User Permissions",
    "Effect" : "Allow",
    "Principal" : {{
      "AWS" : "{root}"
    }},
    "Action" : "kms:*",
    "Resource" : "*"
  }} ]
}}"#
    )
}

/// Refuses a policy that AWS would not take for this key.
pub(super) fn check(cx: &Context, name: &KeyName, text: &str, lockout: Lockout) -> Result<(), Error> {
    if text.len() > KEY_POLICY_BYTES_MAX {
        return Err(errors::policy_too_long(KEY_POLICY_BYTES_MAX));
    }
    let document =
        Document::parse(text, DocumentKind::Resource).map_err(|why| errors::malformed_policy(&why))?;
    if lockout == Lockout::Refused && !may_put_another(cx, name, &document) {
        return Err(errors::policy_locks_out());
    }
    Ok(())
}

/// Whether the policy itself, or what it leaves to the caller's account, lets the caller put another policy.
fn may_put_another(cx: &Context, name: &KeyName, document: &Document) -> bool {
    let arn = cx.principal.arn(cx.partition);
    let mut issuer = arn.clone();
    let caller = match &cx.principal {
        Principal::Root(account) | Principal::Development(account) => {
            Caller::Root { account: *account, arn: &arn }
        }
        Principal::User(user) => Caller::User { account: user.account, arn: &arn, id: &user.id },
        Principal::RoleSession(session) => {
            issuer = session.role_arn(cx.partition);
            Caller::RoleSession {
                account: session.account,
                arn: &arn,
                role_arn: &issuer,
                role_id: &session.role_id,
            }
        }
        Principal::FederatedUser(user) => {
            issuer = user.issuer.as_ref().map_or(issuer, |user| user.arn(cx.partition));
            Caller::FederatedUser { account: user.account, arn: &arn, user_arn: &issuer }
        }
        Principal::WebIdentity(_) | Principal::Service(_) | Principal::Anonymous => {
            Caller::Service { name: &arn }
        }
    };
    let resource = name.arn();
    let request = Request {
        caller,
        action: PUT_KEY_POLICY,
        resource: &resource,
        owner: None,
        context: &OfCaller { account: cx.account.to_string(), arn: &arn },
    };
    let policies = Policies {
        resource: ResourcePolicy::Key(document),
        identity: std::slice::from_ref(&*EVERYTHING),
        ..Policies::default()
    };
    evaluate(&request, &policies).is_allowed()
}

/// What the account may grant the caller.
static EVERYTHING: LazyLock<Arc<Document>> = LazyLock::new(|| {
    let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    Arc::new(Document::parse(text, DocumentKind::Identity).expect("it is a policy"))
});

/// What is known of a call that is to come.
struct OfCaller<'a> {
    account: String,
    arn: &'a str,
}

impl ContextKeys for OfCaller<'_> {
    fn value(&self, key: &str) -> Option<ContextValue<'_>> {
        let value = match key {
            "kms:calleraccount" | "aws:principalaccount" => &self.account,
            "aws:principalarn" => self.arn,
            _ => return None,
        };
        Some(ContextValue::One(value.into()))
    }
}
