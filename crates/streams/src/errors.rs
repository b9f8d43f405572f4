//! Every sentence a client of Data Streams can be told, worded as AWS words it.
//!
//! Where a sentence was recorded on AWS, its recorder is named; the others are worded after these.

use std::error::Error as _;
use std::fmt::Display;

use anabranch_api::kinesis::Error;
use anabranch_catalog::CatalogError;
use anabranch_log::LogError;
use anabranch_types::{AccountId, HashKey, ShardId, StreamArn, StreamName, Timestamp};

/// AWS: recorded by kinesalite.
pub(crate) fn stream_not_found(name: &StreamName, account: AccountId) -> Error {
    Error::ResourceNotFoundException(format!("Stream {name} under account {account} not found.").into())
}

/// AWS: recorded by kinesalite.
pub(crate) fn stream_exists(stream: &StreamArn) -> Error {
    let StreamArn { name, account, .. } = stream;
    Error::ResourceInUseException(format!("Stream {name} under account {account} already exists.").into())
}

/// AWS: recorded by kinesalite.
pub(crate) fn stream_not_active(stream: &StreamArn, state: impl Display) -> Error {
    let StreamArn { name, account, .. } = stream;
    Error::ResourceInUseException(
        format!("Stream {name} under account {account} not ACTIVE, instead in state {state}").into(),
    )
}

/// Neither StreamName nor StreamARN was given. AWS's own words are not known.
pub(crate) fn no_stream_named() -> Error {
    Error::InvalidArgumentException("Either StreamName or StreamARN must be specified.".into())
}

/// StreamName and StreamARN name two streams. AWS's own words are not known.
pub(crate) fn two_streams_named() -> Error {
    Error::InvalidArgumentException("StreamName and StreamARN must identify the same stream.".into())
}

/// An ARN passes the model's pattern and is no stream's. AWS's own words are not known.
pub(crate) fn invalid_arn(arn: &str) -> Error {
    Error::InvalidArgumentException(format!("Invalid ARN: {arn}").into())
}

/// AWS: recorded by kinesalite.
pub(crate) fn shard_not_found(shard: impl Display, stream: &StreamArn) -> Error {
    let StreamArn { name, account, .. } = stream;
    Error::ResourceNotFoundException(
        format!("Could not find shard {shard} in stream {name} under account {account}.").into(),
    )
}

/// AWS: recorded by kinesalite, of GetShardIterator.
pub(crate) fn shard_does_not_exist(shard: ShardId, stream: &StreamArn) -> Error {
    let StreamArn { name, account, .. } = stream;
    Error::ResourceNotFoundException(
        format!("Shard {shard} in stream {name} under account {account} does not exist").into(),
    )
}

/// AWS: recorded by kinesalite.
pub(crate) fn shard_limit(stream: &StreamArn, current: u32, limit: u32, additional: u32) -> Error {
    let StreamArn { region, account, .. } = stream;
    Error::LimitExceededException(
        format!(
            "This request would exceed the shard limit for the account {account} in {region}. Current shard \
             count for the account: {current}. Limit: {limit}. Number of additional shards that would have \
             resulted from this request: {additional}. Refer to the AWS Service Limits page \
             (http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current limits and how to \
             request higher limits."
        )
        .into(),
    )
}

/// AWS: API_CreateStream, five streams in state CREATING.
pub(crate) fn too_many_creating(limit: usize) -> Error {
    Error::LimitExceededException(
        format!("This request would exceed the limit of {limit} streams in state CREATING.").into(),
    )
}

/// AWS: Quotas and limits, on-demand streams of an account.
pub(crate) fn on_demand_limit(stream: &StreamArn, limit: u32) -> Error {
    let StreamArn { region, account, .. } = stream;
    Error::LimitExceededException(
        format!(
            "This request would exceed the on-demand stream limit for the account {account} in {region}. \
             Limit: {limit}."
        )
        .into(),
    )
}

/// AWS: API_CreateStream: a stream in mode ON_DEMAND takes no shard count.
pub(crate) fn shard_count_on_demand() -> Error {
    Error::ValidationException("ShardCount must not be specified for a stream in On-Demand mode.".into())
}

/// AWS: API_UpdateStreamRecordDistributionStrategy: AUTO is for on-demand streams.
pub(crate) fn auto_needs_on_demand(name: &StreamName, account: AccountId) -> Error {
    Error::InvalidArgumentException(
        format!(
            "Record distribution strategy AUTO is only supported for streams in On-Demand mode. Stream {name} \
             under account {account} is in Provisioned mode."
        )
        .into(),
    )
}

