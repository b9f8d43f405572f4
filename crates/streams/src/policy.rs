//! Resource policies: stored as they come, if they are policies for the resource.

use anabranch_api::kinesis::Error;
use anabranch_governance::iam::policy::{Document, DocumentKind};
use serde_json::Value;

use crate::errors::malformed_policy;
use crate::limits::POLICY_BYTES_MAX;

/// Refuses what is no policy that could be attached to the resource with this ARN.
pub(crate) fn check(policy: &str, arn: &str) -> Result<(), Error> {
    if policy.len() > POLICY_BYTES_MAX {
        return Err(malformed_policy("it is longer than 20 KB"));
    }
    Document::parse(policy, DocumentKind::Resource).map_err(|error| malformed_policy(&error.to_string()))?;
    // It was read a moment ago.
    let document: Value = serde_json::from_str(policy).map_err(|_| malformed_policy("it is not JSON"))?;
    let statements = match document.get("Statement") {
        Some(Value::Array(statements)) => statements.as_slice(),
        Some(statement) => std::slice::from_ref(statement),
        None => &[],
    };
    let about = |resource: &Value| resource.as_str() == Some(arn) || resource.as_str() == Some("*");
    let is_about = |statement: &Value| match statement.get("Resource") {
        Some(Value::Array(resources)) => resources.iter().all(about),
        Some(resource) => about(resource),
        None => false,
    };
    match statements.iter().all(is_about) {
        true => Ok(()),
        false => Err(malformed_policy("a statement's Resource is not the resource it is attached to")),
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
