use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use anabranch_types::Timestamp;
use tokio::sync::oneshot;

use super::lock;
use super::manifest::Manifest;
use crate::LogError;

/// Whether there is something for a checkpoint to do, and who wants to know.
#[derive(Default)]
pub struct Dirty {
    since: Mutex<Option<Timestamp>>,
    wake: Mutex<Option<Arc<dyn Fn() + Send + Sync>>>,
    wanted: Mutex<Wanted>,
    came: Condvar,
    /// Whether a checkpoint is writing what its snapshot found.
    writing: Mutex<bool>,
    written: Condvar,
}

#[derive(Default)]
struct Wanted {
    now: bool,
    asked: Vec<Answer>,
    ended: bool,
}

/// Who asked for a checkpoint.
pub struct Answer {
    /// Told once it is fixed up to where the checkpoint goes.
    pub fixed: oneshot::Sender<()>,
    /// Told when it is done, what it knows.
    pub done: oneshot::Sender<Result<Arc<Manifest>, LogError>>,
}

impl Dirty {
    /// Something was written.
    pub fn note(&self, now: Timestamp) {
        let first = {
            let mut since = lock(&self.since);
            let first = since.is_none();
            since.get_or_insert(now);
            first
        };
        let wake = lock(&self.wake).clone();
        if let Some(wake) = wake.filter(|_| first) {
            wake();
        }
    }

    /// A checkpoint takes everything that was written so far.
    pub fn clear(&self) {
        *lock(&self.since) = None;
    }

    /// Since when there is something to do.
    pub fn since(&self) -> Option<Timestamp> {
        *lock(&self.since)
    }

    /// Calls `wake` whenever there begins to be something to do.
    pub fn on_dirty(&self, wake: Arc<dyn Fn() + Send + Sync>) {
        *lock(&self.wake) = Some(wake);
    }

    /// Asks the log's own thread for a checkpoint.
    pub fn want_now(&self) {
        lock(&self.wanted).now = true;
        self.came.notify_one();
    }

    /// Asks the log's own thread for a checkpoint and an answer; the answer is dropped if the log has ended.
    pub fn ask(&self, answer: Answer) {
        let mut wanted = lock(&self.wanted);
        if !wanted.ended {
            wanted.asked.push(answer);
        }
        drop(wanted);
        self.came.notify_one();
    }

    /// Waits until a checkpoint is wanted, and who wants an answer; `None` when the log ends.
    pub fn wait(&self) -> Option<Vec<Answer>> {
        let mut wanted = lock(&self.wanted);
        loop {
            if wanted.ended {
                return None;
            }
            if std::mem::take(&mut wanted.now) || !wanted.asked.is_empty() {
                return Some(std::mem::take(&mut wanted.asked));
            }
            wanted = self.came.wait(wanted).unwrap_or_else(|poisoned| poisoned.into_inner());
        }
    }

    /// A checkpoint has its snapshot and begins to write.
    pub fn begin_writing(&self) {
        *lock(&self.writing) = true;
    }

    /// A checkpoint is done, well or not.
    pub fn end_writing(&self) {
        *lock(&self.writing) = false;
        self.written.notify_all();
    }

    /// Waits for a checkpoint that is writing, so long at the most; at once if there is none.
    pub fn wait_written(&self, at_most: Duration) {
        let writing = lock(&self.writing);
        // What a panicking thread left behind is a flag; who waits goes on either way.
        drop(self.written.wait_timeout_while(writing, at_most, |writing| *writing));
    }

    /// The log ends.
    pub fn end(&self) {
        let mut wanted = lock(&self.wanted);
        wanted.ended = true;
        wanted.asked.clear();
        drop(wanted);
        self.came.notify_one();
    }
}
