//! Every sentence STS's callers can be told, one function each. Those marked "wording ours" have no recording of AWS.
//!
//! Sources: STS API; localstack/localstack tests/aws/services/sts (recorded); issues of clients where named.

use anabranch_api::ApiError;
use anabranch_api::sts::Error;

use crate::iam::NotIdentified;
use crate::iam::policy::Malformed;

/// STS API GetAccessKeyInfo: a deleted key "might return an error that the key doesn't exist", and STS API CommonErrors has one
/// code for that. Wording ours: the sentence that comes with this code elsewhere is about the caller's own key.
pub(super) fn unknown_access_key(id: &str) -> Error {
    denied("InvalidClientTokenId", format!("The access key ID {id} does not exist in our records."))
}

pub(super) fn invalid_arn(arn: &str) -> Error {
    invalid("ValidationError", format!("{arn} is invalid"))
}

/// aws/aws-cli, cloudposse/terraform-aws-vpc-peering-multi-account#106 and many more.
pub(super) fn root_assumes_no_role() -> Error {
    denied("AccessDenied", "Roles may not be assumed by root accounts.".to_owned())
}

/// STS API AssumeRole.
pub(super) fn longer_than_role_allows() -> Error {
    let sentence = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
    invalid("ValidationError", sentence.to_owned())
}

/// STS API AssumeRole; IAM id_roles (role chaining).
pub(super) fn longer_than_chaining_allows() -> Error {
    let sentence =
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.";
    invalid("ValidationError", sentence.to_owned())
}

pub(super) fn tag_twice() -> Error {
    let sentence = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
    invalid("InvalidParameterValue", sentence.to_owned())
}

pub(super) fn transitive_tag_not_requested() -> Error {
    let sentence = "The specified transitive tag key must be included in the requested tags.";
    invalid("InvalidParameterValue", sentence.to_owned())
}

/// IAM id_session-tags, chaining roles with session tags: an inherited tag cannot be replaced. Wording ours.
pub(super) fn tag_inherited(key: &str) -> Error {
    let sentence =
        format!("The tag key {key} is a transitive tag of the calling session and cannot be set anew.");
    invalid("InvalidParameterValue", sentence)
}

/// aws/containers-roadmap#2413, aws-actions/configure-aws-credentials#1803.
pub(super) fn packed_too_large(percent: usize, of_policies: bool) -> Error {
    let what = if of_policies { "session policies and tags" } else { "session tags" };
    Error::PackedPolicyTooLargeException(
        format!("Packed size of {what} consumes {percent}% of allotted space.").into(),
    )
}

pub(super) fn malformed(why: &Malformed) -> Error {
    Error::MalformedPolicyDocumentException(why.to_string().into())
}

/// Wording ours.
pub(super) fn too_many_policies() -> Error {
    invalid("ValidationError", "At most 10 managed policies can be given to a session.".to_owned())
}

/// The code and sentence that IAM has for attaching such a policy (localstack tests/aws/services/iam).
pub(super) fn no_such_policy(arn: &str) -> Error {
    invalid("ValidationError", format!("Policy {arn} does not exist or is not attachable."))
}

/// There are no devices here. The sentence that a wrong code gets (aws/aws-cli#2023).
pub(super) fn wrong_mfa_code() -> Error {
    let sentence = "MultiFactorAuthentication failed with invalid MFA one time pass code. ";
    denied("AccessDenied", sentence.to_owned())
}

/// Wording ours.
pub(super) fn no_provided_contexts() -> Error {
    invalid("ValidationError", "ProvidedContexts are not supported.".to_owned())
}

pub(super) fn of_session(operation: &str) -> Error {
    denied("AccessDenied", format!("Cannot call {operation} with session credentials"))
}

/// Our own services and nobody have no sessions. Wording ours.
pub(super) fn no_session() -> Error {
    denied("AccessDenied", "The caller has no credentials that a session could be made of.".to_owned())
}

/// What a token that vouches for nobody is answered. Recorded: aws-actions/configure-aws-credentials#280 (the issuer) and #775 (the audience),
/// aws/aws-sdk-js-v3#3052 (the key), aws/aws-sdk-java-v2#5709 (the time), hashicorp/terraform-provider-aws#30213 (no JWT). The sentences for a wrong
/// signature, a missing claim, a token that does not count yet and its tags are ours.
pub(super) fn not_identified(why: NotIdentified) -> Error {
    let sentence = match why {
        NotIdentified::Expired { now, end } => {
            let sentence = format!(
                "Token expired: current date/time {now} must be before the expiration date/time {end}"
            );
            return Error::ExpiredTokenException(sentence.into());
        }
        NotIdentified::NoKeys => {
            let sentence = "The keys of the identity provider could not be read; try again.";
            return Error::IDPCommunicationErrorException(sentence.into());
        }
        NotIdentified::NotJwt => {
            "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)".into()
        }
        NotIdentified::UnknownIssuer(issuer) => {
            format!("No OpenIDConnect provider found in your account for {issuer}").into()
        }
        NotIdentified::UnknownKey => {
            "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements".into()
        }
        NotIdentified::Signature => "The signature of the web identity token is wrong".into(),
        NotIdentified::Missing(claim) => format!("Missing a required claim: {claim}").into(),
        NotIdentified::Audience => "Incorrect token audience".into(),
        NotIdentified::Early => "The web identity token is not valid yet".into(),
        NotIdentified::Tags => "The session tags in the web identity token are not valid".into(),
    };
    Error::InvalidIdentityTokenException(sentence)
}

/// Wording ours.
pub(super) fn no_access_tokens() -> Error {
    let sentence = "ProviderId is for OAuth 2.0 access tokens, which are not supported.";
    invalid("ValidationError", sentence.to_owned())
}

/// What a client of AWS is told of a message that was changed (aws/aws-cli#3079).
pub(super) fn invalid_message() -> Error {
    Error::InvalidAuthorizationMessageException("Message is not valid".into())
}

fn invalid(code: &'static str, sentence: String) -> Error {
    Error::Other(ApiError::client(code, sentence))
}

fn denied(code: &'static str, sentence: String) -> Error {
    Error::Other(ApiError { status: 403, ..ApiError::client(code, sentence) })
}