/// AWS: API_CreateStream: warm throughput is for on-demand streams of accounts with a throughput commitment.
pub(crate) fn warm_throughput_unavailable() -> Error {
    Error::ValidationException(
        "WarmThroughputMiBps is only supported for On-Demand streams in accounts with \
         MinimumThroughputBillingCommitment enabled."
            .into(),
    )
}

/// AWS: terraform-provider-aws#8420.
pub(crate) fn stream_has_consumers(stream: &StreamArn) -> Error {
    let StreamArn { name, account, .. } = stream;
    Error::ResourceInUseException(
        format!(
            "DeleteStream can't delete {account}:{name} because there are consumers associated with this data \
             stream. To delete {name} anyway, set the EnforceConsumerDeletion parameter to true in the \
             DeleteStream API."
        )
        .into(),
    )
}

/// AWS: recorded by kinesalite.
pub(crate) fn rate_exceeded(shard: ShardId, stream: &StreamArn) -> Error {
    Error::ProvisionedThroughputExceededException(rate_exceeded_message(shard, stream).into())
}

/// AWS: Graylog2/graylog-plugin-integrations#341.
pub(crate) fn rate_exceeded_for_account(account: AccountId) -> Error {
    Error::LimitExceededException(format!("Rate exceeded for account {account}.").into())
}

/// AWS: boto/botocore#821.
pub(crate) fn rate_exceeded_for_stream(stream: &StreamArn) -> Error {
    let StreamArn { name, account, .. } = stream;
    Error::LimitExceededException(format!("Rate exceeded for stream {name} under account {account}.").into())
}

/// Worded after AWS's sentence for a shard.
pub(crate) fn rate_exceeded_for_consumer(consumer: &str, shard: ShardId, stream: &StreamArn) -> Error {
    let StreamArn { name, account, .. } = stream;
    Error::LimitExceededException(
        format!("Rate exceeded for consumer {consumer} and shard {shard} in stream {name} under account {account}.")
            .into(),
    )
}

/// AWS: recorded by kinesalite (kinesalite#87).
pub(crate) fn rate_exceeded_message(shard: ShardId, stream: &StreamArn) -> String {
    let StreamArn { name, account, .. } = stream;
    format!("Rate exceeded for shard {shard} in stream {name} under account {account}.")
}

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

/// As Java's `Date.toString` writes it in UTC: `Thu Jan 22 01:22:02 UTC 2015`.
fn java_date(at: Timestamp) -> String {
    match jiff::Timestamp::from_millisecond(at.millis()) {
        Ok(t) => t.strftime("%a %b %d %H:%M:%S UTC %Y").to_string(),
        Err(_) => at.to_string(),
    }
}

/// AWS: amazon-kinesis-client#788.
pub(crate) fn token_and_stream() -> Error {
    Error::InvalidArgumentException("NextToken and StreamName cannot be provided together.".into())
}

/// AWS: amazon-kinesis-client#788.
pub(crate) fn token_and(other: &str) -> Error {
    Error::InvalidArgumentException(format!("NextToken and {other} cannot be provided together.").into())
}

/// A NextToken that is not ours. AWS's own words are not known.
pub(crate) fn invalid_next_token() -> Error {
    Error::InvalidArgumentException("Invalid NextToken.".into())
}

/// AWS: API_ListShards, tokens work for 300 seconds.
pub(crate) fn next_token_expired(created: Timestamp, now: Timestamp, life_ms: u128) -> Error {
    Error::ExpiredNextTokenException(
        format!(
            "NextToken expired. The token was created at time {} while right now it is {} which is further in \
             the future than the tolerated delay of {life_ms} milliseconds.",
            java_date(created),
            java_date(now)
        )
        .into(),
    )
}

/// AWS: API_ShardFilter: what a type of filter needs beside it.
pub(crate) fn filter_needs(kind: &str, member: &str) -> Error {
    Error::InvalidArgumentException(
        format!("Must specify {member} parameter for shard filter of type {kind}.").into(),
    )
}

/// AWS: awslabs/kinesis-hot-shard-advisor#37.
pub(crate) fn consumer_not_active(consumer: &str, created_seconds: u64, stream: &StreamArn) -> Error {
    let StreamArn { name, account, .. } = stream;
    Error::ResourceInUseException(
        format!(
            "Consumer {consumer} with creation timestamp {created_seconds} under stream {name} and account \
             {account} is not in ACTIVE status."
        )
        .into(),
    )
}

