//! Of putting records and reading them.

use std::fmt::Display;

use anabranch_api::kinesis::Error;
use anabranch_types::{SequenceNumber, ShardId, StreamArn, Timestamp};

use super::java_date;

/// AWS: recorded by kinesalite.
pub(crate) fn invalid_explicit_hash_key(given: &str) -> Error {
    Error::InvalidArgumentException(
        format!(
            "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was \
             {given}"
        )
        .into(),
    )
}

/// AWS: December 2025, amazon-kinesis-producer#680. `member` is `data` or `records.N.member.data`.
pub(crate) fn record_too_large(member: impl Display, bytes_max: usize) -> Error {
    Error::ValidationException(
        format!(
            "1 validation error detected: Value at '{member}' failed to satisfy constraint: Member must have \
             length less than or equal to {bytes_max}"
        )
        .into(),
    )
}

/// AWS: API_PutRecords, the request's limit of 10 MiB.
pub(crate) fn records_too_large(bytes_max: usize) -> Error {
    Error::InvalidArgumentException(
        format!("Records size exceeds {} MB limit", bytes_max / (1024 * 1024)).into(),
    )
}

/// A stream without AUTO distribution needs a partition key with every record; worded as the model's own refusal was before
/// November 2026.
pub(crate) fn no_partition_key(member: impl Display) -> Error {
    Error::ValidationException(
        format!(
            "1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not \
             be null"
        )
        .into(),
    )
}

/// AWS: recorded by kinesalite.
pub(crate) fn invalid_number_for_ordering(given: &str, stream: &StreamArn) -> Error {
    let StreamArn { name, account, .. } = stream;
    Error::InvalidArgumentException(
        format!(
            "ExclusiveMinimumSequenceNumber {given} used in PutRecord on stream {name} under account {account} is \
             invalid."
        )
        .into(),
    )
}

/// AWS: botocore 1.44.5, DryRun.
pub(crate) fn dry_run() -> Error {
    Error::DryRunOperationException(
        "The request was rejected because the DryRun parameter was specified".into(),
    )
}

/// Whether a request for an iterator gave a StartingSequenceNumber.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NumberGiven {
    Yes,
    No,
}

/// AWS: recorded by kinesalite.
pub(crate) fn iterator_arguments(kind: &str, given: NumberGiven) -> Error {
    let given = match given {
        NumberGiven::Yes => "also a",
        NumberGiven::No => "no",
    };
    Error::InvalidArgumentException(
        format!(
            "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or \
             (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified {kind} and {given} \
             StartingSequenceNumber."
        )
        .into(),
    )
}

/// AWS: recorded by kinesalite.
pub(crate) fn number_of_other_shard(encoded: ShardId, used: ShardId) -> Error {
    Error::InvalidArgumentException(
        format!(
            "Invalid StartingSequenceNumber. It encodes {encoded}, while it was used in a call to a shard with \
             {used}"
        )
        .into(),
    )
}

/// AWS: recorded by kinesalite; video-streams-parser-library#75.
pub(crate) fn number_of_other_stream(
    given: &str,
    operation: &str,
    shard: ShardId,
    stream: &StreamArn,
) -> Error {
    let StreamArn { name, account, .. } = stream;
    Error::InvalidArgumentException(
        format!(
            "StartingSequenceNumber {given} used in {operation} on shard {shard} in stream {name} under account \
             {account} is invalid because it did not come from this stream."
        )
        .into(),
    )
}

/// AWS: aws-sdk-java#2588.
pub(crate) fn timestamp_in_future(given: Timestamp, now: Timestamp) -> Error {
    Error::InvalidArgumentException(
        format!(
            "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. \
             timestampInMillis: {}, currentTimestampInMillis: {}",
            given.millis(),
            now.millis()
        )
        .into(),
    )
}

/// AWS: aws-sdk-java#2588.
pub(crate) fn timestamp_missing() -> Error {
    Error::InvalidArgumentException(
        "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. Current request has no \
         timestamp parameter."
            .into(),
    )
}

/// AWS: recorded by kinesalite.
pub(crate) fn invalid_iterator() -> Error {
    Error::InvalidArgumentException("Invalid ShardIterator.".into())
}

/// AWS: recorded by kinesalite.
pub(crate) fn iterator_expired(created: Timestamp, now: Timestamp, life_ms: u128) -> Error {
    Error::ExpiredIteratorException(
        format!(
            "Iterator expired. The iterator was created at time {} while right now it is {} which is further in \
             the future than the tolerated delay of {life_ms} milliseconds.",
            java_date(created),
            java_date(now)
        )
        .into(),
    )
}

/// Ours: AWS does not say when it lost records. The code is the one SDKs try again, so that a consumer waits for the repair.
pub(crate) fn records_damaged(shard: ShardId, stream: &StreamArn, resume: Option<SequenceNumber>) -> Error {
    let StreamArn { name, account, .. } = stream;
    let mut says = format!(
        "Records of shard {shard} in stream {name} under account {account} are damaged where they are stored and \
         cannot be read until the server's operator has restored them or given them up."
    );
    if let Some(resume) = resume {
        says += &format!(
            " Those behind them are read from StartingSequenceNumber {resume} on, with ShardIteratorType \
             AT_SEQUENCE_NUMBER."
        );
    }
    Error::InternalFailureException(says.into())
}
