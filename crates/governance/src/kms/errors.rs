//! Every sentence KMS's callers can be told, one function each. Recorded from AWS by localstack (tests/aws/services/kms) unless said
//! otherwise; those marked "wording ours" have no recording.

use anabranch_api::ApiError;
use anabranch_api::kms::Error;

fn validation(sentence: String) -> Error {
    Error::Other(ApiError::client("ValidationException", sentence))
}

pub(super) fn key_not_found(arn: &str) -> Error {
    Error::NotFoundException(format!("Key '{arn}' does not exist").into())
}

pub(super) fn invalid_key_id(text: &str) -> Error {
    Error::NotFoundException(format!("Invalid keyId '{text}'").into())
}

/// An ARN of another region than the endpoint's.
pub(super) fn other_region(region: &str) -> Error {
    Error::NotFoundException(format!("Invalid arn {region}").into())
}

/// Wording ours, after [`other_region`]'s.
pub(super) fn invalid_arn(text: &str) -> Error {
    Error::InvalidArnException(format!("Invalid arn {text}").into())
}

/// Quoted in ministryofjustice/modernisation-platform PR 8298.
pub(super) fn no_aliases_here() -> Error {
    Error::InvalidArnException("Key Aliases are not supported for this operation".into())
}

pub(super) fn alias_not_found(arn: &str) -> Error {
    Error::NotFoundException(format!("Alias {arn} is not found.").into())
}

pub(super) fn alias_exists(arn: &str) -> Error {
    Error::AlreadyExistsException(format!("An alias with the name {arn} already exists").into())
}

pub(super) fn alias_prefix() -> Error {
    validation(
        "Alias must start with the prefix \"alias/\". Please see \
         https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html"
            .to_owned(),
    )
}

/// moto, test_kms_boto3.
pub(super) fn alias_empty() -> Error {
    validation("Invalid identifier".to_owned())
}

/// moto, test_kms_boto3.
pub(super) fn alias_characters(name: &str) -> Error {
    Error::InvalidAliasNameException(format!("{name} contains invalid characters for an alias").into())
}

/// Names that begin with `alias/aws/` are AWS's (moto, test_kms_boto3; without a sentence).
pub(super) fn alias_reserved() -> Error {
    Error::Other(ApiError { message: None, ..ApiError::client("NotAuthorizedException", "") })
}

/// Wording ours.
pub(super) fn too_many_aliases(arn: &str, most: usize) -> Error {
    Error::LimitExceededException(format!("{arn} already has {most} aliases.").into())
}

/// KMS API UpdateAlias: both keys "must be the same type" and have the same usage. Wording ours.
pub(super) fn other_kind_of_key(arn: &str) -> Error {
    validation(format!("The key {arn} is not of the type and usage of the alias's current key."))
}

pub(super) fn disabled(arn: &str) -> Error {
    Error::DisabledException(format!("{arn} is disabled.").into())
}

pub(super) fn pending_deletion(arn: &str) -> Error {
    Error::KMSInvalidStateException(format!("{arn} is pending deletion.").into())
}

/// KMS API CancelKeyDeletion. Wording after [`pending_deletion`]'s.
pub(super) fn not_pending_deletion(arn: &str) -> Error {
    Error::KMSInvalidStateException(format!("{arn} is not pending deletion.").into())
}

pub(super) fn deletion_window() -> Error {
    validation("1 validation error detected: Value at 'pendingWindowInDays' failed to satisfy constraint: Member must be between 7 and 30".to_owned())
}

/// Keys that AWS manages are changed by AWS alone: what their policy would say (IAM troubleshoot_access-denied).
pub(super) fn managed_by_aws(caller: &str, action: &str, arn: &str) -> Error {
    let sentence = format!(
        "User: {caller} is not authorized to perform: {action} on resource: {arn} because no resource-based policy allows the {action} action"
    );
    Error::Other(ApiError::client("AccessDeniedException", sentence))
}

pub(super) fn incorrect_key() -> Error {
    Error::IncorrectKeyException(
        "The key ID in the request does not identify a CMK that can perform this operation.".into(),
    )
}

