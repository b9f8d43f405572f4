use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;

/// Most streams with counters of their own at `/metrics`; those beyond share one set, labelled `_other`.
pub const STREAMS_MAX: usize = 10_000;

/// The label of the streams that have no counters of their own. No stream can have this name's account.
const OTHER: &str = "_other";

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StreamLabels {
    account: String,
    region: String,
    stream: String,
}

/// What went through one stream. Methods are a few atomic additions each.
#[derive(Debug, Default)]
pub struct StreamMetrics {
    incoming_records: AtomicU64,
    incoming_bytes: AtomicU64,
    outgoing_records: AtomicU64,
    outgoing_bytes: AtomicU64,
    write_throttled: AtomicU64,
    read_throttled: AtomicU64,
    iterator_age_ms: AtomicU64,
}

impl StreamMetrics {
    /// Counts records that were put: their number and the bytes of their data and keys.
    pub fn incoming(&self, records: u64, bytes: u64) {
        self.incoming_records.fetch_add(records, Ordering::Relaxed);
        self.incoming_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Counts records that were read, by polling or fan-out.
    pub fn outgoing(&self, records: u64, bytes: u64) {
        self.outgoing_records.fetch_add(records, Ordering::Relaxed);
        self.outgoing_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Counts records refused because a shard's write capacity was spent.
    pub fn write_throttled(&self, records: u64) {
        self.write_throttled.fetch_add(records, Ordering::Relaxed);
    }

    /// Counts reads refused because a shard's read capacity was spent.
    pub fn read_throttled(&self, reads: u64) {
        self.read_throttled.fetch_add(reads, Ordering::Relaxed);
    }

    /// Notes how far behind the tail the last read was, in milliseconds.
    pub fn iterator_age(&self, ms: u64) {
        self.iterator_age_ms.store(ms, Ordering::Relaxed);
    }
}

/// The streams whose counters somebody holds.
#[derive(Default)]
pub(super) struct Streams {
    held: Mutex<HashMap<StreamLabels, Weak<StreamMetrics>>>,
    other: Arc<StreamMetrics>,
}

impl fmt::Debug for Streams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streams").finish_non_exhaustive()
    }
}

impl Streams {
    pub(super) fn hold(&self, account: &str, region: &str, name: &str) -> Arc<StreamMetrics> {
        let labels = StreamLabels { account: account.into(), region: region.into(), stream: name.into() };
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(metrics) = held.get(&labels).and_then(Weak::upgrade) {
            return metrics;
        }
        if held.len() >= STREAMS_MAX {
            held.retain(|_, metrics| metrics.strong_count() > 0);
        }
        if held.len() >= STREAMS_MAX {
            return Arc::clone(&self.other);
        }
        let metrics = Arc::new(StreamMetrics::default());
        held.insert(labels, Arc::downgrade(&metrics));
        metrics
    }

    /// Those still held, in the order of their labels; forgets the others.
    fn alive(&self) -> Vec<(StreamLabels, Arc<StreamMetrics>)> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|_, metrics| metrics.strong_count() > 0);
        let mut alive: Vec<_> =
            held.iter().filter_map(|(labels, m)| Some((labels.clone(), m.upgrade()?))).collect();
        drop(held);
        if Arc::strong_count(&self.other) > 1 {
            let labels = StreamLabels { account: OTHER.into(), region: OTHER.into(), stream: OTHER.into() };
            alive.push((labels, Arc::clone(&self.other)));
        }
        alive.sort_by(|(a, _), (b, _)| {
            (&a.account, &a.region, &a.stream).cmp(&(&b.account, &b.region, &b.stream))
        });
        alive
    }
}

/// A counter of [`StreamMetrics`] as it is scraped.
struct Figure {
    name: &'static str,
    help: &'static str,
    unit: Option<Unit>,
    of: fn(&StreamMetrics) -> &AtomicU64,
}

impl Collector for Streams {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        let alive = self.alive();
        let counters = [
            Figure {
                name: "stream_incoming_records",
                help: "Records put",
                unit: None,
                of: |m| &m.incoming_records,
            },
            Figure {
                name: "stream_incoming",
                help: "Data and keys of records put",
                unit: Some(Unit::Bytes),
                of: |m| &m.incoming_bytes,
            },
            Figure {
                name: "stream_outgoing_records",
                help: "Records read",
                unit: None,
                of: |m| &m.outgoing_records,
            },
            Figure {
                name: "stream_outgoing",
                help: "Data and keys of records read",
                unit: Some(Unit::Bytes),
                of: |m| &m.outgoing_bytes,
            },
            Figure {
                name: "stream_write_throttled_records",
                help: "Records refused for a shard's write capacity",
                unit: None,
                of: |m| &m.write_throttled,
            },
            Figure {
                name: "stream_read_throttled",
                help: "Reads refused for a shard's read capacity",
                unit: None,
                of: |m| &m.read_throttled,
            },
        ];
        for figure in &counters {
            let mut metric = encoder.encode_descriptor(
                figure.name,
                figure.help,
                figure.unit.as_ref(),
                MetricType::Counter,
            )?;
            for (labels, metrics) in &alive {
                let value = ConstCounter::new((figure.of)(metrics).load(Ordering::Relaxed));
                value.encode(metric.encode_family(labels)?)?;
            }
        }
        let mut metric = encoder.encode_descriptor(
            "stream_iterator_age_milliseconds",
            "How far behind the tail the last read was",
            None,
            MetricType::Gauge,
        )?;
        for (labels, metrics) in &alive {
            let age = i64::try_from(metrics.iterator_age_ms.load(Ordering::Relaxed)).unwrap_or(i64::MAX);
            ConstGauge::new(age).encode(metric.encode_family(labels)?)?;
        }
        Ok(())
    }
}
