use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;

/// Most streams with counters of their own at `/metrics`; those beyond share one set, labelled `_other`.
pub const STREAMS_MAX: usize = 10_000;
/// Most shards with counters of their own at `/metrics`, of the streams with enhanced monitoring; those beyond share one set.
pub const SHARDS_MAX: usize = 10_000;

/// The label of those that have no counters of their own. No stream can have this name's account.
const OTHER: &str = "_other";

/// Whose counters they are.
pub(super) trait Labels:
    EncodeLabelSet + Clone + Eq + Hash + Ord + fmt::Debug + Send + Sync + 'static
{
    /// What every figure's name begins with.
    const PREFIX: &'static str;
    /// How many have counters of their own.
    const HELD_MAX: usize;
    /// The labels of all others.
    fn other() -> Self;
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EncodeLabelSet)]
pub(super) struct StreamLabels {
    pub(super) account: String,
    pub(super) region: String,
    pub(super) stream: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EncodeLabelSet)]
pub(super) struct ShardLabels {
    pub(super) account: String,
    pub(super) region: String,
    pub(super) stream: String,
    pub(super) shard: String,
}

impl Labels for StreamLabels {
    const PREFIX: &'static str = "stream";
    const HELD_MAX: usize = STREAMS_MAX;

    fn other() -> Self {
        Self { account: OTHER.into(), region: OTHER.into(), stream: OTHER.into() }
    }
}

impl Labels for ShardLabels {
    const PREFIX: &'static str = "shard";
    const HELD_MAX: usize = SHARDS_MAX;

    fn other() -> Self {
        Self { account: OTHER.into(), region: OTHER.into(), stream: OTHER.into(), shard: OTHER.into() }
    }
}

/// What went through one stream, or one shard of it. Methods are a few atomic additions each.
#[derive(Debug)]
pub struct StreamMetrics {
    incoming_records: AtomicU64,
    incoming_bytes: AtomicU64,
    outgoing_records: AtomicU64,
    outgoing_bytes: AtomicU64,
    write_throttled: AtomicU64,
    read_throttled: AtomicU64,
    iterator_age_ms: AtomicU64,
    /// Which of them are scraped: a bit each.
    scraped: AtomicU8,
}

impl Default for StreamMetrics {
    /// At zero; all of them are scraped.
    fn default() -> Self {
        Self {
            incoming_records: AtomicU64::new(0),
            incoming_bytes: AtomicU64::new(0),
            outgoing_records: AtomicU64::new(0),
            outgoing_bytes: AtomicU64::new(0),
            write_throttled: AtomicU64::new(0),
            read_throttled: AtomicU64::new(0),
            iterator_age_ms: AtomicU64::new(0),
            scraped: AtomicU8::new(u8::MAX),
        }
    }
}

impl StreamMetrics {
    /// Has these scraped alone, a bit each: bytes and records in, bytes and records out, records and reads refused, age of iterators.
    pub fn scrape_only(&self, bits: u8) {
        self.scraped.store(bits, Ordering::Relaxed);
    }

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

/// The counters that somebody holds.
pub(super) struct Held<L> {
    held: Mutex<HashMap<L, Weak<StreamMetrics>>>,
    other: Arc<StreamMetrics>,
}

impl<L> Default for Held<L> {
    fn default() -> Self {
        Self { held: Mutex::default(), other: Arc::default() }
    }
}

impl<L> fmt::Debug for Held<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Held").finish_non_exhaustive()
    }
}

impl<L: Labels> Held<L> {
    pub(super) fn hold(&self, labels: L) -> Arc<StreamMetrics> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(metrics) = held.get(&labels).and_then(Weak::upgrade) {
            return metrics;
        }
        if held.len() >= L::HELD_MAX {
            held.retain(|_, metrics| metrics.strong_count() > 0);
        }
        if held.len() >= L::HELD_MAX {
            return Arc::clone(&self.other);
        }
        let metrics = Arc::new(StreamMetrics::default());
        held.insert(labels, Arc::downgrade(&metrics));
        metrics
    }

    /// Those still held, in the order of their labels; forgets the others.
    fn alive(&self) -> Vec<(L, Arc<StreamMetrics>)> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|_, metrics| metrics.strong_count() > 0);
        let mut alive: Vec<_> =
            held.iter().filter_map(|(labels, m)| Some((labels.clone(), m.upgrade()?))).collect();
        drop(held);
        if Arc::strong_count(&self.other) > 1 {
            alive.push((L::other(), Arc::clone(&self.other)));
        }
        alive.sort_by(|(a, _), (b, _)| a.cmp(b));
        alive
    }
}

/// A counter of [`StreamMetrics`] as it is scraped.
struct Figure {
    name: &'static str,
    help: &'static str,
    unit: Option<Unit>,
    bit: u8,
    of: fn(&StreamMetrics) -> &AtomicU64,
}

/// The bit of the age of iterators.
const AGE_BIT: u8 = 6;

fn counters() -> [Figure; 6] {
    let figure = |name, help, unit, bit, of| Figure { name, help, unit, bit, of };
    [
        figure("incoming_records", "Records put", None, 1, |m| &m.incoming_records),
        figure("incoming", "Data and keys of records put", Some(Unit::Bytes), 0, |m| &m.incoming_bytes),
        figure("outgoing_records", "Records read", None, 3, |m| &m.outgoing_records),
        figure("outgoing", "Data and keys of records read", Some(Unit::Bytes), 2, |m| &m.outgoing_bytes),
        figure("write_throttled_records", "Records refused for a shard's write capacity", None, 4, |m| {
            &m.write_throttled
        }),
        figure("read_throttled", "Reads refused for a shard's read capacity", None, 5, |m| &m.read_throttled),
    ]
}

impl StreamMetrics {
    fn is_scraped(&self, bit: u8) -> bool {
        self.scraped.load(Ordering::Relaxed) >> bit & 1 == 1
    }
}

impl<L: Labels> Collector for Held<L> {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        let alive = self.alive();
        for figure in &counters() {
            let name = format!("{}_{}", L::PREFIX, figure.name);
            let mut metric =
                encoder.encode_descriptor(&name, figure.help, figure.unit.as_ref(), MetricType::Counter)?;
            for (labels, metrics) in alive.iter().filter(|(_, m)| m.is_scraped(figure.bit)) {
                let value = ConstCounter::new((figure.of)(metrics).load(Ordering::Relaxed));
                value.encode(metric.encode_family(labels)?)?;
            }
        }
        let name = format!("{}_iterator_age_milliseconds", L::PREFIX);
        let help = "How far behind the tail the last read was";
        let mut metric = encoder.encode_descriptor(&name, help, None, MetricType::Gauge)?;
        for (labels, metrics) in alive.iter().filter(|(_, m)| m.is_scraped(AGE_BIT)) {
            let age = i64::try_from(metrics.iterator_age_ms.load(Ordering::Relaxed)).unwrap_or(i64::MAX);
            ConstGauge::new(age).encode(metric.encode_family(labels)?)?;
        }
        Ok(())
    }
}
