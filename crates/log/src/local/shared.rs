use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use anabranch_types::Timestamp;
use tokio::sync::watch;

use super::dirty::Dirty;
use super::frame::{FrameHeader, FrameKind};
use super::history::{GroupHistory, HistorySegment};
use super::lock;
use super::manifest::Manifest;
use super::segment::Segment;
use super::tail::{Listeners, Log, SharedLog};
use crate::disk::Disk;
use crate::{GroupId, LogId};

/// What a group's trim is before its first one.
pub const NEVER_TRIMMED: Timestamp = Timestamp::from_millis(i64::MIN);

/// What callers, readers and the writer share. The writer alone changes it.
pub struct Shared {
    /// The disk.
    pub disk: Arc<dyn Disk>,
    logs: RwLock<BTreeMap<LogId, SharedLog>>,
    trims: Mutex<HashMap<GroupId, Timestamp>>,
    segments: RwLock<BTreeMap<u64, Arc<Segment>>>,
    histories: RwLock<BTreeMap<GroupId, Arc<GroupHistory>>>,
    /// Everything before this place is in history.
    checkpointed: AtomicU64,
    /// Groups that were removed and whose bytes may still be in write-ahead segments.
    pub removed_groups: Mutex<Vec<GroupId>>,
    /// Files to be removed after the next checkpoint.
    pub garbage: Mutex<Vec<String>>,
    /// Backups that read files of history: while there are any, none is removed.
    holds: AtomicUsize,
    /// Held for reading by what takes records away, for writing by a backup until it knows which files it needs.
    pub steady: Arc<tokio::sync::RwLock<()>>,
    index_bytes: AtomicU64,
    counters: Counters,
    poisoned: watch::Sender<Option<Arc<std::io::Error>>>,
    is_poisoned: AtomicBool,
    /// Since when there is something for a checkpoint to do.
    pub dirty: Dirty,
}

/// Counts since the start.
#[derive(Debug, Default)]
pub struct Counters {
    /// Arrival times that would have gone back, because the machine's clock did.
    pub arrivals_clamped: AtomicU64,
    /// Syncs of write-ahead segments.
    pub syncs: AtomicU64,
    /// Records appended.
    pub records: AtomicU64,
    /// Bytes of frames in memory.
    pub tail_bytes: AtomicU64,
}

impl Shared {
    /// Nothing yet.
    pub fn new(disk: Arc<dyn Disk>) -> Self {
        Self {
            disk,
            logs: RwLock::default(),
            trims: Mutex::default(),
            segments: RwLock::default(),
            histories: RwLock::default(),
            checkpointed: AtomicU64::new(0),
            removed_groups: Mutex::default(),
            garbage: Mutex::default(),
            holds: AtomicUsize::new(0),
            steady: Arc::default(),
            index_bytes: AtomicU64::new(0),
            counters: Counters::default(),
            poisoned: watch::Sender::new(None),
            is_poisoned: AtomicBool::new(false),
            dirty: Dirty::default(),
        }
    }

    /// Takes over what a checkpoint knew.
    pub fn restore(&self, manifest: &Manifest) {
        self.checkpointed.store(manifest.place, Ordering::Release);
        for group in &manifest.groups {
            if group.trimmed_before != NEVER_TRIMMED {
                lock(&self.trims).insert(group.group, group.trimmed_before);
            }
            let segments = group.segments.iter();
            let segments = segments.map(|(n, meta)| Arc::new(HistorySegment::known(group.group, *n, *meta)));
            let history = Arc::new(GroupHistory::new(group.group, segments.collect()));
            self.histories.write().unwrap_or_else(PoisonError::into_inner).insert(group.group, history);
        }
        let mut logs = self.logs.write().unwrap_or_else(PoisonError::into_inner);
        logs.extend(manifest.logs.iter().map(|log| (log.id, Arc::new(Log::known(log)))));
    }

