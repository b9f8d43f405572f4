//! Each minute's metrics of streams go to CloudWatch, those of shards where enhanced monitoring has them.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use anabranch_api::cloudwatch::StandardUnit as Unit;
use anabranch_governance::Measurement;
use anabranch_types::{Due, Timestamp};
use bytestring::ByteString;

use crate::Streams;
use crate::measures::{Measure, Minute};
use crate::stream::Stream;

/// AWS: Developer Guide, monitoring with CloudWatch: metrics are sent every minute.
const INTERVAL: Duration = Duration::from_secs(60);
const NAMESPACE: &str = "AWS/Kinesis";

/// A metric, its unit and what it consists of.
type Metric = (&'static str, Unit, &'static [Measure]);

/// What every stream has (AWS: Developer Guide, basic stream-level metrics).
const OF_STREAMS: [Metric; 19] = [
    ("IncomingBytes", Unit::Bytes, &[Measure::IncomingBytes]),
    ("IncomingRecords", Unit::Count, &[Measure::IncomingRecords]),
    ("PutRecord.Bytes", Unit::Bytes, &[Measure::PutOneBytes]),
    ("PutRecord.Latency", Unit::Milliseconds, &[Measure::PutOneMicros]),
    ("PutRecord.Success", Unit::Count, &[Measure::PutOneDone]),
    ("PutRecords.Bytes", Unit::Bytes, &[Measure::PutManyBytes]),
    ("PutRecords.Latency", Unit::Milliseconds, &[Measure::PutManyMicros]),
    ("PutRecords.Success", Unit::Count, &[Measure::PutManyDone]),
    ("PutRecords.TotalRecords", Unit::Count, &[Measure::PutManyTotal]),
    ("PutRecords.SuccessfulRecords", Unit::Count, &[Measure::PutManyStored]),
    ("PutRecords.FailedRecords", Unit::Count, &[Measure::PutManyFailed]),
    ("PutRecords.ThrottledRecords", Unit::Count, &[Measure::PutManyThrottled]),
    ("GetRecords.Bytes", Unit::Bytes, &[Measure::ReadBytes]),
    ("GetRecords.Records", Unit::Count, &[Measure::ReadRecords]),
    ("GetRecords.Latency", Unit::Milliseconds, &[Measure::ReadMicros]),
    ("GetRecords.Success", Unit::Count, &[Measure::ReadDone]),
    ("GetRecords.IteratorAgeMilliseconds", Unit::Milliseconds, &[Measure::ReadAge]),
    ("WriteProvisionedThroughputExceeded", Unit::Count, &[Measure::WriteExceeded]),
    ("ReadProvisionedThroughputExceeded", Unit::Count, &[Measure::ReadExceeded]),
];

/// What a consumer with enhanced fan-out has (the same page).
const OF_CONSUMERS: [Metric; 6] = [
    ("SubscribeToShard.RateExceeded", Unit::Count, &[Measure::SubscribedExceeded]),
    ("SubscribeToShard.Success", Unit::Count, &[Measure::SubscribedDone]),
    ("SubscribeToShardEvent.Bytes", Unit::Bytes, &[Measure::PushedBytes]),
    ("SubscribeToShardEvent.MillisBehindLatest", Unit::Milliseconds, &[Measure::PushedAge]),
    ("SubscribeToShardEvent.Records", Unit::Count, &[Measure::PushedRecords]),
    ("SubscribeToShardEvent.Success", Unit::Count, &[Measure::PushedDone]),
];

/// What a shard has, in the order of the model, which is that of the stored bits (AWS: Developer Guide, enhanced shard-level metrics).
const OF_SHARDS: [Metric; 7] = [
    ("IncomingBytes", Unit::Bytes, &[Measure::IncomingBytes]),
    ("IncomingRecords", Unit::Count, &[Measure::IncomingRecords]),
    ("OutgoingBytes", Unit::Bytes, &[Measure::ReadBytes, Measure::PushedBytes]),
    ("OutgoingRecords", Unit::Count, &[Measure::ReadRecords, Measure::PushedRecords]),
    ("WriteProvisionedThroughputExceeded", Unit::Count, &[Measure::WriteExceeded]),
    ("ReadProvisionedThroughputExceeded", Unit::Count, &[Measure::ReadExceeded]),
    ("IteratorAgeMilliseconds", Unit::Milliseconds, &[Measure::ReadAge]),
];

/// The sending of metrics as work that falls due, at every full minute.
pub(crate) struct Monitoring {
    streams: Arc<Streams>,
    next_ms: AtomicI64,
}

impl Monitoring {
    pub fn new(streams: Arc<Streams>) -> Self {
        let next = next_minute(streams.clock.now());
        Self { streams, next_ms: AtomicI64::new(next.millis()) }
    }

