use std::borrow::Cow;
use std::sync::Arc;

use anabranch_api::{ConditionKeys, Context};

use crate::iam::policy::{Document, ResourcePolicy};

/// A service whose resources are protected by more than their account: by policies of their own, or by conditions on their tags.
pub trait Guarded: Send + Sync + 'static {
    /// What protects the resource with this ARN from this action, if there is such a resource: a denial comes whether or not there is.
    fn protection(&self, action: &str, arn: &str) -> Option<Protection>;

    /// A number that rises with every change that may change what protects a resource.
    fn revision(&self) -> u64;

    /// What the request gives to the conditions on one of its actions, where it asks for several.
    fn condition_keys<'a>(&self, _action: &str, keys: &'a ConditionKeys) -> Cow<'a, ConditionKeys> {
        Cow::Borrowed(keys)
    }

    /// Whether something else than a policy allows the action, which no policy forbids: a grant on a KMS key.
    fn is_granted(&self, _cx: &Context, _action: &str, _arn: &str, _keys: &ConditionKeys) -> bool {
        false
    }
}

/// What protects a resource.
#[derive(Clone, Debug, Default)]
pub struct Protection {
    /// Its policy.
    pub policy: ProtectionPolicy,
    /// Its tags: `aws:ResourceTag/…`.
    pub tags: Vec<(String, String)>,
    /// What else conditions may ask of it, in lower case.
    pub keys: ConditionKeys,
}

/// The policy of a resource, by how much rests on it.
#[derive(Clone, Debug, Default)]
pub enum ProtectionPolicy {
    /// There is none, and none is needed within the account.
    #[default]
    None,
    /// What it is silent about, an identity policy of the same account may allow.
    Ordinary(Arc<Document>),
    /// A KMS key's: without its word nobody may.
    Key(Arc<Document>),
    /// A role's trust policy: without its word nobody may.
    Trust(Arc<Document>),
}

impl Protection {
    pub(super) fn as_resource_policy(&self) -> ResourcePolicy<'_> {
        match &self.policy {
            ProtectionPolicy::None => ResourcePolicy::None,
            ProtectionPolicy::Ordinary(document) => ResourcePolicy::Ordinary(document),
            ProtectionPolicy::Key(document) => ResourcePolicy::Key(document),
            ProtectionPolicy::Trust(document) => ResourcePolicy::Trust(document),
        }
    }
}