    /// Everything before this place is in history.
    pub fn checkpointed(&self) -> u64 {
        self.checkpointed.load(Ordering::Acquire)
    }

    /// Notes that everything before `place` is in history.
    pub fn set_checkpointed(&self, place: u64) {
        self.checkpointed.store(place, Ordering::Release);
    }

    /// A group's history.
    pub fn history(&self, group: GroupId) -> Option<Arc<GroupHistory>> {
        self.histories.read().unwrap_or_else(PoisonError::into_inner).get(&group).cloned()
    }

    /// Lets readers find a group's new segment. One of a group that was removed meanwhile is garbage.
    pub fn add_history(&self, group: GroupId, segment: Arc<HistorySegment>) {
        // A removal takes the logs first and the history then, so that one of the two sees the other.
        let mut histories = self.histories.write().unwrap_or_else(PoisonError::into_inner);
        if self.logs_of(group).is_empty() {
            lock(&self.garbage).push(segment.name());
            return;
        }
        histories
            .entry(group)
            .or_insert_with(|| Arc::new(GroupHistory::new(group, Vec::new())))
            .push(segment);
    }

    /// Every group's history.
    pub fn histories(&self) -> Vec<Arc<GroupHistory>> {
        self.histories.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Counts an index that was read into memory; forgets them all when they are more than `max` together.
    pub fn note_index(&self, bytes: usize, max: usize) {
        let bytes = bytes as u64;
        if bytes > 0 && self.index_bytes.fetch_add(bytes, Ordering::Relaxed) + bytes > max as u64 {
            self.index_bytes.store(0, Ordering::Relaxed);
            self.histories().iter().flat_map(|h| h.segments()).for_each(|s| s.forget_index());
        }
    }

    /// No file of history is removed from here on, until as many [`Shared::release`].
    pub fn hold(&self) {
        self.holds.fetch_add(1, Ordering::AcqRel);
    }

    /// A hold ends; what was to be removed meanwhile goes with a checkpoint that is due from `now` on.
    pub fn release(&self, now: Timestamp) {
        let was_last = self.holds.fetch_sub(1, Ordering::AcqRel) == 1;
        if was_last && !lock(&self.garbage).is_empty() {
            self.dirty.note(now);
        }
    }

    /// Whether files of history must stay.
    pub fn is_held(&self) -> bool {
        self.holds.load(Ordering::Acquire) > 0
    }

    /// What arrived before is gone, in each group.
    pub fn trims(&self) -> HashMap<GroupId, Timestamp> {
        lock(&self.trims).clone()
    }

    /// What arrived before is gone.
    pub fn trimmed_before(&self, group: GroupId) -> Timestamp {
        lock(&self.trims).get(&group).copied().unwrap_or(NEVER_TRIMMED)
    }

    /// Calls `visit` for every log.
    pub fn for_each_log(&self, visit: impl Fn(&SharedLog)) {
        self.logs.read().unwrap_or_else(PoisonError::into_inner).values().for_each(visit);
    }

    /// Every log, in order.
    pub fn all_logs(&self) -> Vec<SharedLog> {
        self.logs.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Takes out the write-ahead segments that end before `place`: nobody needs them any more.
    pub fn take_segments_before(&self, place: u64) -> Vec<Arc<Segment>> {
        let mut segments = self.segments.write().unwrap_or_else(PoisonError::into_inner);
        let Some((&first_kept, _)) = segments.range(..=place).next_back() else {
            return Vec::new();
        };
        let kept = segments.split_off(&first_kept);
        std::mem::replace(&mut *segments, kept).into_values().collect()
    }

    /// A log that exists.
    pub fn log(&self, id: LogId) -> Option<SharedLog> {
        self.logs.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    /// Every log that exists.
    pub fn logs(&self) -> Vec<LogId> {
        self.logs.read().unwrap_or_else(PoisonError::into_inner).keys().copied().collect()
    }

    /// The logs of a group.
    pub fn logs_of(&self, group: GroupId) -> Vec<SharedLog> {
        let of_group = LogId { group, index: 0 }..=LogId { group, index: u32::MAX };
        let logs = self.logs.read().unwrap_or_else(PoisonError::into_inner);
        logs.range(of_group).map(|(_, log)| log.clone()).collect()
    }

    /// Counts since the start.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// The segment that holds a place, and the place in its file.
    pub fn segment_at(&self, place: u64) -> Option<(Arc<Segment>, u64)> {
        let segments = self.segments.read().unwrap_or_else(PoisonError::into_inner);
        let (first_place, segment) = segments.range(..=place).next_back()?;
        if place - first_place >= segment.length {
            return None;
        }
        Some((segment.clone(), place - first_place))
    }

    /// Lets readers find a segment.
    pub fn add_segment(&self, segment: Arc<Segment>) {
        let mut segments = self.segments.write().unwrap_or_else(PoisonError::into_inner);
        segments.insert(segment.first_place, segment);
    }

    /// Counts records that became visible.
    pub fn count_records(&self, count: u32) {
        self.counters.records.fetch_add(u64::from(count), Ordering::Relaxed);
    }

    /// Makes what a frame says visible: the writer calls it when the frame is committed (for records it asks the log itself), recovery
    /// when it was read. Who wants to be told.
    pub fn apply(&self, header: &FrameHeader) -> Listeners {
        match header.kind {
            FrameKind::Padding | FrameKind::Index | FrameKind::Lost => {}
            FrameKind::Records => return self.log_or_new(header).append(header, None),
            FrameKind::Close => return self.log_or_new(header).close(header.first),
            FrameKind::Create => {
                self.log_or_new(header);
            }
            FrameKind::Trim => {
                lock(&self.trims).insert(header.log.group, header.arrival);
                self.logs_of(header.log.group).iter().for_each(|log| log.trim(header.arrival));
            }
            FrameKind::Remove => self.remove(header.log),
            FrameKind::RemoveGroup => {
                self.logs_of(header.log.group).iter().for_each(|log| self.remove(log.id));
                self.remove_history(header.log.group);
            }
        }
        Listeners::new()
    }

    /// The log a frame is about. One whose beginning was lost to damage begins with the frame.
    fn log_or_new(&self, header: &FrameHeader) -> SharedLog {
        if let Some(log) = self.log(header.log) {
            return log;
        }
        let log = Arc::new(Log::empty(header.log, header.first));
        self.logs.write().unwrap_or_else(PoisonError::into_inner).insert(header.log, log.clone());
        log
    }

    fn remove_history(&self, group: GroupId) {
        lock(&self.trims).remove(&group);
        let removed = self.histories.write().unwrap_or_else(PoisonError::into_inner).remove(&group);
        let segments = removed.iter().flat_map(|h| h.segments());
        lock(&self.garbage).extend(segments.map(|s| s.name()));
        lock(&self.removed_groups).push(group);
    }

    fn remove(&self, id: LogId) {
        let removed = self.logs.write().unwrap_or_else(PoisonError::into_inner).remove(&id);
        if let Some(log) = removed {
            log.remove();
        }
    }

    /// Notes that a sync or a write failed. The first reason stays.
    pub fn poison(&self, reason: std::io::Error) {
        tracing::error!(error = %reason, "the log is poisoned: it takes nothing any more");
        self.is_poisoned.store(true, Ordering::Release);
        self.poisoned.send_if_modified(|poisoned| {
            let first = poisoned.is_none();
            if first {
                *poisoned = Some(Arc::new(reason));
            }
            first
        });
    }

    /// Whether a sync or a write failed.
    pub fn is_poisoned(&self) -> bool {
        self.is_poisoned.load(Ordering::Acquire)
    }

    /// Follows whether the log is poisoned.
    pub fn poisoned(&self) -> watch::Receiver<Option<Arc<std::io::Error>>> {
        self.poisoned.subscribe()
    }
}