    async fn send(&self, now: Timestamp) {
        let minute = self.next_ms.load(Ordering::Relaxed);
        let minute = Timestamp::from_millis(minute) - INTERVAL;
        self.next_ms.store(next_minute(now).millis(), Ordering::Relaxed);
        for stream in self.streams.directory.all() {
            let measured = measured(&stream);
            let scope = &stream.scope;
            let recorded =
                self.streams.measurements.record(scope.account, &scope.region, NAMESPACE, minute, measured);
            if let Err(error) = recorded.await {
                tracing::warn!(stream = %stream.arn, %error, "CloudWatch has no metrics of a minute");
            }
        }
    }
}

impl Streams {
    /// Has each shard of a stream measured by the metrics that the stream has chosen.
    pub(crate) fn monitor_shards(&self, stream: &Stream) {
        let (view, id) = (stream.view(), &stream.id);
        for shard in &view.shards {
            shard.live.monitor.choose(view.stored.shard_metrics, || {
                let (account, shard) = (id.account.to_string(), shard.id().to_string());
                self.metrics.shard(&account, id.region.as_str(), id.name.as_str(), &shard)
            });
        }
    }
}

/// What was measured of a stream, of its consumers and of its shards, since it was last asked for.
fn measured(stream: &Stream) -> Vec<Measurement> {
    let view = stream.view();
    let of_stream = vec![("StreamName", ByteString::from(stream.id.name.as_str()))];
    let and = |name, value: ByteString| of_stream.iter().cloned().chain([(name, value)]).collect::<Vec<_>>();
    let mut all = Vec::new();
    let mut add = |metrics: &[Metric], minute: &Minute, dimensions: &[Dimension]| {
        all.extend(metrics.iter().filter_map(|metric| measurement(metric, minute, dimensions)));
    };
    add(&OF_STREAMS, &stream.measures.take(), &of_stream);
    for (name, minute) in stream.consumer_measures.take(|name| view.consumers.contains_key(name)) {
        add(&OF_CONSUMERS, &minute, &and("ConsumerName", name.into()));
    }
    for shard in &view.shards {
        let Some(monitor) = shard.live.monitor.get() else { continue };
        let chosen = (0..).zip(OF_SHARDS).filter(|(bit, _)| view.stored.shard_metrics >> bit & 1 == 1);
        let chosen: Vec<Metric> = chosen.map(|(_, metric)| metric).collect();
        add(&chosen, &monitor.measures.take(), &and("ShardId", shard.id().to_string().into()));
    }
    all
}

/// A name and a value.
type Dimension = (&'static str, ByteString);

/// None if nothing was measured.
fn measurement((name, unit, of): &Metric, minute: &Minute, dimensions: &[Dimension]) -> Option<Measurement> {
    let samples = minute.samples(of)?;
    let told = |value: u64| if is_latency(of) { value as f64 / 1000.0 } else { value as f64 };
    Some(Measurement {
        name,
        dimensions: dimensions.to_vec(),
        unit: *unit,
        samples: samples.count,
        sum: told(samples.sum),
        minimum: told(samples.least),
        maximum: told(samples.greatest),
    })
}

/// Whether it was measured in microseconds, and is told in milliseconds.
fn is_latency(of: &[Measure]) -> bool {
    matches!(of, [Measure::PutOneMicros | Measure::PutManyMicros | Measure::ReadMicros])
}

fn next_minute(now: Timestamp) -> Timestamp {
    Timestamp::from_seconds(now.seconds().div_euclid(60) * 60) + INTERVAL
}

impl Due for Monitoring {
    fn next_due(&self) -> Option<Timestamp> {
        Some(Timestamp::from_millis(self.next_ms.load(Ordering::Relaxed)))
    }

    fn run(&self, now: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(self.send(now))
    }

    /// It never becomes earlier.
    fn on_earlier(&self, _: Arc<dyn Fn() + Send + Sync>) {}
}

#[cfg(test)]
mod tests {
    use anabranch_api::cloudwatch::{Dimension, GetMetricStatistics, Statistic};
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
        let dimension = |name: &str, value: &str| Dimension { name: name.into(), value: value.into() };
        let dimensions = std::iter::once(dimension("StreamName", "s"))
            .chain(of.map(|(name, value)| dimension(name, value)));
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
        let points = b.cloudwatch.serve(&cx, request).await.unwrap().datapoints.unwrap();
        points.first().map(|p| (p.sample_count.unwrap(), p.sum.unwrap()))
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
            ("WriteProvisionedThroughputExceeded", Some((1.0, 1.0)), None, Some((1.0, 1.0))),
            ("ReadProvisionedThroughputExceeded", Some((1.0, 1.0)), Some((1.0, 1.0)), None),
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
}