/// AWS sends an empty sentence.
pub(super) fn invalid_ciphertext() -> Error {
    Error::InvalidCiphertextException("".into())
}

pub(super) fn wrong_usage(arn: &str, usage: &str, operation: &str) -> Error {
    Error::InvalidKeyUsageException(
        format!("{arn} key usage is {usage} which is not valid for {operation}.").into(),
    )
}

pub(super) fn wrong_algorithm(algorithm: &str, spec: &str) -> Error {
    Error::InvalidKeyUsageException(
        format!("Algorithm {algorithm} is incompatible with key spec {spec}.").into(),
    )
}

pub(super) fn too_long_to_encrypt(algorithm: &str, spec: &str, most: usize) -> Error {
    validation(format!(
        "Algorithm {algorithm} and key spec {spec} cannot encrypt data larger than {most} bytes."
    ))
}

/// KMS API Encrypt: an encryption context is for symmetric keys alone. Wording ours.
pub(super) fn no_context_here() -> Error {
    validation("An encryption context cannot be used with an asymmetric KMS key.".to_owned())
}

pub(super) fn digest_length(algorithm: &str) -> Error {
    validation(format!("Digest is invalid length for algorithm {algorithm}."))
}

/// Of ML-DSA alone (KMS API Sign, MessageType). Wording ours.
pub(super) fn message_type(message_type: &str, algorithm: &str) -> Error {
    validation(format!("MessageType {message_type} cannot be used with algorithm {algorithm}."))
}

/// AWS sends an empty sentence.
pub(super) fn invalid_signature() -> Error {
    Error::KMSInvalidSignatureException("".into())
}

/// AWS sends an empty sentence.
pub(super) fn invalid_mac() -> Error {
    Error::KMSInvalidMacException("".into())
}

/// KMS API GetPublicKey: of asymmetric keys alone. Wording ours.
pub(super) fn no_public_key(arn: &str) -> Error {
    Error::UnsupportedOperationException(format!("{arn} is not an asymmetric KMS key.").into())
}

pub(super) fn dry_run() -> Error {
    Error::DryRunOperationException("The request would have succeeded, but the DryRun option is set.".into())
}

/// As the model's other required members.
pub(super) fn required(member: &str) -> Error {
    validation(format!(
        "1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null"
    ))
}

pub(super) fn number_of_bytes_required() -> Error {
    validation("NumberOfBytes is required.".to_owned())
}

/// moto, test_kms_boto3.
pub(super) fn bytes_or_spec() -> Error {
    validation("Please specify either number of bytes or key spec.".to_owned())
}

/// A difference to AWS, listed in docs/differences.md. Wording ours.
pub(super) fn no_recipients() -> Error {
    Error::UnsupportedOperationException("Recipient is not supported by Anabranch.".into())
}

/// As [`no_recipients`], for operations whose model has no such error.
pub(super) fn not_supported(what: &str) -> Error {
    Error::UnsupportedOperationException(format!("{what} is not supported by Anabranch.").into())
}

/// There are no custom key stores. Wording ours.
pub(super) fn key_store_not_found(id: &str) -> Error {
    Error::CustomKeyStoreNotFoundException(format!("Custom key store {id} does not exist.").into())
}

pub(super) fn usage_required() -> Error {
    validation(
        "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.".to_owned(),
    )
}

pub(super) fn usage_and_spec(usage: &str, spec: &str) -> Error {
    validation(format!("KeyUsage {usage} is not compatible with KeySpec {spec}"))
}

/// KMS API CreateKey: both name the same. Wording ours.
pub(super) fn two_specs() -> Error {
    validation("KeySpec and CustomerMasterKeySpec must not both be specified.".to_owned())
}

/// Wording ours.
pub(super) fn too_many_keys(most: usize) -> Error {
    Error::LimitExceededException(format!("The account has {most} keys in this region already.").into())
}

pub(super) fn reserved_tag() -> Error {
    Error::TagException("Tags beginning with aws: are reserved".into())
}

pub(super) fn duplicate_tags() -> Error {
    Error::TagException("Duplicate tag keys".into())
}

pub(super) fn too_many_tags() -> Error {
    Error::TagException("Too many tags".into())
}

