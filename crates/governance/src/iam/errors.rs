//! Every sentence IAM's callers can be told, one function each. Those marked "wording ours" have no recording of AWS.
//!
//! Sources: localstack/localstack tests/aws/services/iam (recorded), getmoto/moto tests/test_iam, issues of Terraform's AWS provider.

use anabranch_api::iam::Error;
use anabranch_api::{ApiError, Context};

use super::identities::Failed;
use super::policy::Malformed;

/// What an entity is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    User,
    Group,
    Role,
}

impl Kind {
    /// As sentences begin with it, and quotas end.
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::User => "User",
            Kind::Group => "Group",
            Kind::Role => "Role",
        }
    }

    /// As ARNs and sentences have it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Kind::User => "user",
            Kind::Group => "group",
            Kind::Role => "role",
        }
    }
}

impl From<Failed> for Error {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::AliasTaken => alias_taken(),
            Failed::TooLarge => too_large(),
            Failed::Changed => concurrent(),
            Failed::TooManyAccounts => cannot_exceed("Accounts", 10_000),
            Failed::Catalog(_) | Failed::Unreadable(_) | Failed::Secret(_) => {
                tracing::error!(error = &failed as &dyn std::error::Error, "identities cannot be changed");
                Error::ServiceFailureException(
                    "The request processing has failed because of an internal error.".into(),
                )
            }
        }
    }
}

impl From<Malformed> for Error {
    fn from(malformed: Malformed) -> Self {
        Error::MalformedPolicyDocumentException(malformed.to_string().into())
    }
}

pub(super) fn no_entity(kind: Kind, name: &str) -> Error {
    Error::NoSuchEntityException(format!("The {} with name {name} cannot be found.", kind.word()).into())
}

pub(super) fn entity_exists(kind: Kind, name: &str) -> Error {
    Error::EntityAlreadyExistsException(format!("{} with name {name} already exists.", kind.name()).into())
}

pub(super) fn no_inline_policy(kind: Kind, name: &str) -> Error {
    Error::NoSuchEntityException(
        format!("The {} policy with name {name} cannot be found.", kind.word()).into(),
    )
}

pub(super) fn policy_exists(name: &str) -> Error {
    Error::EntityAlreadyExistsException(
        format!("A policy called {name} already exists. Duplicate names are not allowed.").into(),
    )
}

pub(super) fn no_policy(arn: &str) -> Error {
    Error::NoSuchEntityException(format!("Policy {arn} was not found.").into())
}

pub(super) fn not_attachable(arn: &str) -> Error {
    Error::NoSuchEntityException(format!("Policy {arn} does not exist or is not attachable.").into())
}

pub(super) fn boundary_not_attachable(arn: &str) -> Error {
    Error::NoSuchEntityException(format!("Scope ARN: {arn} does not exist or is not attachable.").into())
}

/// Wording ours.
pub(super) fn no_boundary(kind: Kind, name: &str) -> Error {
    Error::NoSuchEntityException(
        format!("The {} with name {name} has no permissions boundary.", kind.word()).into(),
    )
}

pub(super) fn no_version(arn: &str, version: &str) -> Error {
    Error::NoSuchEntityException(
        format!("Policy {arn} version {version} does not exist or is not attachable.").into(),
    )
}

pub(super) fn too_many_versions(most: usize) -> Error {
    Error::LimitExceededException(
        format!(
            "A managed policy can have up to {most} versions. Before you create a new version, you must delete an existing version."
        )
        .into(),
    )
}

pub(super) fn default_version() -> Error {
    Error::DeleteConflictException("Cannot delete the default version of a policy.".into())
}

pub(super) fn policy_in_use() -> Error {
    Error::DeleteConflictException("Cannot delete a policy attached to entities.".into())
}

pub(super) fn policy_has_versions() -> Error {
    Error::DeleteConflictException(
        "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. \
         The default version is deleted with the policy."
            .into(),
    )
}

/// Another account's policy or AWS's, which nobody can change: IAM answers as if it could not be found by who asks.
pub(super) fn policy_not_own(cx: &Context, action: &str, arn: &str) -> Error {
    let who = cx.principal.arn(cx.partition);
    let sentence = format!("User: {who} is not authorized to perform: {action} on resource: policy {arn}");
    Error::Other(ApiError { status: 403, ..ApiError::client("AccessDenied", sentence) })
}

pub(super) fn invalid_arn() -> Error {
    validation("Invalid ARN:  Could not be parsed!".to_owned())
}

/// Wording ours.
pub(super) fn arn_of_no_policy(arn: &str) -> Error {
    Error::InvalidInputException(format!("ARN {arn} is not valid.").into())
}

