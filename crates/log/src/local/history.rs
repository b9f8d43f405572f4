//! A group's history: one chain of segments, into which checkpoints write runs. In a run each log's frames stand together, cut into
//! parts that an index names by position and time.

mod index;
mod part;
mod segment;

use std::sync::{Arc, Mutex};

pub use index::Index;
pub use part::Part;
pub use segment::{
    FrameToKeep, HistorySegment, Meta, NAME_PREFIX, RunWriter, has_whole_header, segment_name,
};

use super::lock;
use crate::GroupId;

/// One group's segments, oldest first.
pub struct GroupHistory {
    /// Which group.
    pub group: GroupId,
    segments: Mutex<Vec<Arc<HistorySegment>>>,
}

impl GroupHistory {
    /// A history of these segments.
    pub fn new(group: GroupId, segments: Vec<Arc<HistorySegment>>) -> Self {
        Self { group, segments: Mutex::new(segments) }
    }

    /// Its segments now.
    pub fn segments(&self) -> Vec<Arc<HistorySegment>> {
        lock(&self.segments).clone()
    }

    /// Lets readers find a new segment.
    pub fn push(&self, segment: Arc<HistorySegment>) {
        lock(&self.segments).push(segment);
    }

    /// Takes out the segments that are `gone`.
    pub fn take(&self, gone: impl Fn(&HistorySegment) -> bool) -> Vec<Arc<HistorySegment>> {
        let mut segments = lock(&self.segments);
        let (taken, kept) = std::mem::take(&mut *segments).into_iter().partition(|s| gone(s));
        *segments = kept;
        taken
    }
}