/// Worded after AWS's sentence for a stream.
pub(crate) fn consumer_exists(consumer: &str, stream: &StreamArn) -> Error {
    let StreamArn { name, account, .. } = stream;
    Error::ResourceInUseException(
        format!("Consumer {consumer} under stream {name} and account {account} already exists.").into(),
    )
}

/// Worded after AWS's sentence for a stream.
pub(crate) fn consumer_not_found(consumer: &str, stream: &StreamArn) -> Error {
    let StreamArn { name, account, .. } = stream;
    Error::ResourceNotFoundException(
        format!("Consumer {consumer} under stream {name} and account {account} not found.").into(),
    )
}

/// A consumer's ARN whose consumer is gone. Worded after AWS's sentence for a stream.
pub(crate) fn consumer_arn_not_found(arn: &str) -> Error {
    Error::ResourceNotFoundException(format!("Consumer {arn} not found.").into())
}

/// AWS: API_RegisterStreamConsumer: how many consumers a stream has.
pub(crate) fn too_many_consumers(stream: &StreamArn, limit: usize) -> Error {
    let StreamArn { name, account, .. } = stream;
    Error::LimitExceededException(
        format!(
            "The number of consumers of stream {name} under account {account} would exceed the limit of {limit}."
        )
        .into(),
    )
}

/// AWS: API_RegisterStreamConsumer: how many consumers of a stream may be CREATING.
pub(crate) fn too_many_consumers_creating(stream: &StreamArn, limit: usize) -> Error {
    let StreamArn { name, account, .. } = stream;
    Error::LimitExceededException(
        format!(
            "The number of consumers in state CREATING of stream {name} under account {account} would exceed the \
             limit of {limit}."
        )
        .into(),
    )
}

/// Neither a ConsumerARN nor a StreamARN with a ConsumerName. AWS's own words are not known.
pub(crate) fn no_consumer_named() -> Error {
    Error::InvalidArgumentException(
        "Either ConsumerARN, or both StreamARN and ConsumerName must be specified.".into(),
    )
}

/// AWS: amazon-kinesis-client#391.
pub(crate) fn subscribed_already(stream: &StreamArn, shard: ShardId, consumer: &str) -> Error {
    let StreamArn { name, account, .. } = stream;
    Error::ResourceInUseException(
        format!("Another active subscription exists for this consumer: {account}:{name}:{shard}:{consumer}")
            .into(),
    )
}

/// A StartingPosition that lacks what its type needs. AWS's own words are not known.
pub(crate) fn starting_position_needs(kind: &str, member: &str) -> Error {
    Error::InvalidArgumentException(
        format!("Must specify {member} in StartingPosition of type {kind}.").into(),
    )
}