/// Wording ours.
pub(super) fn arn_of_no_principal(arn: &str) -> Error {
    Error::InvalidInputException(
        format!("Invalid Entity Arn: {arn} does not clearly define entity type and name.").into(),
    )
}

pub(super) fn must_detach(what: MustFirst) -> Error {
    let what = match what {
        MustFirst::DetachPolicies => "must detach all policies first",
        MustFirst::DeletePolicies => "must delete policies first",
        MustFirst::DeleteAccessKeys => "must delete access keys first",
        MustFirst::RemoveUsers => "must remove users from group first",
    };
    Error::DeleteConflictException(format!("Cannot delete entity, {what}.").into())
}

/// What stands in the way of a deletion.
#[derive(Clone, Copy, Debug)]
pub(super) enum MustFirst {
    DetachPolicies,
    DeletePolicies,
    DeleteAccessKeys,
    RemoveUsers,
}

pub(super) fn cannot_exceed(quota: &str, most: usize) -> Error {
    Error::LimitExceededException(format!("Cannot exceed quota for {quota}: {most}").into())
}

/// IAM's sentence of users, recorded; of roles and groups alike.
pub(super) fn inline_too_large(kind: Kind, name: &str, most: usize) -> Error {
    Error::LimitExceededException(
        format!("Maximum policy size of {most} bytes exceeded for {} {name}", kind.word()).into(),
    )
}

/// What stands in one value of the catalog, a megabyte. Wording ours.
fn too_large() -> Error {
    Error::LimitExceededException(
        "The policies of one entity take more than 1 MiB with their white space.".into(),
    )
}

pub(super) fn no_access_key(id: &str) -> Error {
    Error::NoSuchEntityException(format!("The Access Key with id {id} cannot be found.").into())
}

/// IAM API GetAccessKeyLastUsed names no error; a key that is nobody's is answered as one of another account.
pub(super) fn access_key_of_others(cx: &Context, id: &str) -> Error {
    let who = cx.principal.arn(cx.partition);
    let sentence = format!(
        "User: {who} is not authorized to perform: iam:GetAccessKeyLastUsed on resource: access key {id}"
    );
    Error::Other(ApiError { status: 403, ..ApiError::client("AccessDenied", sentence) })
}

/// Status takes `Expired` in the model; only AWS itself sets it. Wording ours.
pub(super) fn cannot_expire() -> Error {
    Error::InvalidInputException("The status of an access key can be set to Active or Inactive.".into())
}

pub(super) fn must_name_user() -> Error {
    validation("Must specify userName when calling with non-User credentials".to_owned())
}

pub(super) fn duplicate_tags() -> Error {
    Error::InvalidInputException(
        "Duplicate tag keys found. Please note that Tag keys are case insensitive.".into(),
    )
}

/// AWS's sentence of policies is not recorded: their keys are told apart by case. Wording ours.
pub(super) fn duplicate_policy_tags() -> Error {
    Error::InvalidInputException("Duplicate tag keys found.".into())
}

/// A user that is in no such group. Wording ours.
pub(super) fn not_in_group(user: &str, group: &str) -> Error {
    Error::NoSuchEntityException(format!("User {user} not in group {group}").into())
}

pub(super) fn alias_taken() -> Error {
    Error::EntityAlreadyExistsException("The account alias already exists.".into())
}

/// Wording ours.
pub(super) fn no_alias(alias: &str) -> Error {
    Error::NoSuchEntityException(format!("The account alias {alias} cannot be found.").into())
}

/// Wording ours.
fn concurrent() -> Error {
    Error::ConcurrentModificationException("The account was changed by another request. Try again.".into())
}

/// Wording ours.
pub(super) fn no_report() -> Error {
    Error::CredentialReportNotPresentException("Credential report not present".into())
}

/// Wording ours.
pub(super) fn report_expired() -> Error {
    Error::CredentialReportExpiredException("Credential report has expired".into())
}

/// A document that a simulation is given. The prefix is AWS's.
pub(super) fn invalid_input_policy(malformed: &Malformed) -> Error {
    Error::InvalidInputException(malformed.to_string().into())
}

/// Wording ours.
pub(super) fn invalid_simulation(sentence: String) -> Error {
    Error::InvalidInputException(sentence.into())
}

/// Wording ours.
pub(super) fn invalid_marker(marker: &str) -> Error {
    Error::InvalidInputException(format!("Invalid marker: {marker}").into())
}

/// IAM API SimulatePrincipalPolicy, CallerArn. Wording ours.
pub(super) fn caller_needed() -> Error {
    Error::InvalidInputException("CallerArn is required with ResourcePolicy.".into())
}

fn validation(sentence: String) -> Error {
    Error::Other(ApiError::client("ValidationError", sentence))
}
