//! Each minute's metrics of streams go to CloudWatch, those of shards where enhanced monitoring has them; the totals of the same are scraped.

mod documented;
mod part;
mod totals;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use anabranch_governance::Measurement;
use anabranch_types::{Due, Timestamp};
use bytestring::ByteString;

use crate::Streams;
use crate::measures::{Measures, Minute};
use crate::stream::Stream;
use documented::{Metric, in_unit};
use part::{Part, each_part};

/// AWS: Developer Guide, monitoring with CloudWatch: metrics are sent every minute.
const INTERVAL: Duration = Duration::from_secs(60);
const NAMESPACE: &str = "AWS/Kinesis";

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
    let consumers = stream.consumer_measures.take(|name| stream.view().consumers.contains_key(name));
    let of_stream = ("StreamName", ByteString::from(stream.id.name.as_str()));
    let mut all = Vec::new();
    each_part(stream, Measures::take, consumers, |part: Part<'_>| {
        let of_part = part.kind.dimension().map(|name| (name, ByteString::from(part.name)));
        let dimensions: Vec<Dimension> = std::iter::once(of_stream.clone()).chain(of_part).collect();
        all.extend(part.metrics.iter().filter_map(|metric| measurement(metric, part.minute, &dimensions)));
    });
    all
}

/// A name and a value.
type Dimension = (&'static str, ByteString);

/// None if nothing was measured.
fn measurement((name, unit, of): &Metric, minute: &Minute, dimensions: &[Dimension]) -> Option<Measurement> {
    let samples = minute.samples(of)?;
    Some(Measurement {
        name,
        dimensions: dimensions.to_vec(),
        unit: *unit,
        samples: samples.count,
        sum: in_unit(of, samples.sum),
        minimum: in_unit(of, samples.least),
        maximum: in_unit(of, samples.greatest),
    })
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
mod at_scale;
#[cfg(test)]
mod tests;