/// What we stand on failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failed {
    #[error("the catalog failed")]
    Catalog(#[from] CatalogError),
    #[error("the log failed")]
    Log(#[from] LogError),
    #[error("a value in the catalog cannot be read")]
    Undecodable(#[from] crate::stored::Undecodable),
    #[error("the key of tokens in the catalog has a wrong length")]
    TokenKey,
    #[error(
        "the records of {stream} are sealed under another master key: start with the one this data was written \
         with (--master-key-file or ANABRANCH_MASTER_KEY)"
    )]
    MasterKey { stream: String, source: anabranch_governance::kms::NotWrappedByThis },
    #[error("there is no data key {id} of {stream}, under which records are sealed")]
    NoDataKey { stream: String, id: u32 },
    #[error("a record of {stream} cannot be opened")]
    Unsealable { stream: String, source: anabranch_governance::kms::Unsealable },
    #[error("there is no id for a new log group")]
    Counter(#[from] anabranch_catalog::CounterError),
}

/// Something failed that the caller can do nothing about but retry; the cause is written to the server's own log here.
impl From<Failed> for Error {
    fn from(failed: Failed) -> Self {
        let mut sentence = failed.to_string();
        let mut cause = failed.source();
        while let Some(error) = cause {
            sentence.push_str(": ");
            sentence.push_str(&error.to_string());
            cause = error.source();
        }
        tracing::error!("{sentence}");
        internal()
    }
}

/// Without a cause: that is never told to callers.
pub(crate) fn internal() -> Error {
    Error::InternalFailureException("Internal Failure".into())
}

/// AWS: recorded by kinesalite.
pub(crate) fn already_resharded(shard: ShardId, stream: &StreamArn) -> Error {
    let StreamArn { name, account, .. } = stream;
    Error::InvalidArgumentException(
        format!(
            "Shard {shard} in stream {name} under account {account} has already been merged or split, and thus \
             is not eligible for merging or splitting."
        )
        .into(),
    )
}

/// AWS: recorded by kinesalite.
pub(crate) fn bad_split_key(
    given: impl Display,
    shard: ShardId,
    stream: &StreamArn,
    start: HashKey,
    end: HashKey,
) -> Error {
    let StreamArn { name, account, .. } = stream;
    Error::InvalidArgumentException(
        format!(
            "NewStartingHashKey {given} used in SplitShard() on shard {shard} in stream {name} under account \
             {account} is not both greater than one plus the shard's StartingHashKey {start} and less than the \
             shard's EndingHashKey {end}."
        )
        .into(),
    )
}

/// AWS: recorded by kinesalite.
pub(crate) fn not_adjacent(lower: ShardId, upper: ShardId, stream: &StreamArn) -> Error {
    let StreamArn { name, account, .. } = stream;
    Error::InvalidArgumentException(
        format!(
            "Shards {lower} and {upper} in stream {name} under account {account} are not an adjacent pair of \
             shards eligible for merging"
        )
        .into(),
    )
}

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

/// AWS: as KMS says it of an alias.
pub(crate) fn kms_alias_not_found(arn: impl Display) -> Error {
    Error::KMSNotFoundException(format!("Alias {arn} is not found.").into())
}

/// AWS: as KMS says it of a key.
pub(crate) fn kms_key_not_found(arn: impl Display) -> Error {
    Error::KMSNotFoundException(format!("Key '{arn}' does not exist").into())
}

/// AWS: as KMS says it of what names neither key nor alias.
pub(crate) fn kms_key_id_invalid(given: &str) -> Error {
    Error::KMSNotFoundException(format!("Invalid keyId {given}").into())
}

/// AWS: API_SplitShard, ValidationException; worded as public logs of UpdateShardCount have it.
pub(crate) fn is_on_demand(stream: &StreamArn) -> Error {
    let StreamArn { name, account, .. } = stream;
    Error::ValidationException(
        format!("Request is invalid. Stream {name} under account {account} is in On-Demand mode.").into(),
    )
}

/// AWS: public logs.
pub(crate) fn more_than_double(open: usize, target: u32) -> Error {
    Error::InvalidArgumentException(
        format!(
            "UpdateShardCount cannot scale up over double your current open shard count. Current open shard count: \
             {open} Target shard count: {target}"
        )
        .into(),
    )
}

/// AWS: public logs.
pub(crate) fn less_than_half(open: usize, target: u32) -> Error {
    Error::InvalidArgumentException(
        format!(
            "UpdateShardCount cannot scale down below half your current open shard count. Current open shard count: \
             {open} Target shard count: {target}"
        )
        .into(),
    )
}

/// AWS: API_UpdateShardCount and API_UpdateStreamMode, so many in a rolling 24 hours.
pub(crate) fn too_often_in_a_day(operation: &str, limit: usize, stream: &StreamArn) -> Error {
    let StreamArn { name, account, .. } = stream;
    Error::LimitExceededException(
        format!(
            "{operation} cannot be called more than {limit} times in a rolling 24-hour period for stream {name} under \
             account {account}."
        )
        .into(),
    )
}

/// ConsumerARN and the other two name different consumers. AWS's own words are not known.
pub(crate) fn two_consumers_named() -> Error {
    Error::InvalidArgumentException(
        "ConsumerARN, StreamARN and ConsumerName must identify the same consumer.".into(),
    )
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

/// AWS: API_UpdateStreamWarmThroughput: for on-demand streams.
pub(crate) fn warm_throughput_provisioned(stream: &StreamArn) -> Error {
    let StreamArn { name, account, .. } = stream;
    Error::ValidationException(
        format!("Request is invalid. Stream {name} under account {account} is in Provisioned mode.").into(),
    )
}

/// AWS: API_UpdateStreamWarmThroughput: at most 10 GiB/s.
pub(crate) fn warm_throughput_limit(limit_mibps: u32) -> Error {
    Error::LimitExceededException(
        format!("WarmThroughputMiBps must not be greater than {limit_mibps}.").into(),
    )
}

#[cfg(test)]
mod tests;
