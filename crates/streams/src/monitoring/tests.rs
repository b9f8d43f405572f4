use anabranch_api::cloudwatch::{
    Datapoint, Dimension, GetMetricStatistics, ListMetrics, StandardUnit as Unit, Statistic,
};
use anabranch_api::kinesis::{
    DisableEnhancedMonitoring, EnableEnhancedMonitoring, MetricsName, PutRecord, PutRecords,
    PutRecordsRequestEntry, RegisterStreamConsumer, ShardIteratorType, SplitShard, StartingPosition,
    SubscribeToShard,
};
use anabranch_api::{Serve, ServeFeed};
use bytes::Bytes;
use futures_util::StreamExt;

use super::*;
use crate::Settings;
use crate::harness::{Bench, bench_at, name};
use anabranch_types::Clock;

const FIRST: (&str, &str) = ("ShardId", "shardId-000000000000");
const SECOND: (&str, &str) = ("ShardId", "shardId-000000000001");

async fn bench() -> Bench {
    bench_at(Clock::standing(Timestamp::from_seconds(1_800_000_000)), Settings::default()).await
}

async fn put(b: &Bench, hash: &str, bytes: usize) -> bool {
    let put = b.call(PutRecord {
        stream_name: Some(name("s")),
        data: Bytes::from(vec![7; bytes - 1]),
        partition_key: Some("k".into()),
        explicit_hash_key: Some(hash.into()),
        ..PutRecord::default()
    });
    put.await.is_ok()
}

const LOW: &str = "0";
const HIGH: &str = "340282366920938463463374607431768211455";

async fn enable(b: &Bench, metrics: &[MetricsName]) {
    b.call(EnableEnhancedMonitoring {
        stream_name: Some(name("s")),
        shard_level_metrics: metrics.to_vec(),
        ..EnableEnhancedMonitoring::default()
    })
    .await
    .unwrap();
}

/// Samples and sum of the last ten minutes, as CloudWatch tells them.
async fn told(b: &Bench, metric: &str, of: Option<(&str, &str)>) -> Option<(f64, f64)> {
    datapoint(b, metric, of).await.map(|p| (p.sample_count.unwrap(), p.sum.unwrap()))
}

async fn datapoint(b: &Bench, metric: &str, of: Option<(&str, &str)>) -> Option<Datapoint> {
    let dimension = |name: &str, value: &str| Dimension { name: name.into(), value: value.into() };
    let dimensions =
        std::iter::once(dimension("StreamName", "s")).chain(of.map(|(name, value)| dimension(name, value)));
    let now = b.clock.now();
    let request = GetMetricStatistics {
        namespace: NAMESPACE.into(),
        metric_name: metric.into(),
        dimensions: Some(dimensions.collect()),
        start_time: now - Duration::from_secs(600),
        end_time: now + Duration::from_secs(60),
        period: 1200,
        statistics: Some(vec![Statistic::SampleCount, Statistic::Sum]),
        ..GetMetricStatistics::default()
    };
    let cx = anabranch_api::Context { received: now, ..b.cx.clone() };
    b.cloudwatch.serve(&cx, request).await.unwrap().datapoints.unwrap().into_iter().next()
}

