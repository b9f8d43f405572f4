//! The way to the writer's thread: bounded in bytes, without a wake-up while the writer is awake.

use std::collections::{HashMap, VecDeque};
use std::sync::{Condvar, Mutex};
use std::time::Instant;

use anabranch_types::Timestamp;
use tokio::sync::oneshot;

use super::body::NewFrames;
use super::lock;
use super::manifest::ManifestLog;
use super::tail::SharedLog;
use crate::{AppendOutcome, GroupId, LogError, LogId, Position, Refusal};

/// What the writer is asked to do. Each carries where its one answer goes.
pub enum Command {
    /// Append.
    Append {
        /// A frame for each batch, or why not.
        frames: NewFrames,
        /// The answer.
        answer: oneshot::Sender<Vec<AppendOutcome>>,
    },
    /// Make logs exist.
    Create {
        /// Which.
        logs: Vec<LogId>,
        /// The answer.
        answer: oneshot::Sender<Result<(), LogError>>,
    },
    /// Close a log.
    Close {
        /// Which.
        log: SharedLog,
        /// The answer.
        answer: oneshot::Sender<Result<Position, LogError>>,
    },
    /// Make old records unreadable.
    Trim {
        /// Of which group.
        group: GroupId,
        /// What arrived before.
        before: Timestamp,
        /// The answer.
        answer: oneshot::Sender<Result<(), LogError>>,
    },
    /// Remove logs.
    Remove {
        /// Which.
        logs: Vec<LogId>,
        /// The answer.
        answer: oneshot::Sender<Result<(), LogError>>,
    },
    /// Remove a group.
    RemoveGroup {
        /// Which.
        group: GroupId,
        /// The answer.
        answer: oneshot::Sender<Result<(), LogError>>,
    },
    /// Make everything durable and say how far that goes.
    Checkpoint {
        /// Whether to go on in a new segment, so that the old ones can be freed.
        segment: NextSegment,
        /// The answer.
        answer: oneshot::Sender<Result<Snapshot, LogError>>,
    },
    /// Sync everything and stop.
    ShutDown {
        /// The answer.
        answer: oneshot::Sender<Result<(), LogError>>,
    },
}

/// Whether a checkpoint begins a new write-ahead segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextSegment {
    /// It does.
    Begin,
    /// It does not.
    Stay,
}

/// What was true at a place of the write-ahead log.
pub struct Snapshot {
    /// Whether a segment was begun, or there was no room for one.
    pub segment: NextSegment,
    /// Everything before it is durable.
    pub place: u64,
    /// The greatest incarnation.
    pub incarnation: u64,
    /// Every log, in order.
    pub logs: Vec<(SharedLog, ManifestLog)>,
    /// What is trimmed in each group.
    pub trims: HashMap<GroupId, Timestamp>,
}

impl Command {
    fn bytes(&self) -> usize {
        match self {
            Command::Append { frames, .. } => frames.buffer.bytes().len(),
            _ => 0,
        }
    }
}

/// Commands on their way.
pub struct Queue {
    waiting: Mutex<Waiting>,
    came: Condvar,
    bytes_max: usize,
}

#[derive(Default)]
struct Waiting {
    commands: VecDeque<Command>,
    bytes: usize,
    writer_sleeps: bool,
    ended: bool,
}

/// What a wait ended with.
pub enum Waited {
    /// Commands.
    Commands(VecDeque<Command>),
    /// The time came first.
    TimeCame,
    /// Nobody will send any more.
    Ended,
}

impl Queue {
    /// A queue for frames of `bytes_max` bytes together.
    pub fn new(bytes_max: usize) -> Self {
        Self { waiting: Mutex::default(), came: Condvar::new(), bytes_max }
    }

    /// Sends a command; gives it back if the queue is full of bytes or has ended.
    pub fn send(&self, command: Command) -> Result<(), (Command, Refusal)> {
        let bytes = command.bytes();
        let mut waiting = lock(&self.waiting);
        if waiting.ended {
            return Err((command, Refusal::ShutDown));
        }
        if bytes > 0 && waiting.bytes > 0 && waiting.bytes + bytes > self.bytes_max {
            return Err((command, Refusal::Overloaded));
        }
        waiting.bytes += bytes;
        waiting.commands.push_back(command);
        if waiting.writer_sleeps {
            self.came.notify_one();
        }
        Ok(())
    }

    /// Waits for commands, until `until` at the latest, and takes them all.
    pub fn take(&self, until: Option<Instant>) -> Waited {
        let mut waiting = lock(&self.waiting);
        loop {
            if !waiting.commands.is_empty() {
                waiting.bytes = 0;
                return Waited::Commands(std::mem::take(&mut waiting.commands));
            }
            if waiting.ended {
                return Waited::Ended;
            }
            waiting.writer_sleeps = true;
            waiting = match until {
                None => self.came.wait(waiting).unwrap_or_else(|poisoned| poisoned.into_inner()),
                Some(until) => {
                    let Some(left) = until.checked_duration_since(Instant::now()).filter(|l| !l.is_zero())
                    else {
                        waiting.writer_sleeps = false;
                        return Waited::TimeCame;
                    };
                    self.came.wait_timeout(waiting, left).unwrap_or_else(|poisoned| poisoned.into_inner()).0
                }
            };
            waiting.writer_sleeps = false;
        }
    }

    /// Takes no more commands.
    pub fn end(&self) {
        lock(&self.waiting).ended = true;
        self.came.notify_one();
    }
}
