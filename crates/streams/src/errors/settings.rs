//! Of tags, encryption, retention and policies.

use anabranch_api::kinesis::Error;
use anabranch_types::StreamName;

/// AWS: recorded by kinesalite; `:` is allowed since.
pub(crate) fn invalid_tag_characters() -> Error {
    Error::InvalidArgumentException(
        "Some tags contain invalid characters. Valid characters: Unicode letters, digits, white space, _ . : / = + \
         - % @."
            .into(),
    )
}

/// AWS: recorded by kinesalite. `whose` is `stream S under account A`.
pub(crate) fn too_many_tags(whose: &str, limit: usize) -> Error {
    Error::InvalidArgumentException(
        format!(
            "Failed to add tags to {whose} because a given stream cannot have more than {limit} tags associated \
             with it."
        )
        .into(),
    )
}

/// AWS: API_StartStreamEncryption: the only valid value of EncryptionType is KMS. AWS's own words are not known.
pub(crate) fn encryption_type_not_kms() -> Error {
    Error::InvalidArgumentException("Invalid EncryptionType. The only valid value is KMS.".into())
}

/// Another key than the stream's is named to stop encryption, whose model has no error of KMS. AWS's own words are not known.
pub(crate) fn not_sealed_with(key_id: &str) -> Error {
    Error::InvalidArgumentException(format!("The stream is not encrypted with the key {key_id}.").into())
}

/// AWS: recorded by kinesalite, with the maximum of today.
pub(crate) fn retention_too_long(hours: i64, hours_max: u32) -> Error {
    Error::InvalidArgumentException(
        format!(
            "Maximum allowed retention period is {hours_max} hours. Requested retention period ({hours} hours) is too \
             long."
        )
        .into(),
    )
}

/// AWS: recorded by kinesalite.
pub(crate) fn retention_too_short(hours: i64, hours_min: u32) -> Error {
    Error::InvalidArgumentException(
        format!(
            "Minimum allowed retention period is {hours_min} hours. Requested retention period ({hours} hours) is too \
             short."
        )
        .into(),
    )
}

/// AWS: recorded by kinesalite.
pub(crate) fn retention_not_increased(hours: i64, name: &StreamName, existing: u32) -> Error {
    Error::InvalidArgumentException(
        format!(
            "Requested retention period ({hours} hours) for stream {name} can not be shorter than existing retention \
             period ({existing} hours). Use DecreaseRetentionPeriod API."
        )
        .into(),
    )
}

/// AWS: recorded by kinesalite.
pub(crate) fn retention_not_decreased(hours: i64, name: &StreamName, existing: u32) -> Error {
    Error::InvalidArgumentException(
        format!(
            "Requested retention period ({hours} hours) for stream {name} can not be longer than existing retention \
             period ({existing} hours). Use IncreaseRetentionPeriod API."
        )
        .into(),
    )
}

/// AWS: recorded by moto.
pub(crate) fn no_policy(arn: &str) -> Error {
    Error::ResourceNotFoundException(format!("No resource policy found for resource ARN {arn}.").into())
}

/// A resource policy that is none. `why` completes the sentence. AWS's own words are not known.
pub(crate) fn malformed_policy(why: &str) -> Error {
    Error::InvalidArgumentException(format!("Policy is not valid: {why}.").into())
}