#[tokio::test]
async fn shards_differ_in_what_cloudwatch_and_metrics_tell_of_them() {
    let b = bench().await;
    b.create("s", 2).await;
    enable(&b, &[MetricsName::All]).await;
    assert!(put(&b, LOW, 100).await && put(&b, LOW, 50).await && put(&b, HIGH, 1000).await);
    assert!(put(&b, HIGH, 1024 * 1024 - 1000).await);
    assert!(!put(&b, HIGH, 1000).await, "the second shard is full");
    let iterator = b.iterator("s", FIRST.1, ShardIteratorType::TrimHorizon).await;
    for _ in 0..5 {
        b.read(&iterator).await;
    }
    let sixth = anabranch_api::kinesis::GetRecords { shard_iterator: iterator, ..Default::default() };
    b.refused(sixth).await;
    b.advance(INTERVAL).await;
    for (metric, of_stream, first, second) in [
        ("IncomingBytes", Some((4.0, 1_048_726.0)), Some((2.0, 150.0)), Some((2.0, 1_048_576.0))),
        ("IncomingRecords", Some((4.0, 4.0)), Some((2.0, 2.0)), Some((2.0, 2.0))),
        ("GetRecords.Bytes", Some((5.0, 750.0)), None, None),
        ("OutgoingBytes", None, Some((5.0, 750.0)), None),
        ("OutgoingRecords", None, Some((5.0, 10.0)), None),
        ("WriteProvisionedThroughputExceeded", Some((5.0, 1.0)), Some((2.0, 0.0)), Some((3.0, 1.0))),
        ("ReadProvisionedThroughputExceeded", Some((6.0, 1.0)), Some((6.0, 1.0)), None),
        ("GetRecords.IteratorAgeMilliseconds", Some((5.0, 0.0)), None, None),
        ("IteratorAgeMilliseconds", None, Some((5.0, 0.0)), None),
    ] {
        assert_eq!(told(&b, metric, None).await, of_stream, "{metric} of the stream");
        assert_eq!(told(&b, metric, Some(FIRST)).await, first, "{metric} of the first shard");
        assert_eq!(told(&b, metric, Some(SECOND)).await, second, "{metric} of the second shard");
    }
    let scraped = b.metrics.scrape();
    for (shard, bytes) in [(FIRST.1, 150), (SECOND.1, 1_048_576)] {
        let line = format!(
            r#"anabranch_shard_incoming_bytes_total{{account="123456789012",region="us-east-1",stream="s",shard="{shard}"}} {bytes}"#
        );
        assert!(scraped.contains(&line), "{line}");
    }
}

#[tokio::test]
async fn of_shards_only_what_was_chosen_is_told() {
    let b = bench().await;
    b.create("s", 2).await;
    assert!(put(&b, LOW, 10).await);
    b.advance(INTERVAL).await;
    assert_eq!(told(&b, "IncomingBytes", None).await, Some((1.0, 10.0)));
    assert_eq!(told(&b, "IncomingBytes", Some(FIRST)).await, None);
    assert!(!b.metrics.scrape().contains("shardId"));

    enable(&b, &[MetricsName::IncomingRecords]).await;
    let split = SplitShard {
        stream_name: Some(name("s")),
        shard_to_split: SECOND.1.into(),
        new_starting_hash_key: "300000000000000000000000000000000000000".into(),
        ..SplitShard::default()
    };
    b.call(split).await.unwrap();
    let b = b.restarted().await;
    assert!(put(&b, LOW, 10).await && put(&b, HIGH, 10).await);
    b.advance(INTERVAL).await;
    assert_eq!(told(&b, "IncomingRecords", Some(FIRST)).await, Some((1.0, 1.0)));
    assert_eq!(
        told(&b, "IncomingRecords", Some(("ShardId", "shardId-000000000003"))).await,
        Some((1.0, 1.0))
    );
    assert_eq!(told(&b, "IncomingRecords", Some(SECOND)).await, None);
    assert_eq!(told(&b, "IncomingBytes", Some(FIRST)).await, None);
    let scraped = b.metrics.scrape();
    assert!(scraped.contains("anabranch_shard_incoming_records_total{"));
    assert!(!scraped.contains("anabranch_shard_incoming_bytes_total{"));

    let disable = DisableEnhancedMonitoring {
        stream_name: Some(name("s")),
        shard_level_metrics: vec![MetricsName::All],
        ..DisableEnhancedMonitoring::default()
    };
    b.call(disable).await.unwrap();
    assert!(!b.metrics.scrape().contains("shardId"));
    assert!(put(&b, LOW, 10).await);
    b.advance(INTERVAL).await;
    assert_eq!(told(&b, "IncomingRecords", Some(FIRST)).await, Some((1.0, 1.0)), "no more than before");
}

