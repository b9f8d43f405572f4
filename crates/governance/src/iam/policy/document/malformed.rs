//! What AWS says of a document that is none: `MalformedPolicyDocument`, 400.
//!
//! Sources: getmoto/moto tests/test_iam/test_iam_policies.py (recorded), localstack/localstack tests/aws/services/iam; of trust
//! policies, refusals of CreateRole as users report them.

use super::DocumentKind;

/// Why a document was refused, in AWS's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(String);

impl Malformed {
    pub(super) fn json(kind: DocumentKind) -> Self {
        match kind {
            DocumentKind::Trust => Self("This policy contains invalid Json".to_owned()),
            DocumentKind::Identity | DocumentKind::Resource => Self::syntax(),
        }
    }

    pub(super) fn syntax() -> Self {
        Self("Syntax errors in policy.".to_owned())
    }

    pub(super) fn version() -> Self {
        Self("Policy document must be version 2012-10-17 or greater.".to_owned())
    }

    pub(super) fn legacy() -> Self {
        Self("The policy failed legacy parsing".to_owned())
    }

    pub(super) fn sid_twice() -> Self {
        Self("Statement IDs (SID) in a single policy must be unique.".to_owned())
    }

    pub(super) fn sid_characters() -> Self {
        Self(
            "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*"
                .to_owned(),
        )
    }

    pub(super) fn no_actions() -> Self {
        Self("Policy statement must contain actions.".to_owned())
    }

    pub(super) fn no_resources() -> Self {
        Self("Policy statement must contain resources.".to_owned())
    }

    pub(super) fn principal() -> Self {
        Self("Policy document should not specify a principal.".to_owned())
    }

    pub(super) fn no_vendor() -> Self {
        Self("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.".to_owned())
    }

    pub(super) fn vendor(vendor: &str) -> Self {
        Self(format!("Vendor {vendor} is not valid"))
    }

    pub(super) fn colons() -> Self {
        Self("Actions/Condition can contain only one colon.".to_owned())
    }

    pub(super) fn no_arn(resource: &str) -> Self {
        Self(format!("Resource {resource} must be in ARN format or \"*\"."))
    }

    pub(super) fn partition(partition: &str, arn: &str) -> Self {
        Self(format!("Partition \"{partition}\" is not valid for resource \"{arn}\"."))
    }

    pub(super) fn resource_vendor() -> Self {
        Self("Resource vendor must be fully qualified and cannot contain regexes.".to_owned())
    }

    pub(super) fn iam_region(resource: &str) -> Self {
        Self(format!("IAM resource {resource} cannot contain region information."))
    }

    pub(super) fn region(resource: &str) -> Self {
        Self(format!("Resource {resource} can not contain region information."))
    }

    pub(super) fn iam_path(starts: &[&str]) -> Self {
        Self(format!("IAM resource path must either be \"*\" or start with {}.", starts.join(", ")))
    }

    pub(super) fn no_statement() -> Self {
        Self("Could not parse the policy: Statement is empty!".to_owned())
    }

    pub(super) fn prohibited(field: &str) -> Self {
        Self(format!("Has prohibited field {field}"))
    }

    pub(super) fn missing(field: &str) -> Self {
        Self(format!("Missing required field {field}"))
    }

    pub(super) fn empty_principal() -> Self {
        Self("Missing required field Principal cannot be empty!".to_owned())
    }

    pub(super) fn allow_not_principal() -> Self {
        Self("Allow with NotPrincipal is not allowed.".to_owned())
    }

    pub(super) fn trust_resources() -> Self {
        Self("AssumeRole policy must not contain resources.".to_owned())
    }

    pub(super) fn trust_actions() -> Self {
        Self("AssumeRole policy may only specify STS AssumeRole actions.".to_owned())
    }

    pub(super) fn invalid_principal(kind: &str, name: &str) -> Self {
        Self(format!("Invalid principal in policy: \"{kind}\":\"{name}\""))
    }
}
