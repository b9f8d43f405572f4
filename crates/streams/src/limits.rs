//! What a shard takes and gives per second, how often operations may be called, and the sizes and counts that always hold. Each number
//! is AWS's, with its source.

mod admission;
mod calls;

use std::time::Duration;

pub use admission::{Admission, Bucket};
pub use calls::*;

/// AWS: Developer Guide, Quotas and limits: 1 MB/s in per shard, partition keys included.
pub const SHARD_IN_BYTES_PER_SECOND: u64 = 1024 * 1024;
/// AWS: Developer Guide, Quotas and limits: 1,000 records/s in per shard.
pub const SHARD_IN_RECORDS_PER_SECOND: u64 = 1000;
/// AWS: Developer Guide, Quotas and limits: 2 MB/s out per shard, shared by all GetRecords.
pub const SHARD_OUT_BYTES_PER_SECOND: u64 = 2 * 1024 * 1024;
/// AWS: API_GetRecords: five calls per second and shard.
pub const SHARD_READS_PER_SECOND: u64 = 5;
/// AWS: Developer Guide, enhanced fan-out: 2 MB/s out per consumer and shard.
pub const CONSUMER_OUT_BYTES_PER_SECOND: u64 = 2 * 1024 * 1024;

/// AWS: API_PutRecords: 10 MiB a request, partition keys included.
pub const PUT_RECORDS_BYTES_MAX: usize = 10 * 1024 * 1024;
/// AWS: API_PutRecord: a partition key has at most 256 characters.
pub const PARTITION_KEY_CHARACTERS_MAX: usize = 256;
/// AWS: API_CreateStream: MaxRecordSizeInKiB when it is not given.
pub const MAX_RECORD_KIB_DEFAULT: u32 = 1024;
/// AWS: API_UpdateMaxRecordSize: the largest MaxRecordSizeInKiB.
pub const MAX_RECORD_KIB_MAX: u32 = 10 * 1024;

/// AWS: API_GetRecords: at most 10,000 records an answer.
pub const GET_RECORDS_RECORDS_MAX: usize = 10_000;
/// AWS: API_GetRecords: at most 10 MiB an answer.
pub const GET_RECORDS_BYTES_MAX: usize = 10 * 1024 * 1024;
/// AWS: API_GetShardIterator: an iterator works for five minutes.
pub const ITERATOR_LIFE: Duration = Duration::from_secs(300);
/// AWS: API_ListShards: a token works for 300 seconds.
pub const NEXT_TOKEN_LIFE: Duration = Duration::from_secs(300);

/// AWS: API_SubscribeToShard: a subscription ends after five minutes.
pub const SUBSCRIPTION_LIFE: Duration = Duration::from_secs(300);
/// AWS: API_SubscribeToShard: the same consumer may not subscribe to the same shard again within five seconds.
pub const SUBSCRIPTION_PROTECTED: Duration = Duration::from_secs(5);

/// AWS: API_DescribeStream: 100 shards when no limit is given, and at the most.
pub const DESCRIBE_STREAM_SHARDS_MAX: usize = 100;
/// AWS: API_ListShards: 1,000 shards when no limit is given, and at the most.
pub const LIST_SHARDS_MAX: usize = 1000;
/// AWS: API_ListStreams: 100 streams when no limit is given.
pub const LIST_STREAMS_DEFAULT: usize = 100;

/// AWS: API_CreateStream: four shards when no count is given (LocalStack's recordings).
pub const SHARDS_DEFAULT: u32 = 4;
/// AWS: Developer Guide, Quotas and limits: the shard quota of us-east-1, us-west-2 and eu-west-1, which we grant everywhere.
pub const ACCOUNT_SHARDS_MAX: u32 = 20_000;
/// AWS: Developer Guide, Quotas and limits: on-demand streams of an account.
pub const ACCOUNT_ON_DEMAND_STREAMS_MAX: u32 = 50;
/// AWS: API_CreateStream: streams in state CREATING.
pub const CREATING_STREAMS_MAX: usize = 5;
/// AWS: API_RegisterStreamConsumer: consumers of a stream.
pub const CONSUMERS_MAX: usize = 20;
/// AWS: API_RegisterStreamConsumer: consumers of a stream in an account with On-demand Advantage.
pub const CONSUMERS_ADVANTAGE_MAX: usize = 50;
/// AWS: API_RegisterStreamConsumer: consumers of a stream in state CREATING.
pub const CREATING_CONSUMERS_MAX: usize = 5;

/// AWS: API_CreateStream: retention of a new stream.
pub const RETENTION_HOURS_DEFAULT: u32 = 24;
/// AWS: API_DecreaseStreamRetentionPeriod: the shortest retention.
pub const RETENTION_HOURS_MIN: u32 = 24;
/// AWS: API_IncreaseStreamRetentionPeriod: the longest retention, 365 days.
pub const RETENTION_HOURS_MAX: u32 = 8760;
/// AWS: API_TagResource: tags of a stream or consumer.
pub const TAGS_MAX: usize = 50;

/// AWS: API_UpdateShardCount: the most shards it scales to.
pub const UPDATE_SHARD_COUNT_TARGET_MAX: u32 = 10_000;
/// AWS: API_UpdateShardCount: calls per stream in a rolling 24 hours.
pub const UPDATE_SHARD_COUNT_PER_DAY: usize = 10;
/// AWS: API_StartStreamEncryption and API_StopStreamEncryption: 25 times each in a rolling 24-hour period.
pub const ENCRYPTION_CHANGES_PER_DAY: usize = 25;
/// AWS: API_UpdateStreamMode: switches per stream in a rolling 24 hours.
pub const UPDATE_STREAM_MODE_PER_DAY: usize = 2;

/// AWS: API_ListStreamConsumers: 100 consumers when no limit is given, and at the most.
pub const LIST_STREAM_CONSUMERS_MAX: usize = 100;
/// AWS: API_UpdateStreamWarmThroughput: 10 GiB/s.
pub const WARM_THROUGHPUT_MIBPS_MAX: u32 = 10 * 1024;
/// AWS: Developer Guide, resource-based policies: 20 KB.
pub const POLICY_BYTES_MAX: usize = 20 * 1024;
/// AWS: API_UpdateAccountSettings: a throughput commitment lasts 24 hours at least.
pub const COMMITMENT_MIN: Duration = Duration::from_secs(24 * 3600);

/// Which limits per second are enforced. Sizes and counts always are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LimitsMode {
    /// None: for people who own their hardware.
    Off,
    /// What a shard is: bytes and records in, bytes and reads out.
    #[default]
    Shards,
    /// That, and the calls per second and quotas per day of each operation.
    Aws,
}

#[cfg(test)]
mod tests;