#[tokio::test]
async fn calls_are_told_by_how_they_ended_and_how_long_they_took() {
    let b = bench().await;
    b.create("s", 1).await;
    let records = |count: usize| {
        let entry = PutRecordsRequestEntry {
            data: Bytes::from(vec![7; 99_999]),
            partition_key: Some("k".into()),
            ..PutRecordsRequestEntry::default()
        };
        PutRecords { stream_name: Some(name("s")), records: vec![entry; count], ..PutRecords::default() }
    };
    assert!(put(&b, LOW, 100).await);
    b.call(records(3)).await.unwrap();
    assert_eq!(b.call(records(9)).await.unwrap().failed_record_count, Some(2));
    assert!(!put(&b, LOW, 100_000).await, "the shard is full");
    b.call(records(2)).await.unwrap();
    let iterator = b.iterator("s", FIRST.1, ShardIteratorType::TrimHorizon).await;
    b.read(&iterator).await;
    b.advance(INTERVAL).await;
    for (metric, samples, sum) in [
        ("PutRecord.Bytes", 2.0, 100.0),
        ("PutRecord.Success", 2.0, 1.0),
        ("PutRecords.Bytes", 3.0, 1_000_000.0),
        ("PutRecords.Success", 3.0, 2.0),
        ("PutRecords.TotalRecords", 3.0, 14.0),
        ("PutRecords.SuccessfulRecords", 3.0, 10.0),
        ("PutRecords.ThrottledRecords", 3.0, 4.0),
        ("PutRecords.FailedRecords", 3.0, 0.0),
        ("GetRecords.Success", 1.0, 1.0),
    ] {
        assert_eq!(told(&b, metric, None).await, Some((samples, sum)), "{metric}");
    }
    for (metric, samples) in
        [("PutRecord.Latency", 2.0), ("PutRecords.Latency", 3.0), ("GetRecords.Latency", 1.0)]
    {
        let (count, sum) = told(&b, metric, None).await.expect(metric);
        assert!(count == samples && sum > 0.0 && sum < 60_000.0, "{metric}: {count}, {sum} ms");
    }
}

