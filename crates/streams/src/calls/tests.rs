use std::time::Duration;

use anabranch_api::kinesis::*;
use anabranch_api::{Feed, Operation, Serve, ServeFeed};
use anabranch_types::{Clock, Timestamp};
use bytestring::ByteString;

use crate::harness::{Bench, bench_at, bench_with, context, name};
use crate::limits::{self, CallLimit, CallsOf, LimitsMode};
use crate::{Settings, Streams};

const ARN: &str = "arn:aws:kinesis:us-east-1:123456789012:stream/s";
const OTHER_ARN: &str = "arn:aws:kinesis:us-east-1:123456789012:stream/t";

/// A service that enforces all of AWS's limits, with streams `s` and `t` that have been idle for a while.
async fn aws() -> Bench {
    let clock = Clock::standing(Timestamp::from_seconds(1_800_000_000));
    let bench = bench_at(clock, Settings { limits: LimitsMode::Aws, ..Settings::default() }).await;
    bench.create("s", 2).await;
    bench.create("t", 1).await;
    bench.advance(Duration::from_secs(60)).await;
    bench
}

fn arn(text: &str) -> Option<ByteString> {
    Some(text.into())
}

/// Whether the call was one too many.
async fn is_too_many<Op: Operation>(bench: &Bench, request: Op, sentence: &str) -> bool
where
    Streams: Serve<Op>,
{
    let Err(error) = bench.call(request).await else { return false };
    let (code, message) = crate::harness::refusal(error.into());
    let too_many = message.starts_with("Rate exceeded");
    if too_many {
        assert_eq!((code.as_str(), message.as_str()), ("LimitExceededException", sentence), "{}", Op::NAME);
    }
    too_many
}

/// So many calls are taken at once, one more a second later than the last, and calls about another stream as the limit says.
async fn holds<Op: Operation>(limit: &CallLimit, sentence: &str, about: impl Fn(&str) -> Op)
where
    Streams: Serve<Op>,
{
    assert!(Op::NAME.ends_with(&format!(".{}", limit.operation)));
    let mut bench = aws().await;
    for n in 0..limit.per_second {
        assert!(!is_too_many(&bench, about(ARN), sentence).await, "call {n} of {}", Op::NAME);
    }
    assert!(is_too_many(&bench, about(ARN), sentence).await, "{}", Op::NAME);
    let told_of_other = sentence.replace("stream s", "stream t");
    let other_too = is_too_many(&bench, about(OTHER_ARN), &told_of_other).await;
    assert_eq!(other_too, limit.of == CallsOf::Account, "{}", Op::NAME);
    bench.cx = context("210987654321", "us-east-1", &bench.clock);
    let foreign = bench.call(about(OTHER_ARN)).await.err().map(|e| crate::harness::refusal(e.into()).1);
    let foreign_too = foreign.is_some_and(|m| m.starts_with("Rate exceeded"));
    assert!(!foreign_too || limit.of == CallsOf::Stream, "{} of another account", Op::NAME);
    bench.cx = context(crate::harness::ACCOUNT, "us-east-1", &bench.clock);
    bench.advance(Duration::from_millis(1000 / limit.per_second)).await;
    assert!(!is_too_many(&bench, about(ARN), sentence).await, "{} a moment later", Op::NAME);
    assert!(is_too_many(&bench, about(ARN), sentence).await, "{} just after", Op::NAME);
}

const OF_STREAM: &str = "Rate exceeded for stream s under account 123456789012.";
const OF_ACCOUNT: &str = "Rate exceeded for account 123456789012.";

macro_rules! limits {
    ($($limit:ident, $sentence:ident, $about:expr;)*) => {
        #[tokio::test]
        async fn each_operation_is_taken_as_often_as_aws_takes_it() {
            $(holds(&limits::$limit, $sentence, $about).await;)*
        }

        /// What the test above and those below call.
        const TESTED: &[CallLimit] =
            &[limits::GET_SHARD_ITERATOR_CALLS, limits::SUBSCRIBE_TO_SHARD_CALLS, $(limits::$limit),*];
    };
}

