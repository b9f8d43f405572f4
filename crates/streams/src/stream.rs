//! A stream as it stands in memory: its identity, which never changes, and its view, which is replaced whole at each change.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use anabranch_catalog::Revision;
use anabranch_governance::metrics::{Metrics, StreamMetrics};
use anabranch_log::{GroupId, LogId};
use anabranch_types::{HashKey, SequenceNumber, ShardId, StreamArn, Timestamp};
use bytestring::ByteString;

use crate::data_keys::DataKeys;
use crate::fanout::Hub;
use crate::key_use::Allowances;
use crate::limits::Admission;
use crate::measures::{ConsumerMeasures, Measure, Measures, MonitorSlot};
use crate::stored::{Scope, Status, StoredConsumer, StoredShard, StoredStream};

/// A stream. One lives as long as the stream does; a re-created one is another.
pub(crate) struct Stream {
    pub id: StreamArn,
    /// `id` as text.
    pub arn: ByteString,
    pub scope: Scope,
    pub group: GroupId,
    metrics: Arc<StreamMetrics>,
    pub measures: Measures,
    pub consumer_measures: ConsumerMeasures,
    pub data_keys: DataKeys,
    pub allowances: Allowances,
    /// Whether what goes through it is counted at all.
    is_measured: bool,
    /// Held while the stream is being changed: changes of one stream happen one after the other.
    pub changing: tokio::sync::Mutex<()>,
    /// Whether the catalog may hold something else than the view.
    doubted: AtomicBool,
    view: RwLock<Arc<View>>,
}

/// What a stream was at one moment.
pub(crate) struct View {
    pub stored: StoredStream,
    /// The commit that wrote it.
    pub version: Revision,
    /// By index; expired ones are missing.
    pub shards: Vec<Arc<Shard>>,
    /// The open ones by hash range, which together cover every hash key.
    pub open: Vec<Arc<Shard>>,
    pub consumers: BTreeMap<String, Arc<StoredConsumer>>,
}

/// A shard.
pub(crate) struct Shard {
    pub stored: StoredShard,
    pub live: Arc<LiveShard>,
}

/// What a shard has in memory beside what is stored of it, the same through all views.
pub(crate) struct LiveShard {
    pub log: LogId,
    admission: Mutex<Admission>,
    pub hub: Hub,
    /// What the shard is measured by, when the stream has enhanced monitoring.
    pub monitor: MonitorSlot,
    /// Data and keys put since somebody last took them from here.
    pub put_bytes: AtomicU64,
    /// Since when little is put here, in milliseconds of the epoch; the greatest while more is.
    cold_since_ms: AtomicI64,
}

impl Stream {
    pub fn new(id: StreamArn, group: GroupId, metrics: &Metrics, view: View) -> Self {
        let scope = Scope { account: id.account, region: id.region.clone() };
        let arn = id.to_string().into();
        let account = id.account.to_string();
        let counters = metrics.stream(&account, id.region.as_str(), id.name.as_str());
        let (changing, data_keys) = (tokio::sync::Mutex::new(()), DataKeys::default());
        Self {
            id,
            arn,
            scope,
            group,
            metrics: counters,
            is_measured: metrics.is_on(),
            measures: Measures::default(),
            consumer_measures: ConsumerMeasures::default(),
            data_keys,
            allowances: Allowances::default(),
            changing,
            doubted: AtomicBool::new(false),
            view: RwLock::new(Arc::new(view)),
        }
    }

