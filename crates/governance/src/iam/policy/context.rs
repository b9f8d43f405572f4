//! What a request tells of itself when a policy asks.

use std::borrow::Cow;

/// The value of a context key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContextValue<'a> {
    /// A key of one value.
    One(Cow<'a, str>),
    /// A key of many, `aws:TagKeys` for one; none at all is as good as an absent key.
    Many(Vec<Cow<'a, str>>),
}

/// The context of a request. A value is computed when a policy asks for it, so that a request pays only for keys that stand in
/// the policies it is judged by.
pub trait ContextKeys {
    /// The value of `key`, which comes in lower case (names of keys, tag keys in them included, are compared without regard to case:
    /// IAM reference_policies_elements_condition); none if the request has no such key.
    ///
    /// Dates are ISO 8601 or seconds since the epoch, numbers decimal, binaries base64.
    fn value(&self, key: &str) -> Option<ContextValue<'_>>;

    /// Whether `key`, which comes in lower case, has the same value in every request of this kind, beside the keys that are the
    /// principal's.
    fn is_standing(&self, _key: &str) -> bool {
        false
    }
}

/// The name of a context key in a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    /// As it is written.
    pub(super) name: Box<str>,
    /// What [`ContextKeys`] is asked for.
    pub(super) lower: Box<str>,
    /// Whether its value is the same in every request of one principal.
    pub(super) of_principal: bool,
}

/// The keys whose value is a matter of who calls (IAM reference_policies_condition-keys, properties of the principal). A session is
/// a principal of its own.
const PRINCIPAL_KEYS: [&str; 5] =
    ["aws:principalarn", "aws:principalaccount", "aws:principaltype", "aws:userid", "aws:username"];

impl Key {
    pub(super) fn new(name: &str) -> Self {
        let lower = name.to_lowercase();
        let of_principal = PRINCIPAL_KEYS.contains(&&*lower) || lower.starts_with("aws:principaltag/");
        Self { name: name.into(), lower: lower.into(), of_principal }
    }
}

/// Where a condition or a variable finds values.
pub(super) trait Lookup {
    /// The value of the key in the request that is judged.
    fn value(&self, key: &Key) -> Option<ContextValue<'_>>;
}
