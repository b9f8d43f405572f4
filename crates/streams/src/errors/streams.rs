//! Of streams as wholes: their names, states, modes and numbers, and lists of them.

use std::fmt::Display;

use anabranch_api::kinesis::Error;
use anabranch_types::{AccountId, StreamArn, StreamName, Timestamp};

use super::java_date;

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

/// AWS: API_SplitShard, ValidationException; worded as public logs of UpdateShardCount have it.
pub(crate) fn is_on_demand(stream: &StreamArn) -> Error {
    let StreamArn { name, account, .. } = stream;
    Error::ValidationException(
        format!("Request is invalid. Stream {name} under account {account} is in On-Demand mode.").into(),
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
