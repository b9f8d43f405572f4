use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use anabranch_types::Timestamp;
use bytes::Bytes;

/// A future that a trait object returns.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Logs that live and die together and share their segments: a stream, an account's metrics, a delivery stream.
/// Chosen by the caller, who never uses one again (the catalog counts them).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupId(pub u64);

/// One log of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogId {
    /// The group it belongs to.
    pub group: GroupId,
    /// Its number in the group (a shard's index), never used again in that group.
    pub index: u32,
}

/// The place of a record in its log: counted from 0 and never used twice within a timeline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Offset(pub u64);

/// Raised when what was acknowledged may have been lost (modes `interval` and `memory`, a torn tail, a restore), so that no
/// position is ever given to two records. At most 0x7ffe.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timeline(pub u16);

/// A record's place with its timeline: strictly increasing in a log, whatever happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The timeline the record was written in.
    pub timeline: Timeline,
    /// Its offset.
    pub offset: Offset,
}

/// A record to be appended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewRecord {
    /// The partition key, if it has one. UTF-8 is the caller's business.
    pub key: Option<Bytes>,
    /// The hash key that placed the record instead of its key's.
    pub explicit_hash: Option<u128>,
    /// What the caller wants kept beside it, opaque, at most 64 KiB.
    pub headers: Bytes,
    /// The payload.
    pub data: Bytes,
    /// How `data` is sealed; `None` for plain data.
    pub seal: Option<Seal>,
}

/// With which data key and nonce a record's data is sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seal {
    /// The data key's id, counted per group.
    pub data_key: u32,
    /// AES-GCM's nonce.
    pub nonce: [u8; 12],
}

/// A record that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Where it stands.
    pub position: Position,
    /// When it arrived: one time per batch, never less than the one before it in its log.
    pub arrival: Timestamp,
    /// What was appended.
    pub record: NewRecord,
}

/// Records for one log, appended together or not at all.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The log they go to.
    pub log: LogId,
    /// At least one record.
    pub records: Vec<NewRecord>,
    /// Who appends, for a producer whose retries shall not append twice; 0 and 0 for nobody.
    pub producer: Producer,
}

/// A producer's name and count, kept in every frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Producer {
    /// Its id.
    pub id: u64,
    /// The sequence of its first record in the batch.
    pub sequence: u64,
}

/// What became of one batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AppendOutcome {
    /// Visible, and durable in mode `sync`. The batch's records stand at `first`, `first.offset + 1`, …
    Appended {
        /// Where the first record stands.
        first: Position,
        /// The arrival time of all of them.
        arrival: Timestamp,
    },
    /// The log was closed before; nothing was appended.
    Closed,
    /// Nothing was appended, for this reason.
    Refused(Refusal),
}

/// Why an append was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No such log.
    Unknown,
    /// The disk is full (noticed before a position was given).
    DiskFull,
    /// Memory for the tail is full and stayed so.
    Overloaded,
    /// A sync failed: the log takes nothing any more, and the process is about to end.
    Poisoned,
    /// A batch is empty, or longer than the log takes in one piece (12 MiB), or a part of a record is.
    TooLarge,
    /// The log was shut down.
    ShutDown,
}

/// From where to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadFrom {
    /// The record at this position or the next one after it. A position before the trimmed start reads from the start; one of an
    /// older timeline beyond what that timeline kept is before every newer record.
    Position(Position),
    /// The first record that arrived at this time or later.
    Time(Timestamp),
}

/// How much to read at the most; at least one record is returned if there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadLimit {
    /// Records.
    pub records_max: usize,
    /// Bytes of keys and data.
    pub bytes_max: usize,
}

/// What a read found.
#[derive(Clone, Debug, Default)]
pub struct ReadBatch {
    /// The records, in order.
    pub records: Vec<Record>,
    /// Where to read on.
    pub next: Position,
    /// The log's state when this was read.
    pub state: LogState,
}

/// How far a log goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogState {
    /// Nothing before it can be read. The first record that can be may come later where the log would have to ask the disk.
    pub start: Position,
    /// The next record comes here or, when a new timeline begins with it, at a later position with the same offset.
    pub end: Position,
    /// The last record's arrival time, if there ever was one.
    pub last_arrival: Option<Timestamp>,
    /// Whether it was closed: then nothing comes at or after `end`.
    pub closed: bool,
}

/// A log could not do what was asked.
#[derive(Debug)]
pub enum LogError {
    /// No such log.
    Unknown(LogId),
    /// The log is poisoned by a failed sync.
    Poisoned,
    /// The log was shut down.
    ShutDown,
    /// What stands at this position is damaged; the rest can still be read.
    Corrupt {
        /// The log.
        log: LogId,
        /// The first position that cannot be read.
        at: Position,
        /// The first position behind the damage, if there is one.
        resume: Option<Position>,
    },
    /// The disk said no.
    Io {
        /// What was being done.
        doing: String,
        /// Why it failed.
        source: std::io::Error,
    },
}

