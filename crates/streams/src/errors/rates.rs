//! Of what comes too often.

use anabranch_api::kinesis::Error;
use anabranch_types::{AccountId, ShardId, StreamArn};

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
