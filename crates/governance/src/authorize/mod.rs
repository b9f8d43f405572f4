//! Who may: the judge at the door.
//!
//! Start at [`Authority`]. It gathers what a request is judged by ([`crate::iam::policy`] does the judging): the caller's policies from
//! [`crate::iam::identities`], a resource's from the service that has it ([`Guarded`]), the condition keys of the call.

mod authority;
mod caller;
mod guarded;
mod keys;
#[cfg(test)]
mod tests;

mod verdicts;

use anabranch_api::{ApiError, ConditionKeys, Context, Resource};

pub use authority::{Authority, EndpointPolicies};
pub use guarded::{Guarded, Protection, ProtectionPolicy};

/// Decides whether a call may happen. Called for every call, before it is served: answers from memory.
pub trait Authorize: Send + Sync + 'static {
    /// Allows the call on every one of its resources, or answers the refusal the caller gets. `keys`: what the request gives to conditions.
    fn authorize(&self, cx: &Context, resources: &[Resource], keys: &ConditionKeys) -> Result<(), ApiError>;
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