#[tokio::test]
async fn consumers_are_told_apart() {
    let b = bench().await;
    b.create("s", 1).await;
    let mut frames = Vec::new();
    for consumer in ["c", "d"] {
        let register = RegisterStreamConsumer {
            stream_arn: "arn:aws:kinesis:us-east-1:123456789012:stream/s".into(),
            consumer_name: consumer.into(),
            ..RegisterStreamConsumer::default()
        };
        let arn = b.call(register).await.unwrap().consumer.consumer_arn;
        let position =
            StartingPosition { r#type: ShardIteratorType::TrimHorizon, ..StartingPosition::default() };
        let subscribe = SubscribeToShard {
            consumer_arn: arn,
            shard_id: FIRST.1.into(),
            starting_position: position,
            ..SubscribeToShard::default()
        };
        frames.push(b.streams.open(&b.cx, subscribe.clone()).await.unwrap().frames);
        if consumer == "d" {
            assert!(b.streams.open(&b.cx, subscribe).await.is_err(), "too soon");
        }
    }
    assert!(put(&b, LOW, 100).await);
    let event = frames[0].next().await.expect("it goes on").expect("no error");
    assert!(!event.0.is_empty());
    b.advance(INTERVAL).await;
    let (c, d) = (Some(("ConsumerName", "c")), Some(("ConsumerName", "d")));
    for (metric, of_c, of_d) in [
        ("SubscribeToShard.Success", Some((1.0, 1.0)), Some((2.0, 1.0))),
        ("SubscribeToShard.RateExceeded", None, Some((1.0, 1.0))),
        ("SubscribeToShardEvent.Bytes", Some((1.0, 100.0)), None),
        ("SubscribeToShardEvent.Records", Some((1.0, 1.0)), None),
        ("SubscribeToShardEvent.Success", Some((1.0, 1.0)), None),
        ("SubscribeToShardEvent.MillisBehindLatest", Some((1.0, 0.0)), None),
    ] {
        assert_eq!(told(&b, metric, c).await, of_c, "{metric}");
        assert_eq!(told(&b, metric, d).await, of_d, "{metric}");
        assert_eq!(told(&b, metric, None).await, None, "{metric} of no consumer");
    }
}

type Documented = (
    Option<(&'static str, &'static str)>,
    &'static str,
    &'static str,
    &'static [(&'static str, Unit, &'static str)],
);

/// The table of the Developer Guide (Monitoring the Amazon Kinesis Data Streams Service with Amazon CloudWatch), without what it calls deprecated:
/// the dimension beside StreamName, what names begin with and which label stands beside the stream's where they are scraped, and the metrics, each with
/// its unit and the name that is scraped.
const DOCUMENTED: [Documented; 3] = [
    (
        None,
        "kinesis",
        "",
        &[
            ("GetRecords.Bytes", Unit::Bytes, "get_records_bytes"),
            (
                "GetRecords.IteratorAgeMilliseconds",
                Unit::Milliseconds,
                "get_records_iterator_age_milliseconds",
            ),
            ("GetRecords.Latency", Unit::Milliseconds, "get_records_latency"),
            ("GetRecords.Records", Unit::Count, "get_records_records"),
            ("GetRecords.Success", Unit::Count, "get_records_success"),
            ("IncomingBytes", Unit::Bytes, "incoming_bytes"),
            ("IncomingRecords", Unit::Count, "incoming_records"),
            ("PutRecord.Bytes", Unit::Bytes, "put_record_bytes"),
            ("PutRecord.Latency", Unit::Milliseconds, "put_record_latency"),
            ("PutRecord.Success", Unit::Count, "put_record_success"),
            ("PutRecords.Bytes", Unit::Bytes, "put_records_bytes"),
            ("PutRecords.FailedRecords", Unit::Count, "put_records_failed_records"),
            ("PutRecords.Latency", Unit::Milliseconds, "put_records_latency"),
            ("PutRecords.Success", Unit::Count, "put_records_success"),
            ("PutRecords.SuccessfulRecords", Unit::Count, "put_records_successful_records"),
            ("PutRecords.ThrottledRecords", Unit::Count, "put_records_throttled_records"),
            ("PutRecords.TotalRecords", Unit::Count, "put_records_total_records"),
            ("ReadProvisionedThroughputExceeded", Unit::Count, "read_provisioned_throughput_exceeded"),
            ("WriteProvisionedThroughputExceeded", Unit::Count, "write_provisioned_throughput_exceeded"),
        ],
    ),
    (
        Some(("ConsumerName", "c")),
        "kinesis_consumer",
        r#",consumer="c""#,
        &[
            ("SubscribeToShard.RateExceeded", Unit::Count, "subscribe_to_shard_rate_exceeded"),
            ("SubscribeToShard.Success", Unit::Count, "subscribe_to_shard_success"),
            ("SubscribeToShardEvent.Bytes", Unit::Bytes, "subscribe_to_shard_event_bytes"),
            (
                "SubscribeToShardEvent.MillisBehindLatest",
                Unit::Milliseconds,
                "subscribe_to_shard_event_millis_behind_latest",
            ),
            ("SubscribeToShardEvent.Records", Unit::Count, "subscribe_to_shard_event_records"),
            ("SubscribeToShardEvent.Success", Unit::Count, "subscribe_to_shard_event_success"),
        ],
    ),
    (
        Some(FIRST),
        "kinesis_shard",
        r#",shard="shardId-000000000000""#,
        &[
            ("IncomingBytes", Unit::Bytes, "incoming_bytes"),
            ("IncomingRecords", Unit::Count, "incoming_records"),
            ("IteratorAgeMilliseconds", Unit::Milliseconds, "iterator_age_milliseconds"),
            ("OutgoingBytes", Unit::Bytes, "outgoing_bytes"),
            ("OutgoingRecords", Unit::Count, "outgoing_records"),
            ("ReadProvisionedThroughputExceeded", Unit::Count, "read_provisioned_throughput_exceeded"),
            ("WriteProvisionedThroughputExceeded", Unit::Count, "write_provisioned_throughput_exceeded"),
        ],
    ),
];

/// Has each thing happen that is measured of a stream with one shard.
async fn everything_measured(b: &Bench) {
    let register = RegisterStreamConsumer {
        stream_arn: "arn:aws:kinesis:us-east-1:123456789012:stream/s".into(),
        consumer_name: "c".into(),
        ..RegisterStreamConsumer::default()
    };
    let subscribe = SubscribeToShard {
        consumer_arn: b.call(register).await.unwrap().consumer.consumer_arn,
        shard_id: FIRST.1.into(),
        starting_position: StartingPosition { r#type: ShardIteratorType::TrimHorizon, ..Default::default() },
        ..SubscribeToShard::default()
    };
    assert!(put(b, LOW, 100_000).await);
    let entry = PutRecordsRequestEntry {
        data: Bytes::from(vec![7; 99_999]),
        partition_key: Some("k".into()),
        ..PutRecordsRequestEntry::default()
    };
    // More than an event takes, so that who subscribes is behind.
    for (count, refused) in [(10, 0), (10, 0), (10, 0), (12, 2)] {
        b.clock.advance_to(b.clock.now() + Duration::from_millis(1500));
        let records = vec![entry.clone(); count];
        let records = PutRecords { stream_name: Some(name("s")), records, ..PutRecords::default() };
        assert_eq!(b.call(records).await.unwrap().failed_record_count, Some(refused));
    }
    let mut frames = b.streams.open(&b.cx, subscribe.clone()).await.unwrap().frames;
    assert!(b.streams.open(&b.cx, subscribe).await.is_err(), "too soon");
    frames.next().await.expect("it goes on").expect("no error");
    let iterator = b.iterator("s", FIRST.1, ShardIteratorType::TrimHorizon).await;
    let read = |limit| anabranch_api::kinesis::GetRecords {
        shard_iterator: iterator.clone(),
        limit: Some(limit),
        ..Default::default()
    };
    for limit in 1..=5 {
        b.call(read(limit)).await.unwrap();
    }
    b.refused(read(1)).await;
}

/// The value of a line of what is scraped.
fn scraped(text: &str, series: &str) -> Option<f64> {
    text.lines()
        .find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))
        .map(|value| value.parse().unwrap())
}

