//! Every sentence a client of CloudWatch Logs can be told, as AWS words it (docs/differences.md names where it is not known).

use anabranch_api::ApiError;
use anabranch_api::logs::Error;
use anabranch_catalog::{CatalogError, CounterError};
use anabranch_log::LogError;

use crate::limits::{
    BATCH_BYTES_MAX, FILTER_REGEXES_MAX, METRIC_DIMENSIONS_MAX, REGEX_FILTERS_MAX, RETENTION_DAYS,
};

fn invalid(sentence: impl Into<String>) -> Error {
    Error::InvalidParameterException(sentence.into().into())
}

/// Something failed in here; the log says what.
pub(crate) fn unavailable() -> Error {
    Error::ServiceUnavailableException("Service Unavailable".into())
}

/// The catalog or the record log failed a call.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failed {
    #[error("the catalog failed")]
    Catalog(#[from] CatalogError),
    #[error("a log group's number cannot be had")]
    Counter(#[from] CounterError),
    #[error("the record log failed")]
    Log(#[from] LogError),
    #[error("the record log took nothing: {0:?}")]
    Refused(anabranch_log::AppendOutcome),
    #[error("what the catalog holds of a log group cannot be read")]
    Undecodable(#[from] anabranch_catalog::Undecodable),
    #[error("what the record log holds of a log stream cannot be read")]
    Damaged,
}

impl From<Failed> for Error {
    fn from(failed: Failed) -> Error {
        tracing::error!(error = &failed as &dyn std::error::Error, "a call of CloudWatch Logs failed");
        unavailable()
    }
}

// Groups and streams.

pub(crate) fn group_exists() -> Error {
    Error::ResourceAlreadyExistsException("The specified log group already exists".into())
}

pub(crate) fn stream_exists() -> Error {
    Error::ResourceAlreadyExistsException("The specified log stream already exists".into())
}

pub(crate) fn no_group() -> Error {
    Error::ResourceNotFoundException("The specified log group does not exist.".into())
}

pub(crate) fn no_stream() -> Error {
    Error::ResourceNotFoundException("The specified log stream does not exist.".into())
}

pub(crate) fn no_resource() -> Error {
    Error::ResourceNotFoundException("The specified resource does not exist.".into())
}

pub(crate) fn limit_exceeded() -> Error {
    Error::LimitExceededException("Resource limit exceeded.".into())
}

pub(crate) fn group_protected() -> Error {
    Error::ValidationException(
        "Log group is protected from deletion. Disable deletion protection and try again.".into(),
    )
}

pub(crate) fn only_standard_class() -> Error {
    invalid("Only the log group class STANDARD is kept here.")
}

pub(crate) fn no_kms_key() -> Error {
    invalid("Log groups are not associated with KMS keys here.")
}

pub(crate) fn no_retention_of(days: i32) -> Error {
    let known: Vec<String> = RETENTION_DAYS.iter().map(i32::to_string).collect();
    invalid(format!(
        "1 validation error detected: Value '{days}' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: [{}]",
        known.join(", ")
    ))
}

pub(crate) fn name_and_identifier() -> Error {
    invalid("LogGroup name and LogGroup ARN are mutually exclusive parameters.")
}

pub(crate) fn neither_name_nor_identifier() -> Error {
    invalid("Either LogGroup name or LogGroup ARN must be specified.")
}

pub(crate) fn prefix_and_pattern() -> Error {
    invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")
}

pub(crate) fn invalid_arn() -> Error {
    invalid("The specified resource ARN is not valid.")
}

pub(crate) fn prefix_with_order_by_time() -> Error {
    invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
}

pub(crate) fn prefix_with_names() -> Error {
    invalid("logStreamNames and logStreamNamePrefix are mutually exclusive parameters.")
}

pub(crate) fn invalid_token() -> Error {
    invalid("The specified nextToken is invalid.")
}

pub(crate) fn too_many_tags() -> Error {
    Error::TooManyTagsException("The number of tags per resource exceeds the limit of 50".into())
}

/// TagLogGroup has no TooManyTagsException.
pub(crate) fn too_many_tags_of_group() -> Error {
    invalid("The number of tags per resource exceeds the limit of 50")
}

pub(crate) fn reserved_tag() -> Error {
    invalid("User-defined tag keys can't start with 'aws:'")
}

// Events.

pub(crate) fn not_chronological() -> Error {
    invalid("Log events in a single PutLogEvents request must be in chronological order.")
}

pub(crate) fn spans_too_long() -> Error {
    invalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.")
}

pub(crate) fn batch_too_large(bytes: usize) -> Error {
    invalid(format!("Upload too large: {bytes} bytes exceeds limit of {BATCH_BYTES_MAX}"))
}

pub(crate) fn range_ends_before_it_begins() -> Error {
    invalid("startTime must not be greater than endTime.")
}

// Filters.

pub(crate) fn invalid_pattern() -> Error {
    invalid("Invalid filter pattern")
}

pub(crate) fn too_many_regexes() -> Error {
    invalid(format!("A filter pattern may have at most {FILTER_REGEXES_MAX} regular expressions."))
}

pub(crate) fn too_many_regex_filters() -> Error {
    Error::LimitExceededException(
        format!("A log group may have at most {REGEX_FILTERS_MAX} filters with regular expressions.").into(),
    )
}

pub(crate) fn no_subscription_filter() -> Error {
    Error::ResourceNotFoundException("The specified subscription filter does not exist.".into())
}

pub(crate) fn no_metric_filter() -> Error {
    Error::ResourceNotFoundException("The specified metric filter does not exist.".into())
}

pub(crate) fn no_role() -> Error {
    invalid("destinationArn for vendor kinesis cannot be used without roleArn")
}

pub(crate) fn destination_is_no_stream() -> Error {
    invalid(
        "PutSubscriptionFilter operation cannot work with destinationArn for this vendor: only kinesis is known here",
    )
}

pub(crate) fn cannot_deliver() -> Error {
    invalid(
        "Could not deliver test message to specified Kinesis stream. Check if the given kinesis stream is in ACTIVE state.",
    )
}

/// As this service says it, whatever IAM would.
pub(crate) fn may_not_pass(denial: ApiError) -> Error {
    Error::AccessDeniedException(denial.message.unwrap_or_default())
}

pub(crate) fn not_built(what: &str) -> Error {
    invalid(format!("{what} is not built here."))
}

pub(crate) fn invalid_metric_value(value: &str) -> Error {
    invalid(format!(
        "Invalid metric transformation: {value} is neither a number nor a name of the filter pattern."
    ))
}

pub(crate) fn invalid_dimension(value: &str) -> Error {
    invalid(format!("Invalid metric transformation: dimension value must be valid selector: {value}"))
}

pub(crate) fn too_many_dimensions() -> Error {
    invalid(format!("A metric transformation may have at most {METRIC_DIMENSIONS_MAX} dimensions."))
}

pub(crate) fn dimensions_and_default() -> Error {
    invalid("Invalid metric transformation: dimensions and default value are mutually exclusive properties.")
}

// Live tail.

pub(crate) fn too_many_tails() -> Error {
    Error::LimitExceededException("The maximum number of concurrent Live Tail sessions is reached.".into())
}

pub(crate) fn streams_of_several_groups() -> Error {
    invalid("Log stream names can only be specified with a single log group.")
}

pub(crate) fn names_and_prefixes() -> Error {
    invalid("logStreamNames and logStreamNamePrefixes are mutually exclusive parameters.")
}

pub(crate) fn tail_over() -> Error {
    Error::SessionTimeoutException("Your Live Tail session has timed out.".into())
}