    /// As it is now.
    pub fn view(&self) -> Arc<View> {
        Arc::clone(&self.view.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Notes that the catalog may hold something else than the view: a commit failed.
    pub fn doubt(&self) {
        self.doubted.store(true, Ordering::SeqCst);
    }

    /// Notes that the view is what the catalog holds.
    pub fn trust(&self) {
        self.doubted.store(false, Ordering::SeqCst);
    }

    pub fn is_doubted(&self) -> bool {
        self.doubted.load(Ordering::SeqCst)
    }

    /// The last creation second of its shards.
    pub fn last_second(&self) -> u64 {
        self.view().shards.iter().map(|s| s.stored.created_seconds).max().unwrap_or_default()
    }

    /// Replaces the view; the caller holds `changing`.
    pub fn publish(&self, view: View) {
        *self.view.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(view);
    }
}

/// What goes through a stream is counted here, for it and for its shard.
impl Stream {
    /// Records were put, none of them refused for the shard's capacity: that is a sample too (AWS: Developer Guide, monitoring with CloudWatch: the
    /// maximum of what was throttled is 0 where nothing was).
    pub fn note_put(&self, shard: &LiveShard, records: u64, bytes: u64) {
        let samples = [
            (Measure::IncomingBytes, bytes),
            (Measure::IncomingRecords, records),
            (Measure::WriteExceeded, 0),
        ];
        shard.put_bytes.fetch_add(bytes, Ordering::Relaxed);
        self.note(shard, &samples, |m| m.incoming(records, bytes));
    }

    /// GetRecords was answered.
    pub fn note_read(&self, shard: &LiveShard, records: u64, bytes: u64, behind_ms: u64) {
        let samples = [
            (Measure::ReadBytes, bytes),
            (Measure::ReadRecords, records),
            (Measure::ReadAge, behind_ms),
            (Measure::ReadExceeded, 0),
        ];
        self.note(shard, &samples, |m| {
            m.outgoing(records, bytes);
            m.iterator_age(behind_ms);
        });
    }

    /// An event was pushed to a subscriber of the consumer with these measures.
    pub fn note_pushed(&self, shard: &LiveShard, to: &Measures, records: u64, bytes: u64, behind_ms: u64) {
        let samples = [
            (Measure::PushedBytes, bytes),
            (Measure::PushedRecords, records),
            (Measure::PushedAge, behind_ms),
            (Measure::PushedDone, 1),
        ];
        to.note(&samples);
        self.note(shard, &samples, |m| {
            m.outgoing(records, bytes);
            m.iterator_age(behind_ms);
        });
    }

    /// Records were refused for the shard's write capacity.
    pub fn note_write_refused(&self, shard: &LiveShard, records: u64) {
        self.note(shard, &[(Measure::WriteExceeded, records)], |m| m.write_throttled(records));
    }

    /// GetRecords was refused for the shard's read capacity.
    pub fn note_read_refused(&self, shard: &LiveShard) {
        self.note(shard, &[(Measure::ReadExceeded, 1)], |m| m.read_throttled(1));
    }

    /// PutRecord was answered: with the bytes that were stored, or with a refusal.
    pub fn note_put_record(&self, took: Duration, stored: Option<u64>) {
        self.note_call(&[
            (Measure::PutOneBytes, stored.unwrap_or(0)),
            (Measure::PutOneMicros, micros(took)),
            (Measure::PutOneDone, u64::from(stored.is_some())),
        ]);
    }

    /// PutRecords was answered.
    pub fn note_put_records(&self, took: Duration, records: &Fates) {
        self.note_call(&[
            (Measure::PutManyBytes, records.stored_bytes),
            (Measure::PutManyMicros, micros(took)),
            (Measure::PutManyDone, u64::from(records.stored > 0)),
            (Measure::PutManyTotal, records.total),
            (Measure::PutManyStored, records.stored),
            (Measure::PutManyFailed, records.failed),
            (Measure::PutManyThrottled, records.throttled),
        ]);
    }

    /// GetRecords was answered, with records or a refusal.
    pub fn note_get_records(&self, took: Duration, is_done: bool) {
        self.note_call(&[(Measure::ReadMicros, micros(took)), (Measure::ReadDone, u64::from(is_done))]);
    }

    fn note_call(&self, samples: &[(Measure, u64)]) {
        if self.is_measured {
            self.measures.note(samples);
        }
    }

    fn note(&self, shard: &LiveShard, samples: &[(Measure, u64)], count: impl Fn(&StreamMetrics)) {
        if !self.is_measured {
            return;
        }
        count(&self.metrics);
        self.measures.note(samples);
        if let Some(monitor) = shard.monitor.get() {
            count(&monitor.metrics);
            monitor.measures.note(samples);
        }
    }
}

/// What became of the records of a PutRecords.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fates {
    pub total: u64,
    pub stored: u64,
    /// Data and keys of those stored.
    pub stored_bytes: u64,
    pub failed: u64,
    pub throttled: u64,
}

fn micros(took: Duration) -> u64 {
    u64::try_from(took.as_micros()).unwrap_or(u64::MAX)
}

impl View {
    /// `shards` stand in the order of their indexes.
    pub fn new(
        stored: StoredStream,
        version: Revision,
        shards: Vec<Arc<Shard>>,
        consumers: BTreeMap<String, Arc<StoredConsumer>>,
    ) -> Self {
        let mut open: Vec<_> = shards.iter().filter(|s| s.stored.closed.is_none()).cloned().collect();
        open.sort_by_key(|s| s.stored.start);
        Self { stored, version, shards, open, consumers }
    }

