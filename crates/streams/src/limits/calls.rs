//! How often each operation may be called in a second: what `--limits aws` enforces. GetRecords and PutRecord are limited by their shard.
//! Where AWS's pages differ, the API reference is followed; operations that AWS names no number for have none.

/// How often an operation may be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallLimit {
    /// The operation's name in the model.
    pub operation: &'static str,
    /// Calls in a second, and at once.
    pub per_second: u64,
    /// Whose calls are counted together.
    pub of: CallsOf,
}

/// Whose calls are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallsOf {
    /// An account's in a region.
    Account,
    /// Everybody's about a stream.
    Stream,
    /// An account's about a shard.
    ShardOfAccount,
    /// A consumer's about a shard.
    ShardOfConsumer,
}

/// AWS: API_AddTagsToStream.
pub const ADD_TAGS_TO_STREAM_CALLS: CallLimit =
    CallLimit { operation: "AddTagsToStream", per_second: 5, of: CallsOf::Account };
/// AWS: API_CreateStream.
pub const CREATE_STREAM_CALLS: CallLimit =
    CallLimit { operation: "CreateStream", per_second: 5, of: CallsOf::Account };
/// AWS: Developer Guide, Quotas and limits, API limits.
pub const DECREASE_STREAM_RETENTION_PERIOD_CALLS: CallLimit =
    CallLimit { operation: "DecreaseStreamRetentionPeriod", per_second: 5, of: CallsOf::Stream };
/// AWS: Developer Guide, Quotas and limits, API limits.
pub const DELETE_RESOURCE_POLICY_CALLS: CallLimit =
    CallLimit { operation: "DeleteResourcePolicy", per_second: 5, of: CallsOf::Account };
/// AWS: API_DeleteStream.
pub const DELETE_STREAM_CALLS: CallLimit =
    CallLimit { operation: "DeleteStream", per_second: 5, of: CallsOf::Account };
/// AWS: API_DeregisterStreamConsumer.
pub const DEREGISTER_STREAM_CONSUMER_CALLS: CallLimit =
    CallLimit { operation: "DeregisterStreamConsumer", per_second: 5, of: CallsOf::Stream };
/// AWS: API_DescribeAccountSettings.
pub const DESCRIBE_ACCOUNT_SETTINGS_CALLS: CallLimit =
    CallLimit { operation: "DescribeAccountSettings", per_second: 5, of: CallsOf::Account };
/// AWS: API_DescribeLimits.
pub const DESCRIBE_LIMITS_CALLS: CallLimit =
    CallLimit { operation: "DescribeLimits", per_second: 1, of: CallsOf::Account };
/// AWS: API_DescribeStream.
pub const DESCRIBE_STREAM_CALLS: CallLimit =
    CallLimit { operation: "DescribeStream", per_second: 10, of: CallsOf::Account };
/// AWS: API_DescribeStreamConsumer.
pub const DESCRIBE_STREAM_CONSUMER_CALLS: CallLimit =
    CallLimit { operation: "DescribeStreamConsumer", per_second: 20, of: CallsOf::Stream };
/// AWS: API_DescribeStreamSummary.
pub const DESCRIBE_STREAM_SUMMARY_CALLS: CallLimit =
    CallLimit { operation: "DescribeStreamSummary", per_second: 20, of: CallsOf::Account };
/// AWS: Developer Guide, Quotas and limits, API limits.
pub const DISABLE_ENHANCED_MONITORING_CALLS: CallLimit =
    CallLimit { operation: "DisableEnhancedMonitoring", per_second: 5, of: CallsOf::Stream };
/// AWS: Developer Guide, Quotas and limits, API limits.
pub const ENABLE_ENHANCED_MONITORING_CALLS: CallLimit =
    CallLimit { operation: "EnableEnhancedMonitoring", per_second: 5, of: CallsOf::Stream };
/// AWS: Developer Guide, Quotas and limits, API limits.
pub const GET_RESOURCE_POLICY_CALLS: CallLimit =
    CallLimit { operation: "GetResourcePolicy", per_second: 5, of: CallsOf::Account };
/// AWS: API_GetShardIterator.
pub const GET_SHARD_ITERATOR_CALLS: CallLimit =
    CallLimit { operation: "GetShardIterator", per_second: 5, of: CallsOf::ShardOfAccount };
/// AWS: Developer Guide, Quotas and limits, API limits.
pub const INCREASE_STREAM_RETENTION_PERIOD_CALLS: CallLimit =
    CallLimit { operation: "IncreaseStreamRetentionPeriod", per_second: 5, of: CallsOf::Stream };
/// AWS: API_ListShards.
pub const LIST_SHARDS_CALLS: CallLimit =
    CallLimit { operation: "ListShards", per_second: 1000, of: CallsOf::Stream };
/// AWS: API_ListStreamConsumers.
pub const LIST_STREAM_CONSUMERS_CALLS: CallLimit =
    CallLimit { operation: "ListStreamConsumers", per_second: 5, of: CallsOf::Stream };
/// AWS: API_ListStreams.
pub const LIST_STREAMS_CALLS: CallLimit =
    CallLimit { operation: "ListStreams", per_second: 5, of: CallsOf::Account };
/// AWS: API_ListTagsForStream.
pub const LIST_TAGS_FOR_STREAM_CALLS: CallLimit =
    CallLimit { operation: "ListTagsForStream", per_second: 5, of: CallsOf::Account };
/// AWS: API_MergeShards.
pub const MERGE_SHARDS_CALLS: CallLimit =
    CallLimit { operation: "MergeShards", per_second: 5, of: CallsOf::Account };
/// AWS: Developer Guide, Quotas and limits, API limits.
pub const PUT_RESOURCE_POLICY_CALLS: CallLimit =
    CallLimit { operation: "PutResourcePolicy", per_second: 5, of: CallsOf::Account };
/// AWS: API_RegisterStreamConsumer.
pub const REGISTER_STREAM_CONSUMER_CALLS: CallLimit =
    CallLimit { operation: "RegisterStreamConsumer", per_second: 5, of: CallsOf::Account };
/// AWS: API_RemoveTagsFromStream.
pub const REMOVE_TAGS_FROM_STREAM_CALLS: CallLimit =
    CallLimit { operation: "RemoveTagsFromStream", per_second: 5, of: CallsOf::Account };
/// AWS: API_SplitShard.
pub const SPLIT_SHARD_CALLS: CallLimit =
    CallLimit { operation: "SplitShard", per_second: 5, of: CallsOf::Account };
/// AWS: API_SubscribeToShard.
pub const SUBSCRIBE_TO_SHARD_CALLS: CallLimit =
    CallLimit { operation: "SubscribeToShard", per_second: 1, of: CallsOf::ShardOfConsumer };
/// AWS: API_UpdateAccountSettings.
pub const UPDATE_ACCOUNT_SETTINGS_CALLS: CallLimit =
    CallLimit { operation: "UpdateAccountSettings", per_second: 5, of: CallsOf::Account };
/// AWS: API_UpdateShardCount.
pub const UPDATE_SHARD_COUNT_CALLS: CallLimit =
    CallLimit { operation: "UpdateShardCount", per_second: 10, of: CallsOf::Account };
/// AWS: API_UpdateStreamWarmThroughput.
pub const UPDATE_STREAM_WARM_THROUGHPUT_CALLS: CallLimit =
    CallLimit { operation: "UpdateStreamWarmThroughput", per_second: 5, of: CallsOf::Account };
