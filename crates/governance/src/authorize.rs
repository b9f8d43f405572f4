use anabranch_api::{ApiError, Context, Principal, Resource, Resources};

/// Decides whether a call may happen. Called for every call, before it is served: answers from memory.
pub trait Authorize: Send + Sync + 'static {
    /// Allows the call on every one of its resources, or answers the refusal the caller gets.
    fn authorize(&self, cx: &Context, resources: &Resources) -> Result<(), ApiError>;
}

/// Everybody is the administrator of their own account and nobody in another's; our own services may everything.
///
/// What holds until there are policies: every principal there is, is an account's root or a development identity.
#[derive(Clone, Copy, Debug, Default)]
pub struct OwnAccount;

impl Authorize for OwnAccount {
    fn authorize(&self, cx: &Context, resources: &Resources) -> Result<(), ApiError> {
        if matches!(cx.principal, Principal::Service(_)) {
            return Ok(());
        }
        let account = cx.account.to_string();
        let foreign = resources
            .iter()
            .find(|r| account_of(&r.arn).is_some_and(|owner| !owner.is_empty() && owner != account));
        foreign.map_or(Ok(()), |resource| Err(denied_by_resource_policy(cx, resource)))
    }
}

/// The fifth part of an ARN; none for `*` and what is no ARN.
fn account_of(arn: &str) -> Option<&str> {
    arn.strip_prefix("arn:")?.split(':').nth(3)
}

/// The action's service answers a denial with this code: IAM and STS (Query) `AccessDenied` 403, the others
/// `AccessDeniedException` 400 (IAM troubleshoot_access-denied).
fn denied_by_resource_policy(cx: &Context, resource: &Resource) -> ApiError {
    let action = resource.action;
    let sentence = format!(
        "User: {} is not authorized to perform: {action} on resource: {} because no resource-based policy allows the {action} action",
        cx.principal.arn(cx.partition),
        resource.arn
    );
    if action.starts_with("sts:") || action.starts_with("iam:") {
        ApiError { status: 403, ..ApiError::client("AccessDenied", sentence) }
    } else {
        ApiError::client("AccessDeniedException", sentence)
    }
}
