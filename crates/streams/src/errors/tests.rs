use anabranch_api::ApiError;
use anabranch_api::kinesis::Error;
use anabranch_types::{SequenceNumber, ShardId, StreamArn};

use super::*;

fn stream() -> StreamArn {
    "arn:aws:kinesis:us-east-1:123456789012:stream/S".parse().unwrap()
}

fn shard(index: u32) -> ShardId {
    ShardId::new(index).unwrap()
}

/// Code and sentence.
fn told(error: Error) -> String {
    let error: ApiError = error.into();
    format!("{}: {}", error.code, error.message.unwrap_or_default())
}

#[test]
fn sentences_are_aws_own() {
    let s = stream();
    let account = s.account;
    let at = Timestamp::from_seconds(1_421_889_722);
    let later = Timestamp::from_seconds(1_421_890_023);
    for (error, sentence) in [
        (
            stream_not_found(&s.name, account),
            "ResourceNotFoundException: Stream S under account 123456789012 not found.",
        ),
        (stream_exists(&s), "ResourceInUseException: Stream S under account 123456789012 already exists."),
        (
            stream_not_active(&s, "CREATING"),
            "ResourceInUseException: Stream S under account 123456789012 not ACTIVE, instead in state CREATING",
        ),
        (
            shard_not_found("shardId-x", &s),
            "ResourceNotFoundException: Could not find shard shardId-x in stream S under account 123456789012.",
        ),
        (
            shard_does_not_exist(shard(5), &s),
            "ResourceNotFoundException: Shard shardId-000000000005 in stream S under account 123456789012 does not exist",
        ),
        (
            shard_limit(&s, 3, 50, 100),
            "LimitExceededException: This request would exceed the shard limit for the account 123456789012 in us-east-1. Current shard count for the account: 3. Limit: 50. Number of additional shards that would have resulted from this request: 100. Refer to the AWS Service Limits page (http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current limits and how to request higher limits.",
        ),
        (
            stream_has_consumers(&s),
            "ResourceInUseException: DeleteStream can't delete 123456789012:S because there are consumers associated with this data stream. To delete S anyway, set the EnforceConsumerDeletion parameter to true in the DeleteStream API.",
        ),
        (
            records_damaged(shard(0), &s, Some(SequenceNumber::start_of(shard(0), 1_421_889_722))),
            "InternalFailureException: Records of shard shardId-000000000000 in stream S under account 123456789012 are damaged where they are stored and cannot be read until the server's operator has restored them or given them up. Those behind them are read from StartingSequenceNumber 49547204513960148148222384694534154756639073502710726658 on, with ShardIteratorType AT_SEQUENCE_NUMBER.",
        ),
        (
            rate_exceeded(shard(0), &s),
            "ProvisionedThroughputExceededException: Rate exceeded for shard shardId-000000000000 in stream S under account 123456789012.",
        ),
        (
            invalid_explicit_hash_key("340282366920938463463374607431768211456"),
            "InvalidArgumentException: Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was 340282366920938463463374607431768211456",
        ),
        (
            record_too_large("records.1.member.data", 1_048_576),
            "ValidationException: 1 validation error detected: Value at 'records.1.member.data' failed to satisfy constraint: Member must have length less than or equal to 1048576",
        ),
        (
            invalid_number_for_ordering("5", &s),
            "InvalidArgumentException: ExclusiveMinimumSequenceNumber 5 used in PutRecord on stream S under account 123456789012 is invalid.",
        ),
        (
            dry_run(),
            "DryRunOperationException: The request was rejected because the DryRun parameter was specified",
        ),
        (
            iterator_arguments("LATEST", NumberGiven::Yes),
            "InvalidArgumentException: Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified LATEST and also a StartingSequenceNumber.",
        ),
        (
            iterator_arguments("AT_SEQUENCE_NUMBER", NumberGiven::No),
            "InvalidArgumentException: Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified AT_SEQUENCE_NUMBER and no StartingSequenceNumber.",
        ),
        (
            number_of_other_shard(shard(1), shard(0)),
            "InvalidArgumentException: Invalid StartingSequenceNumber. It encodes shardId-000000000001, while it was used in a call to a shard with shardId-000000000000",
        ),
        (
            number_of_other_stream("7", "GetShardIterator", shard(0), &s),
            "InvalidArgumentException: StartingSequenceNumber 7 used in GetShardIterator on shard shardId-000000000000 in stream S under account 123456789012 is invalid because it did not come from this stream.",
        ),
        (
            timestamp_in_future(Timestamp::from_millis(9), Timestamp::from_millis(8)),
            "InvalidArgumentException: The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. timestampInMillis: 9, currentTimestampInMillis: 8",
        ),
        (
            timestamp_missing(),
            "InvalidArgumentException: Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. Current request has no timestamp parameter.",
        ),
        (invalid_iterator(), "InvalidArgumentException: Invalid ShardIterator."),
        (
            iterator_expired(at, later, 300_000),
            "ExpiredIteratorException: Iterator expired. The iterator was created at time Thu Jan 22 01:22:02 UTC 2015 while right now it is Thu Jan 22 01:27:03 UTC 2015 which is further in the future than the tolerated delay of 300000 milliseconds.",
        ),
        (
            token_and_stream(),
            "InvalidArgumentException: NextToken and StreamName cannot be provided together.",
        ),
        (
            token_and("ShardFilter"),
            "InvalidArgumentException: NextToken and ShardFilter cannot be provided together.",
        ),
        (
            consumer_not_active("C", 1_731_291_806, &s),
            "ResourceInUseException: Consumer C with creation timestamp 1731291806 under stream S and account 123456789012 is not in ACTIVE status.",
        ),
        (
            subscribed_already(&s, shard(7), "C"),
            "ResourceInUseException: Another active subscription exists for this consumer: 123456789012:S:shardId-000000000007:C",
        ),
    ] {
        assert_eq!(told(error), sentence);
    }
}
