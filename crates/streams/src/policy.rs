//! Resource policies: stored as they come, if they are policies for the resource.

use anabranch_api::kinesis::Error;
use serde_json::Value;

use crate::errors::malformed_policy;
use crate::limits::POLICY_BYTES_MAX;

/// Refuses what is no policy that could be attached to the resource with this ARN.
pub(crate) fn check(policy: &str, arn: &str) -> Result<(), Error> {
    if policy.len() > POLICY_BYTES_MAX {
        return Err(malformed_policy("it is longer than 20 KB"));
    }
    let document: Value = serde_json::from_str(policy).map_err(|_| malformed_policy("it is not JSON"))?;
    let statements = match document.get("Statement") {
        Some(Value::Array(statements)) if !statements.is_empty() => statements.as_slice(),
        Some(statement @ Value::Object(_)) => std::slice::from_ref(statement),
        _ => return Err(malformed_policy("it has no statement")),
    };
    statements.iter().try_for_each(|s| check_statement(s, arn))
}

fn check_statement(statement: &Value, arn: &str) -> Result<(), Error> {
    let has = |one: &str, other: &str| statement.get(one).is_some() || statement.get(other).is_some();
    if !matches!(statement.get("Effect").and_then(Value::as_str), Some("Allow" | "Deny")) {
        return Err(malformed_policy("a statement's Effect is neither Allow nor Deny"));
    }
    if !has("Principal", "NotPrincipal") {
        return Err(malformed_policy("a statement has no Principal"));
    }
    if !has("Action", "NotAction") {
        return Err(malformed_policy("a statement has no Action"));
    }
    let about = |resource: &Value| resource.as_str() == Some(arn) || resource.as_str() == Some("*");
    match statement.get("Resource") {
        Some(Value::Array(resources)) if resources.iter().all(about) => Ok(()),
        Some(resource) if about(resource) => Ok(()),
        _ => Err(malformed_policy("a statement's Resource is not the resource it is attached to")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:kinesis:us-east-1:123456789012:stream/s";

    fn statement(resource: &str) -> String {
        format!(
            r#"{{"Effect":"Allow","Principal":{{"AWS":"210987654321"}},"Action":"kinesis:PutRecord","Resource":"{resource}"}}"#
        )
    }

    #[test]
    fn a_policy_is_about_its_own_resource() {
        let one = statement(ARN);
        for (policy, accepted) in [
            (format!(r#"{{"Version":"2012-10-17","Statement":[{one}]}}"#), true),
            (format!(r#"{{"Statement":{one}}}"#), true),
            (format!(r#"{{"Statement":[{}]}}"#, statement(&format!("{ARN}2"))), false),
            (r#"{"Statement":[]}"#.to_owned(), false),
            (r#"{"Statement":[{"Effect":"Maybe"}]}"#.to_owned(), false),
            ("{}".to_owned(), false),
            ("[".to_owned(), false),
            (format!(r#"{{"Statement":{one},"Id":"{}"}}"#, "x".repeat(20 * 1024)), false),
        ] {
            assert_eq!(check(&policy, ARN).is_ok(), accepted, "{policy}");
        }
    }
}
