//! Of consumers and subscriptions.

use anabranch_api::kinesis::Error;
use anabranch_types::{ShardId, StreamArn};

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

/// ConsumerARN and the other two name different consumers. AWS's own words are not known.
pub(crate) fn two_consumers_named() -> Error {
    Error::InvalidArgumentException(
        "ConsumerARN, StreamARN and ConsumerName must identify the same consumer.".into(),
    )
}
