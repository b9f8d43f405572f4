use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use anabranch_types::Timestamp;
use bytes::Bytes;
use tokio::sync::watch;

use super::frame::{FrameHeader, FrameKind};
use super::lock;
use super::segment::Segment;
use super::tail::{Listeners, Log, SharedLog};
use crate::{GroupId, LogId};

/// What callers, readers and the writer share. The writer alone changes it.
pub struct Shared {
    logs: RwLock<BTreeMap<LogId, SharedLog>>,
    trims: Mutex<HashMap<GroupId, Timestamp>>,
    segments: RwLock<BTreeMap<u64, Arc<Segment>>>,
    counters: Counters,
    poisoned: watch::Sender<Option<Arc<std::io::Error>>>,
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

/// What making a frame visible leads to.
#[derive(Default)]
pub struct Applied {
    /// Records: whose frame, and which of the log's frames it is.
    pub frame: Option<(SharedLog, u64)>,
    /// Who wants to be told.
    pub listeners: Listeners,
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            logs: RwLock::default(),
            trims: Mutex::default(),
            segments: RwLock::default(),
            counters: Counters::default(),
            poisoned: watch::Sender::new(None),
        }
    }
}

impl Shared {
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
        Some((segment.clone(), place - first_place))
    }

    /// Lets readers find a segment.
    pub fn add_segment(&self, segment: Arc<Segment>) {
        let mut segments = self.segments.write().unwrap_or_else(PoisonError::into_inner);
        segments.insert(segment.first_place, segment);
    }

    /// Makes what a frame says visible; the writer calls it when the frame is committed, recovery when it was read.
    pub fn apply(&self, header: &FrameHeader, bytes: Option<Bytes>) -> Applied {
        match header.kind {
            FrameKind::Padding => Applied::default(),
            FrameKind::Records => {
                let log = self.log_or_new(header);
                let (frame, listeners) = log.append(header, bytes);
                self.counters.records.fetch_add(u64::from(header.count), Ordering::Relaxed);
                Applied { frame: Some((log, frame)), listeners }
            }
            FrameKind::Close => {
                Applied { frame: None, listeners: self.log_or_new(header).close(header.first) }
            }
            FrameKind::Create => {
                self.log_or_new(header);
                Applied::default()
            }
            FrameKind::Trim => {
                lock(&self.trims).insert(header.log.group, header.arrival);
                self.logs_of(header.log.group).iter().for_each(|log| log.trim(header.arrival));
                Applied::default()
            }
            FrameKind::Remove => {
                self.remove(header.log);
                Applied::default()
            }
            FrameKind::RemoveGroup => {
                lock(&self.trims).remove(&header.log.group);
                self.logs_of(header.log.group).iter().for_each(|log| self.remove(log.id));
                Applied::default()
            }
        }
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

    fn remove(&self, id: LogId) {
        let removed = self.logs.write().unwrap_or_else(PoisonError::into_inner).remove(&id);
        if let Some(log) = removed {
            log.remove();
        }
    }

    /// Notes that a sync or a write failed. The first reason stays.
    pub fn poison(&self, reason: std::io::Error) {
        self.poisoned.send_if_modified(|poisoned| {
            let first = poisoned.is_none();
            if first {
                *poisoned = Some(Arc::new(reason));
            }
            first
        });
    }

    /// Follows whether the log is poisoned.
    pub fn poisoned(&self) -> watch::Receiver<Option<Arc<std::io::Error>>> {
        self.poisoned.subscribe()
    }
}
