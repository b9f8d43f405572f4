//! Every sentence a client of CloudTrail can be told. Those without a source are worded by us.

use std::fmt::Display;

use anabranch_api::ApiError;
use anabranch_api::cloudtrail::Error;
use anabranch_types::{AccountId, Region};

/// Recorded by moto (tests/test_cloudtrail).
pub(crate) fn name_too_short(chars: usize) -> Error {
    Error::InvalidTrailNameException(
        format!(
            "Trail name too short. Minimum allowed length: 3 characters. Specified name length: {chars} characters."
        )
        .into(),
    )
}

/// Recorded by moto (tests/test_cloudtrail).
pub(crate) fn name_too_long(chars: usize) -> Error {
    Error::InvalidTrailNameException(
        format!(
            "Trail name too long. Maximum allowed length: 128 characters. Specified name length: {chars} characters."
        )
        .into(),
    )
}

/// Recorded by moto (tests/test_cloudtrail).
pub(crate) fn name_begins_wrong() -> Error {
    Error::InvalidTrailNameException("Trail name must starts with a letter or number.".into())
}

/// Recorded by moto (tests/test_cloudtrail).
pub(crate) fn name_ends_wrong() -> Error {
    Error::InvalidTrailNameException("Trail name must ends with a letter or number.".into())
}

/// Recorded by moto (tests/test_cloudtrail).
pub(crate) fn name_of_other_characters() -> Error {
    Error::InvalidTrailNameException(
        "Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, periods (.), hyphens (-), and \
         underscores (_)."
            .into(),
    )
}

/// API_CreateTrail: no adjacent periods, underscores or dashes.
pub(crate) fn name_with_neighbours() -> Error {
    Error::InvalidTrailNameException(
        "Trail name cannot have adjacent periods, hyphens or underscores.".into(),
    )
}

/// API_CreateTrail: not in IP address format.
pub(crate) fn name_is_an_address() -> Error {
    Error::InvalidTrailNameException("Trail name cannot be in IP address format.".into())
}

pub(crate) fn arn_is_none(arn: &str) -> Error {
    Error::CloudTrailARNInvalidException(
        format!(
            "{arn} is not a valid trail ARN. A trail ARN has the format arn:aws:cloudtrail:us-east-2:123456789012:trail/MyTrail."
        )
        .into(),
    )
}

/// Recorded by moto (tests/test_cloudtrail).
pub(crate) fn unknown_trail(trail: impl Display, account: AccountId) -> Error {
    Error::TrailNotFoundException(format!("Unknown trail: {trail} for the user: {account}").into())
}

pub(crate) fn trail_exists(name: &str, account: AccountId) -> Error {
    Error::TrailAlreadyExistsException(format!("Trail {name} already exists for customer: {account}").into())
}

pub(crate) fn too_many_trails(account: AccountId, most: usize, region: &Region) -> Error {
    Error::MaximumNumberOfTrailsExceededException(
        format!("User: {account} already has {most} trails in {region}.").into(),
    )
}

pub(crate) fn not_home(name: &str, home: &Region) -> Error {
    Error::InvalidHomeRegionException(
        format!("Trail {name} is a shadow trail here: its home region is {home}.").into(),
    )
}

/// Recorded by moto (tests/test_cloudtrail).
pub(crate) fn no_bucket(name: &str) -> Error {
    Error::S3BucketDoesNotExistException(format!("S3 bucket {name} does not exist!").into())
}

pub(crate) fn bucket_name(name: &str) -> Error {
    Error::InvalidS3BucketNameException(format!("S3 bucket name {name} is not valid.").into())
}

/// API_CreateTrail: at most 200 characters.
pub(crate) fn prefix() -> Error {
    Error::InvalidS3PrefixException(
        "S3 key prefix can have 200 characters at the most and has no empty or relative parts.".into(),
    )
}

/// Recorded by moto (tests/test_cloudtrail).
pub(crate) fn no_topic() -> Error {
    Error::InsufficientSnsTopicPolicyException(
        "SNS Topic does not exist or the topic policy is incorrect!".into(),
    )
}

/// Recorded by moto (tests/test_cloudtrail).
pub(crate) fn multi_region_is_global() -> Error {
    Error::InvalidParameterCombinationException(
        "Multi-Region trail must include global service events.".into(),
    )
}

pub(crate) fn no_organizations() -> Error {
    Error::OrganizationsNotInUseException("There are no organizations in Anabranch.".into())
}

/// docs/differences.md
pub(crate) fn not_built(what: &str) -> Error {
    Error::UnsupportedOperationException(format!("{what} is not implemented by Anabranch.").into())
}

pub(crate) fn selectors(why: impl Display) -> Error {
    Error::InvalidEventSelectorsException(format!("Invalid event selectors: {why}").into())
}

pub(crate) fn too_many_tags(most: usize) -> Error {
    Error::TagsLimitExceededException(format!("A trail can have {most} tags at the most.").into())
}

pub(crate) fn tag(why: &str) -> Error {
    Error::InvalidTagParameterException(why.to_owned().into())
}

pub(crate) fn no_resource(arn: &str) -> Error {
    Error::ResourceNotFoundException(format!("Resource {arn} was not found.").into())
}

/// API_LookupEvents: "Currently the list can contain only one item."
pub(crate) fn one_attribute() -> Error {
    Error::InvalidLookupAttributesException("You can specify only one lookup attribute.".into())
}

pub(crate) fn time_range() -> Error {
    Error::InvalidTimeRangeException("The start time must be before the end time.".into())
}

pub(crate) fn event_category() -> Error {
    Error::InvalidEventCategoryException("There are no Insights events in Anabranch.".into())
}

pub(crate) fn next_token() -> Error {
    Error::InvalidNextTokenException("The next token is not one of this request.".into())
}

/// Of lists that are always one page.
pub(crate) fn token() -> Error {
    Error::InvalidTokenException("The token is not one of this request.".into())
}

/// Somebody else changed the trail meanwhile.
pub(crate) fn conflict(name: &str) -> Error {
    Error::ConflictException(format!("Trail {name} is being changed by another request.").into())
}

/// Something failed in here; the log says what.
pub(crate) fn internal(error: &(dyn std::error::Error + 'static)) -> Error {
    tracing::error!(error, "a call of CloudTrail failed");
    Error::Other(ApiError::internal())
}