    /// Whether records can be put and read.
    pub fn serves_records(&self) -> bool {
        matches!(self.stored.status, Status::Active | Status::Updating)
    }

    /// The shard with this id, open or closed.
    pub fn shard(&self, id: ShardId) -> Option<&Arc<Shard>> {
        let at = self.shards.binary_search_by_key(&id.index(), |s| s.stored.index).ok()?;
        Some(&self.shards[at])
    }

    /// The shards that can still hold a record: those open, and those not closed before `horizon`.
    pub fn retained(&self, horizon: Timestamp) -> impl Iterator<Item = &Arc<Shard>> {
        let retained = move |at_ms| Timestamp::from_millis(at_ms) >= horizon;
        self.shards.iter().filter(move |s| s.stored.closed.is_none_or(|c| retained(c.at_ms)))
    }

    /// Which of the open shards takes records with this hash key: its place in `open`.
    pub fn route(&self, key: HashKey) -> usize {
        self.open.partition_point(|s| s.stored.end < key)
    }

    /// The shards that a shard was replaced by.
    pub fn children(&self, parent: u32) -> impl Iterator<Item = &Arc<Shard>> {
        self.shards.iter().filter(move |s| s.stored.parents().any(|p| p == parent))
    }

    /// The shards that were open in `before` and are closed now.
    pub fn closed_since(&self, before: &View) -> Vec<Arc<LiveShard>> {
        let closed_now = |s: &&Arc<Shard>| self.shard(s.id()).is_some_and(|now| now.stored.closed.is_some());
        before.open.iter().filter(closed_now).map(|s| Arc::clone(&s.live)).collect()
    }

    /// The earliest time at which a status ends by itself.
    pub fn due(&self) -> Option<Timestamp> {
        self.stored.due().into_iter().chain(self.consumers.values().filter_map(|c| c.due())).min()
    }
}

impl LiveShard {
    /// Notes whether the shard is cold, and tells since when it has been.
    pub fn cold_since(&self, is_cold: bool, now: Timestamp) -> Option<Timestamp> {
        if !is_cold {
            self.cold_since_ms.store(i64::MAX, Ordering::Relaxed);
            return None;
        }
        let since = self.cold_since_ms.fetch_min(now.millis(), Ordering::Relaxed).min(now.millis());
        Some(Timestamp::from_millis(since))
    }
}

impl Shard {
    /// A shard that comes into memory, idle.
    pub fn new(stored: StoredShard, group: GroupId, now: Timestamp) -> Self {
        let log = LogId { group, index: stored.index };
        let live = LiveShard {
            log,
            admission: Mutex::new(Admission::new(now)),
            hub: Hub::default(),
            monitor: MonitorSlot::default(),
            put_bytes: AtomicU64::new(0),
            cold_since_ms: AtomicI64::new(now.millis()),
        };
        Self { stored, live: Arc::new(live) }
    }

    /// The same shard, stored anew.
    pub fn restored(&self, stored: StoredShard) -> Self {
        Self { stored, live: Arc::clone(&self.live) }
    }

    pub fn id(&self) -> ShardId {
        self.stored.id()
    }

    pub fn starting_number(&self) -> SequenceNumber {
        SequenceNumber::start_of(self.id(), self.stored.created_seconds)
    }

    /// None while it is open.
    pub fn ending_number(&self) -> Option<SequenceNumber> {
        let closed = self.stored.closed?;
        Some(SequenceNumber::end_of(self.id(), self.stored.created_seconds, closed.seconds))
    }

    /// Its limits, behind a lock held for nanoseconds.
    pub fn admission(&self) -> MutexGuard<'_, Admission> {
        self.live.admission.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use anabranch_types::HashRange;

    use super::*;

    fn view(ranges: impl IntoIterator<Item = HashRange>) -> View {
        let shards = (0..).zip(ranges).map(|(index, range)| {
            let stored = StoredShard::planned(index, range, None, None);
            Arc::new(Shard::new(stored, GroupId(1), Timestamp::default()))
        });
        let stored = StoredStream::begin(GroupId(1), Timestamp::default());
        View::new(stored, Revision(1), shards.collect(), BTreeMap::new())
    }

    #[test]
    fn a_hash_key_goes_to_the_shard_whose_range_holds_it() {
        for shards in [1, 2, 3, 7] {
            let view = view(HashRange::divide(shards));
            for (i, range) in HashRange::divide(shards).enumerate() {
                assert_eq!(view.route(range.start), i);
                assert_eq!(view.route(range.end), i);
            }
        }
    }
}
