//! Who may: the judge at the door.
//!
//! Start at [`Authority`]. It gathers what a request is judged by ([`crate::iam::policy`] does the judging): the caller's policies from
//! [`crate::iam::identities`], a resource's from the service that has it ([`Guarded`]), the condition keys of the call.

mod authority;
mod caller;
mod guarded;
mod keys;
mod message;
#[cfg(test)]
mod tests;

mod verdicts;

use anabranch_api::{ApiError, ConditionKeys, Context, Resource};

pub use authority::{Authority, EndpointPolicies};
pub use guarded::{Guarded, Protection, ProtectionPolicy};
pub use message::DenialMessages;

/// Decides whether a call may happen. Called for every call, before it is served: answers from memory.
pub trait Authorize: Send + Sync + 'static {
    /// Allows the call on every one of its resources, or answers the refusal the caller gets. `keys`: what the request gives to conditions.
    fn authorize(&self, cx: &Context, resources: &[Resource], keys: &ConditionKeys) -> Result<(), ApiError>;

    /// As [`Self::authorize`], for what a service does on its caller's behalf with something of another service. The caller may keep an
    /// allowance of these keys as far as it lasts.
    fn authorize_via(
        &self,
        cx: &Context,
        resource: &Resource,
        keys: &ConditionKeys,
    ) -> Result<Lasting, ApiError>;

    /// A number that rises with everything that may change a verdict.
    fn revision(&self) -> u64;
}

/// How long an allowance holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lasting {
    /// For the same caller and question until [`Authorize::revision`] rises.
    UntilChange,
    /// For this call alone: it rests on where or when it comes from.
    ThisCall,
}

/// The action's service answers a denial with this code: IAM and STS (Query) `AccessDenied` 403, the others
/// `AccessDeniedException` 400 (IAM troubleshoot_access-denied).
fn denied(action: &str, sentence: String) -> ApiError {
    if action.starts_with("sts:") || action.starts_with("iam:") {
        ApiError { status: 403, ..ApiError::client("AccessDenied", sentence) }
    } else {
        ApiError::client("AccessDeniedException", sentence)
    }
}