limits! {
    ADD_TAGS_TO_STREAM_CALLS, OF_STREAM, |a| AddTagsToStream { stream_arn: arn(a), ..AddTagsToStream::default() };
    CREATE_STREAM_CALLS, OF_ACCOUNT, |_| CreateStream { stream_name: name("s"), ..CreateStream::default() };
    DECREASE_STREAM_RETENTION_PERIOD_CALLS, OF_STREAM, |a| DecreaseStreamRetentionPeriod { stream_arn: arn(a), ..Default::default() };
    DELETE_RESOURCE_POLICY_CALLS, OF_STREAM, |a| DeleteResourcePolicy { resource_arn: a.into(), ..Default::default() };
    DELETE_STREAM_CALLS, OF_ACCOUNT, |_| DeleteStream { stream_name: Some(name("none")), ..Default::default() };
    DEREGISTER_STREAM_CONSUMER_CALLS, OF_STREAM, |a| DeregisterStreamConsumer { stream_arn: arn(a), ..Default::default() };
    DESCRIBE_ACCOUNT_SETTINGS_CALLS, OF_ACCOUNT, |_| DescribeAccountSettings::default();
    DESCRIBE_LIMITS_CALLS, OF_ACCOUNT, |_| DescribeLimits::default();
    DESCRIBE_STREAM_CALLS, OF_STREAM, |a| DescribeStream { stream_arn: arn(a), ..Default::default() };
    DESCRIBE_STREAM_CONSUMER_CALLS, OF_STREAM, |a| DescribeStreamConsumer { stream_arn: arn(a), ..Default::default() };
    DESCRIBE_STREAM_SUMMARY_CALLS, OF_STREAM, |a| DescribeStreamSummary { stream_arn: arn(a), ..Default::default() };
    DISABLE_ENHANCED_MONITORING_CALLS, OF_STREAM, |a| DisableEnhancedMonitoring { stream_arn: arn(a), ..Default::default() };
    ENABLE_ENHANCED_MONITORING_CALLS, OF_STREAM, |a| EnableEnhancedMonitoring { stream_arn: arn(a), ..Default::default() };
    GET_RESOURCE_POLICY_CALLS, OF_STREAM, |a| GetResourcePolicy { resource_arn: a.into(), ..Default::default() };
    INCREASE_STREAM_RETENTION_PERIOD_CALLS, OF_STREAM, |a| IncreaseStreamRetentionPeriod { stream_arn: arn(a), ..Default::default() };
    LIST_SHARDS_CALLS, OF_STREAM, |a| ListShards { stream_arn: arn(a), ..Default::default() };
    LIST_STREAM_CONSUMERS_CALLS, OF_STREAM, |a| ListStreamConsumers { stream_arn: a.into(), ..Default::default() };
    LIST_STREAMS_CALLS, OF_ACCOUNT, |_| ListStreams::default();
    LIST_TAGS_FOR_STREAM_CALLS, OF_STREAM, |a| ListTagsForStream { stream_arn: arn(a), ..Default::default() };
    MERGE_SHARDS_CALLS, OF_STREAM, |a| MergeShards { stream_arn: arn(a), ..Default::default() };
    PUT_RESOURCE_POLICY_CALLS, OF_STREAM, |a| PutResourcePolicy { resource_arn: a.into(), ..Default::default() };
    REGISTER_STREAM_CONSUMER_CALLS, OF_STREAM, |a| RegisterStreamConsumer { stream_arn: a.into(), ..Default::default() };
    REMOVE_TAGS_FROM_STREAM_CALLS, OF_STREAM, |a| RemoveTagsFromStream { stream_arn: arn(a), ..Default::default() };
    SPLIT_SHARD_CALLS, OF_STREAM, |a| SplitShard { stream_arn: arn(a), ..Default::default() };
    UPDATE_ACCOUNT_SETTINGS_CALLS, OF_ACCOUNT, |_| UpdateAccountSettings::default();
    UPDATE_SHARD_COUNT_CALLS, OF_STREAM, |a| UpdateShardCount { stream_arn: arn(a), ..Default::default() };
    UPDATE_STREAM_WARM_THROUGHPUT_CALLS, OF_STREAM, |a| UpdateStreamWarmThroughput { stream_arn: arn(a), ..Default::default() };
}