/// The metrics of streams that CloudWatch lists, with the names of their dimensions.
async fn listed(b: &Bench) -> Vec<(String, Vec<String>)> {
    let request = ListMetrics { namespace: Some(NAMESPACE.into()), ..ListMetrics::default() };
    let listed = b.cloudwatch.serve(&b.cx, request).await.unwrap().metrics.unwrap();
    let mut named: Vec<_> = listed
        .iter()
        .map(|metric| {
            let dimensions = metric.dimensions.iter().flatten().map(|d| d.name.to_string());
            (metric.metric_name.as_ref().unwrap().to_string(), dimensions.collect())
        })
        .collect();
    named.sort();
    named
}

#[tokio::test]
async fn every_metric_that_aws_documents_arrives_in_its_unit_and_is_scraped_with_the_same_numbers() {
    let b = bench().await;
    b.create("s", 1).await;
    enable(&b, &[MetricsName::All]).await;
    everything_measured(&b).await;
    let before = b.metrics.scrape();
    b.advance(INTERVAL).await;
    let after = b.metrics.scrape();
    let mut documented = Vec::new();
    for (of, prefix, label, metrics) in DOCUMENTED {
        for (metric, unit, figure) in metrics {
            let mut dimensions: Vec<String> = of.iter().map(|(name, _)| (*name).to_owned()).collect();
            dimensions.push("StreamName".to_owned());
            dimensions.sort();
            documented.push(((*metric).to_owned(), dimensions));
            let point = datapoint(&b, metric, of).await.expect(metric);
            assert_eq!(point.unit.as_ref(), Some(unit), "{metric}");
            let (samples, sum) = (point.sample_count.unwrap(), point.sum.unwrap());
            // No record fails but by a fault of the disk.
            assert_eq!(sum > 0.0, *metric != "PutRecords.FailedRecords", "{metric}");
            let labels = format!(r#"{{account="123456789012",region="us-east-1",stream="s"{label}}}"#);
            for (kind, expected) in [("total", sum), ("samples_total", samples)] {
                let series = format!("anabranch_{prefix}_{figure}_{kind}{labels}");
                assert_eq!(scraped(&before, &series), Some(expected), "{series}");
                assert_eq!(scraped(&after, &series), Some(expected), "{series} after the minute");
            }
        }
    }
    documented.sort();
    assert_eq!(listed(&b).await, documented);
}
