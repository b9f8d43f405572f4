//! What the generated `resources` and `condition_keys` of operations are made of.

use crate::{ConditionKeys, Resource, Resources};

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

/// The same, and if `asked` another action on the first of them.
pub(crate) fn also(mut resources: Resources, asked: bool, action: &'static str) -> Resources {
    let arn = resources.first().filter(|_| asked).map(|first| first.arn.clone());
    resources.extend(arn.map(|arn| Resource { action, arn }));
    resources
}

/// A condition key with these values, if there are any.
pub(crate) fn values(keys: &mut ConditionKeys, key: &str, values: impl IntoIterator<Item = impl ToString>) {
    let values: Vec<String> = values.into_iter().map(|value| value.to_string()).collect();
    if !values.is_empty() {
        keys.push((key.to_owned(), values));
    }
}

/// A condition key for each entry, named by it: `aws:requesttag/` and a tag's key. Keys are told apart without regard to case.
pub(crate) fn each<'a>(
    keys: &mut ConditionKeys,
    prefix: &str,
    entries: impl Iterator<Item = (&'a str, &'a str)>,
) {
    let key = |name: &str| format!("{prefix}{}", name.to_ascii_lowercase());
    keys.extend(entries.map(|(name, value)| (key(name), vec![value.to_owned()])));
}