#[test]
fn every_limit_is_tested() {
    let source = include_str!("../limits/calls.rs");
    assert_eq!(source.matches("pub const ").count(), TESTED.len());
    let names: std::collections::BTreeSet<_> = TESTED.iter().map(|limit| limit.operation).collect();
    assert_eq!(names.len(), TESTED.len());
}

#[tokio::test]
async fn iterators_are_given_five_times_a_second_to_each_account_and_open_shard() {
    let mut bench = aws().await;
    let get = |shard: &str| GetShardIterator {
        stream_arn: arn(ARN),
        shard_id: shard.into(),
        shard_iterator_type: ShardIteratorType::TrimHorizon,
        ..GetShardIterator::default()
    };
    for _ in 0..5 {
        bench.call(get("shardId-000000000000")).await.unwrap();
    }
    let refusal = bench.refused(get("shardId-000000000000")).await;
    assert_eq!(
        (refusal.0.as_str(), refusal.1.as_str()),
        (
            "ProvisionedThroughputExceededException",
            "Rate exceeded for shard shardId-000000000000 in stream s under account 123456789012."
        )
    );
    bench.call(get("shardId-000000000001")).await.unwrap();
    bench.cx = context("210987654321", "us-east-1", &bench.clock);
    bench.call(get("shardId-000000000000")).await.unwrap();
    bench.cx = context(crate::harness::ACCOUNT, "us-east-1", &bench.clock);
    bench.advance(Duration::from_millis(200)).await;
    bench.call(get("shardId-000000000000")).await.unwrap();
    bench.refused(get("shardId-000000000000")).await;
}

#[tokio::test]
async fn a_consumer_subscribes_to_a_shard_once_a_second() {
    let bench = aws().await;
    let register = RegisterStreamConsumer {
        stream_arn: ARN.into(),
        consumer_name: "c".into(),
        ..RegisterStreamConsumer::default()
    };
    let consumer_arn = bench.call(register).await.unwrap().consumer.consumer_arn;
    let subscribe = |shard: &str, dry_run| SubscribeToShard {
        consumer_arn: consumer_arn.clone(),
        shard_id: shard.into(),
        starting_position: StartingPosition { r#type: ShardIteratorType::Latest, ..Default::default() },
        dry_run,
        ..SubscribeToShard::default()
    };
    let code = async |request| match ServeFeed::open(&*bench.streams, &bench.cx, request).await {
        Ok(feed) => Ok(feed),
        Err(error) => Err(crate::harness::refusal(error.into())),
    };
    let refused = |answer: Result<Feed<_>, (String, String)>| answer.err().map(|(code, _)| code);
    let dry_run = |answer| assert_eq!(refused(answer).as_deref(), Some("DryRunOperationException"));
    dry_run(code(subscribe("shardId-000000000000", Some(true))).await);
    assert_eq!(
        code(subscribe("shardId-000000000000", None)).await.err(),
        Some((
            "LimitExceededException".to_owned(),
            "Rate exceeded for consumer c and shard shardId-000000000000 in stream s under account 123456789012."
                .to_owned()
        ))
    );
    dry_run(code(subscribe("shardId-000000000001", Some(true))).await);
    bench.advance(Duration::from_secs(1)).await;
    let feed = code(subscribe("shardId-000000000000", None)).await;
    assert!(feed.is_ok());
    let again = refused(code(subscribe("shardId-000000000000", None)).await);
    assert_eq!(again.as_deref(), Some("ResourceInUseException"), "within five seconds of a subscription");
}

#[tokio::test]
async fn other_modes_count_no_calls() {
    for limits in [LimitsMode::Off, LimitsMode::Shards] {
        let bench = bench_with(Settings { limits, ..Settings::default() }).await;
        for _ in 0..100 {
            bench.call(DescribeLimits::default()).await.unwrap();
        }
        assert_eq!(bench.streams.calls.known(), 0);
    }
}

#[tokio::test]
async fn who_has_been_idle_is_forgotten() {
    let mut bench = aws().await;
    for account in 0..5 * super::SWEEP_AT_LEAST {
        bench.cx = context(&format!("{account:012}"), "us-east-1", &bench.clock);
        bench.call(ListStreams::default()).await.unwrap();
        bench.clock.advance_to(bench.clock.now() + Duration::from_millis(1));
    }
    assert!(bench.streams.calls.known() < 3 * super::SWEEP_AT_LEAST);
}
