//! Each minute's metrics of streams go to CloudWatch, those of shards where enhanced monitoring has them.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use anabranch_api::cloudwatch::StandardUnit as Unit;
use anabranch_governance::cloudwatch::Measurement;
use anabranch_types::{Due, ShardId, Timestamp};
use bytestring::ByteString;

use crate::Streams;
use crate::measures::{Measure, Samples};
use crate::stream::Stream;

/// AWS: Developer Guide, monitoring with CloudWatch: metrics are sent every minute.
const INTERVAL: Duration = Duration::from_secs(60);
const NAMESPACE: &str = "AWS/Kinesis";

/// A metric, its unit and what it consists of.
type Metric = (&'static str, Unit, &'static [Measure]);

/// What every stream has (AWS: Developer Guide, basic stream-level metrics).
const OF_STREAMS: [Metric; 10] = [
    ("IncomingBytes", Unit::Bytes, &[Measure::IncomingBytes]),
    ("IncomingRecords", Unit::Count, &[Measure::IncomingRecords]),
    ("GetRecords.Bytes", Unit::Bytes, &[Measure::ReadBytes]),
    ("GetRecords.Records", Unit::Count, &[Measure::ReadRecords]),
    ("GetRecords.IteratorAgeMilliseconds", Unit::Milliseconds, &[Measure::ReadAge]),
    ("SubscribeToShardEvent.Bytes", Unit::Bytes, &[Measure::PushedBytes]),
    ("SubscribeToShardEvent.Records", Unit::Count, &[Measure::PushedRecords]),
    ("SubscribeToShardEvent.MillisBehindLatest", Unit::Milliseconds, &[Measure::PushedAge]),
    ("WriteProvisionedThroughputExceeded", Unit::Count, &[Measure::WriteExceeded]),
    ("ReadProvisionedThroughputExceeded", Unit::Count, &[Measure::ReadExceeded]),
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
                self.streams.cloudwatch.record(scope.account, &scope.region, NAMESPACE, minute, measured);
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

/// What was measured of a stream, and of its shards, since it was last asked for.
fn measured(stream: &Stream) -> Vec<Measurement> {
    let (view, minute) = (stream.view(), stream.measures.take());
    let name: ByteString = stream.id.name.as_str().into();
    let mut all: Vec<_> = OF_STREAMS
        .into_iter()
        .filter_map(|(metric, unit, of)| Some(measurement(metric, unit, minute.samples(of)?, &name, None)))
        .collect();
    for shard in &view.shards {
        let Some(monitor) = shard.live.monitor.get() else { continue };
        let minute = monitor.measures.take();
        let chosen = (0..).zip(OF_SHARDS).filter(|(bit, _)| view.stored.shard_metrics >> bit & 1 == 1);
        all.extend(chosen.filter_map(|(_, (metric, unit, of))| {
            Some(measurement(metric, unit, minute.samples(of)?, &name, Some(shard.id())))
        }));
    }
    all
}

fn measurement(
    name: &'static str,
    unit: Unit,
    samples: Samples,
    stream: &ByteString,
    shard: Option<ShardId>,
) -> Measurement {
    let shard = shard.map(|id| ("ShardId", id.to_string().into()));
    Measurement {
        name,
        dimensions: std::iter::once(("StreamName", stream.clone())).chain(shard).collect(),
        unit,
        samples: samples.count,
        sum: samples.sum,
        minimum: samples.least,
        maximum: samples.greatest,
    }
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
    use anabranch_api::Serve;
    use anabranch_api::cloudwatch::{Dimension, GetMetricStatistics, Statistic};
    use anabranch_api::kinesis::{
        DisableEnhancedMonitoring, EnableEnhancedMonitoring, MetricsName, PutRecord, ShardIteratorType,
        SplitShard,
    };
    use bytes::Bytes;

    use super::*;
    use crate::Settings;
    use crate::harness::{Bench, bench_at, name};
    use anabranch_types::Clock;

    const FIRST: &str = "shardId-000000000000";
    const SECOND: &str = "shardId-000000000001";

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
    async fn told(b: &Bench, metric: &str, shard: Option<&str>) -> Option<(f64, f64)> {
        let dimension = |name: &str, value: &str| Dimension { name: name.into(), value: value.into() };
        let dimensions =
            std::iter::once(dimension("StreamName", "s")).chain(shard.map(|s| dimension("ShardId", s)));
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
        let iterator = b.iterator("s", FIRST, ShardIteratorType::TrimHorizon).await;
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
        for (shard, bytes) in [(FIRST, 150), (SECOND, 1_048_576)] {
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
            shard_to_split: SECOND.into(),
            new_starting_hash_key: "300000000000000000000000000000000000000".into(),
            ..SplitShard::default()
        };
        b.call(split).await.unwrap();
        let b = b.restarted().await;
        assert!(put(&b, LOW, 10).await && put(&b, HIGH, 10).await);
        b.advance(INTERVAL).await;
        assert_eq!(told(&b, "IncomingRecords", Some(FIRST)).await, Some((1.0, 1.0)));
        assert_eq!(told(&b, "IncomingRecords", Some("shardId-000000000003")).await, Some((1.0, 1.0)));
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
}