impl LogError {
    /// The same error, for somebody else who waits for the same thing.
    pub(crate) fn again(&self) -> LogError {
        match self {
            LogError::Unknown(log) => LogError::Unknown(*log),
            LogError::Poisoned => LogError::Poisoned,
            LogError::ShutDown => LogError::ShutDown,
            LogError::Corrupt { log, at, resume } => {
                LogError::Corrupt { log: *log, at: *at, resume: *resume }
            }
            LogError::Io { doing, source } => LogError::Io {
                doing: doing.clone(),
                source: std::io::Error::new(source.kind(), source.to_string()),
            },
        }
    }
}

impl fmt::Display for LogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LogError::Unknown(log) => write!(f, "there is no log {} in group {}", log.index, log.group.0),
            LogError::Poisoned => f.write_str("the log takes nothing more: a sync failed"),
            LogError::ShutDown => f.write_str("the log was shut down"),
            LogError::Corrupt { log, at, .. } => {
                write!(f, "log {} of group {} is damaged at offset {}", log.index, log.group.0, at.offset.0)
            }
            LogError::Io { doing, .. } => write!(f, "cannot {doing}"),
        }
    }
}

impl std::error::Error for LogError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            LogError::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// Called once per log and published batch, from the writer's thread: must not block. It holds none of the records: what is published is in
/// memory, within the log's own bounds, and a follower that keeps up reads it from there.
pub type TailListener = Arc<dyn Fn(&TailEvent) + Send + Sync>;

/// What was just published at a log's tail.
#[derive(Clone, Debug)]
pub enum TailEvent {
    /// Records, visible from now on; the next one comes at this position or, on a new timeline, behind it.
    Appended(Position),
    /// The log was closed at this position.
    Closed(Position),
}

/// Keeps a listener registered until it is dropped.
#[must_use]
pub struct TailSubscription {
    /// Runs when dropped.
    pub on_drop: Option<Box<dyn FnOnce() + Send + Sync>>,
}

impl Drop for TailSubscription {
    fn drop(&mut self) {
        if let Some(f) = self.on_drop.take() {
            f();
        }
    }
}

/// The record log. What is visible is acknowledged; in mode `sync` what is acknowledged is durable. Cheap to call
/// from many tasks: implementations queue to one writer and commit in groups.
pub trait RecordLog: Send + Sync + 'static {
    /// Makes the logs exist, empty and open; durable when this returns. One that exists already is left as it is.
    fn create(&self, logs: Vec<LogId>) -> BoxFuture<'_, Result<(), LogError>>;

    /// Appends every batch, all of them with as few syncs as possible. The answers stand in the order of the batches. A batch is
    /// appended whole or not at all; batches of one call may meet different fates.
    fn append_all(&self, batches: Vec<Batch>) -> BoxFuture<'_, Vec<AppendOutcome>>;

    /// Reads on from a place. Answers at once, with no records if there are none yet.
    fn read(
        &self,
        log: LogId,
        from: ReadFrom,
        limit: ReadLimit,
    ) -> BoxFuture<'_, Result<ReadBatch, LogError>>;

    /// The state of a log, from memory.
    fn state(&self, log: LogId) -> Result<LogState, LogError>;

    /// Calls `listener` for each batch published at or after the returned position, until the subscription is dropped.
    fn follow(&self, log: LogId, listener: TailListener) -> Result<(Position, TailSubscription), LogError>;

    /// Appends the end of the log, after which nothing comes; the closing position. Closing a closed log answers where it was closed.
    fn close(&self, log: LogId) -> BoxFuture<'_, Result<Position, LogError>>;

    /// Makes records that arrived before `before` unreadable, at once; their bytes leave with their segments.
    fn trim(&self, group: GroupId, before: Timestamp) -> BoxFuture<'_, Result<(), LogError>>;

    /// Removes logs for good (a closed shard whose retention has passed). Durable when this returns.
    fn remove(&self, logs: Vec<LogId>) -> BoxFuture<'_, Result<(), LogError>>;

    /// Removes a group, all its logs and their bytes. Unreadable and durable when this returns; the bytes leave within a checkpoint interval.
    fn remove_group(&self, group: GroupId) -> BoxFuture<'_, Result<(), LogError>>;

    /// Every log that exists, for reconciling with the catalog at start-up.
    fn logs(&self) -> Vec<LogId>;

    /// Syncs what was appended, notes a clean stop and refuses everything after.
    fn shut_down(&self) -> BoxFuture<'_, Result<(), LogError>>;
}