pub(super) fn malformed_policy(why: &crate::iam::policy::Malformed) -> Error {
    Error::MalformedPolicyDocumentException(why.to_string().into())
}

/// Quoted in hashicorp/terraform-provider-aws issues.
pub(super) fn policy_locks_out() -> Error {
    Error::MalformedPolicyDocumentException(
        "The new key policy will not allow you to update the key policy in the future.".into(),
    )
}

/// KMS developer guide, resource-limits. Wording ours.
pub(super) fn policy_too_long(most: usize) -> Error {
    Error::LimitExceededException(format!("The key policy is longer than {most} bytes.").into())
}

/// localstack's provider.
pub(super) fn other_policy_put() -> Error {
    Error::UnsupportedOperationException("Only default policy is supported".into())
}

/// localstack's provider.
pub(super) fn no_such_policy() -> Error {
    Error::NotFoundException("No such policy exists".into())
}

/// Keys that cannot be rotated; AWS sends an empty sentence.
pub(super) fn cannot_rotate() -> Error {
    Error::UnsupportedOperationException("".into())
}

pub(super) fn too_many_rotations(arn: &str) -> Error {
    Error::LimitExceededException(
        format!(
            "The on-demand rotations limit has been reached for the given keyId. \
             No more on-demand rotations can be performed for this key: {arn}"
        )
        .into(),
    )
}

/// Wording ours.
pub(super) fn invalid_marker() -> Error {
    Error::InvalidMarkerException(
        "The marker is not one that this operation gave for these arguments.".into(),
    )
}

/// Quoted in hashicorp/terraform-provider-aws issues.
pub(super) fn invalid_principal(text: &str) -> Error {
    Error::InvalidArnException(format!("ARN does not refer to a valid principal: {text}").into())
}

/// KMS API CreateGrant: one of the two is required. Wording ours.
pub(super) fn grantee_required() -> Error {
    validation("Exactly one of GranteePrincipal and GranteeServicePrincipal must be specified.".to_owned())
}

/// Wording ours.
pub(super) fn two_retiring_principals() -> Error {
    validation("RetiringPrincipal and RetiringServicePrincipal must not both be specified.".to_owned())
}

/// KMS API ListRetirableGrants. Wording ours.
pub(super) fn retiring_required() -> Error {
    validation("Exactly one of RetiringPrincipal and RetiringServicePrincipal must be specified.".to_owned())
}

/// KMS API CreateGrant, Operations: what the key can do. Wording ours.
pub(super) fn grant_operation(operation: &str, spec: &str) -> Error {
    validation(format!("The operation {operation} cannot be granted for a key of spec {spec}."))
}

/// KMS API GrantConstraints: operations with an encryption context alone. Wording ours.
pub(super) fn constraint_without_context(operation: &str) -> Error {
    validation(format!(
        "An encryption context grant constraint cannot be used for {operation}, which takes no encryption context."
    ))
}

/// KMS API CreateGrant: a service's grant names the resource it is for. Wording ours.
pub(super) fn no_operations() -> Error {
    validation("Operations must not be empty.".to_owned())
}

/// Wording ours.
pub(super) fn too_many_grants(arn: &str, most: usize) -> Error {
    Error::LimitExceededException(format!("{arn} already has {most} grants.").into())
}

/// localstack's provider. AWS's own sentence is not known.
pub(super) fn invalid_grant_id(id: &str) -> Error {
    Error::InvalidGrantIdException(format!("The grant ID {id} is not valid.").into())
}

/// moto: "Grant ID … not found".
pub(super) fn grant_not_found(id: &str) -> Error {
    Error::NotFoundException(format!("Grant ID {id} not found").into())
}

/// Wording ours.
pub(super) fn invalid_grant_token() -> Error {
    Error::InvalidGrantTokenException("The grant token is not valid.".into())
}

/// localstack's provider.
pub(super) fn token_or_id() -> Error {
    validation("Grant token OR (grant ID, key ID) must be specified".to_owned())
}

/// Something in here failed; why is in the server's own log.
pub(super) fn internal() -> Error {
    Error::KMSInternalException("The request failed because of an internal error.".into())
}
