use std::time::Duration;

use anabranch_types::Clock;

/// When an append is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Once it is durable.
    Sync,
    /// Once it is written; what was written is synced this often. A crash of the machine loses up to that much.
    Interval(Duration),
    /// Once it is in memory; written at once, synced only by [`crate::RecordLog::shut_down`] and when a segment is full.
    Memory,
}

/// How a [`super::LocalLog`] works.
#[derive(Clone, Debug)]
pub struct Options {
    /// When an append is acknowledged.
    pub durability: Durability,
    /// The first write-ahead segment after a start; small, since making it is what a start waits for. At least [`SEGMENT_BYTES_MIN`].
    pub first_segment_bytes: u64,
    /// Every further one, made in the background.
    pub segment_bytes: u64,
    /// Frames kept in memory so that readers near the tail need no disk; between half of it and all of it is used.
    pub tail_bytes_max: usize,
    /// Frames on their way to the writer; beyond it appends are refused as [`crate::Refusal::Overloaded`].
    pub queue_bytes_max: usize,
    /// Frames written with one sync.
    pub group_bytes_max: usize,
    /// A checkpoint follows when so many bytes were written to the write-ahead log since the last one. Half of `tail_bytes_max` or less:
    /// a checkpoint then finds everything in memory.
    pub checkpoint_bytes: u64,
    /// And at the latest so long after the first of them.
    pub checkpoint_interval: Duration,
    /// The write-ahead log's length at which appends are refused as [`crate::Refusal::Overloaded`] until a checkpoint is through.
    pub ahead_bytes_max: u64,
    /// A history segment takes no further run when it is so long.
    pub history_segment_bytes: u64,
    /// Or spans so much time: expired records leave with their segment. 1/24 of the shortest retention.
    pub history_segment_span: Duration,
    /// Indexes of history segments kept in memory.
    pub index_bytes_max: usize,
    /// Whether the next segment is made by a thread of its own before it is needed; off, every run is the same run.
    pub prepare: Prepare,
    /// Threads that read from the disk for readers behind the tail.
    pub reader_threads: usize,
    /// What time it is.
    pub clock: Clock,
}

/// Who makes the next write-ahead segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prepare {
    /// A thread of its own, before it is needed.
    InBackground,
    /// The writer, when it is needed.
    WhenNeeded,
}

/// A segment must hold the largest frame.
pub const SEGMENT_BYTES_MIN: u64 = 16 * 1024 * 1024;

impl Default for Options {
    fn default() -> Self {
        Self {
            durability: Durability::Sync,
            first_segment_bytes: SEGMENT_BYTES_MIN,
            segment_bytes: 64 * 1024 * 1024,
            tail_bytes_max: 64 * 1024 * 1024,
            queue_bytes_max: 64 * 1024 * 1024,
            group_bytes_max: 8 * 1024 * 1024,
            checkpoint_bytes: 32 * 1024 * 1024,
            checkpoint_interval: Duration::from_secs(60),
            ahead_bytes_max: 1024 * 1024 * 1024,
            history_segment_bytes: 256 * 1024 * 1024,
            history_segment_span: Duration::from_secs(3600),
            index_bytes_max: 32 * 1024 * 1024,
            prepare: Prepare::InBackground,
            reader_threads: 2,
            clock: Clock::machine(),
        }
    }
}
