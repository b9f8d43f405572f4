//! What the generated `resources` of operations are made of.

use crate::{Resource, Resources};

/// The resource `*`.
pub(crate) fn any(action: &'static str) -> Resources {
    vec![Resource { action, arn: "*".to_owned() }]
}

/// The resource whose ARN the request gives, else the one it names, else `*`.
pub(crate) fn one(
    action: &'static str,
    arn: Option<&str>,
    named: impl FnOnce() -> Option<String>,
) -> Resources {
    let arn = arn.map(str::to_owned).or_else(named).unwrap_or_else(|| "*".to_owned());
    vec![Resource { action, arn }]
}
