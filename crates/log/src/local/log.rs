use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;

use anabranch_types::{Due, Timestamp};
use tokio::sync::oneshot;

use super::backup::BackupBegun;
use super::body;
use super::checkpoint::Checkpoints;
use super::dirty::Answer;
use super::manifest::Manifest;
use super::options::Options;
use super::queue::{Command, Queue};
use super::read::{Patience, Reader};
use super::readers::Readers;
use super::recover::{Recovered, recover};
use super::segment::Spare;
use super::shared::{Counters, Shared};
use super::spares::Spares;
use super::state_file;
use super::wal::Wal;
use super::writer::Writer;
use crate::buffers::Buffers;
use crate::disk::Disk;
use crate::{
    AppendOutcome, Batch, BoxFuture, GroupId, LogError, LogId, LogState, Position, ReadBatch, ReadFrom,
    ReadLimit, RecordLog, Refusal, TailListener, TailSubscription,
};

/// The lock file's name.
pub const LOCK_NAME: &str = "lock";

/// A log could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it.
    #[error("another process uses this directory")]
    Locked,
    /// The disk said no, or a file is not what it should be.
    #[error("cannot {doing}")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
    /// The counter of timelines is used up.
    #[error("this directory lost its tail 32,766 times: restore it from a backup into a new directory")]
    Timelines,
}

/// A timeline counter's end: a sequence number has 15 bits for it.
const TIMELINE_MAX: u16 = 0x7ffe;

/// The record log in one directory. Dropping it without [`RecordLog::shut_down`] is what a crash is: everything durable is there
/// again when it is opened.
pub struct LocalLog {
    shared: Arc<Shared>,
    queue: Arc<Queue>,
    buffers: Buffers,
    readers: Readers,
    recovered: Recovered,
    options: Options,
    threads: Vec<JoinHandle<()>>,
    _lock: Box<dyn Send + Sync>,
}

impl LocalLog {
    /// Opens the directory, reads what its write-ahead log holds and starts the writer's thread.
    pub fn open(disk: Arc<dyn Disk>, options: Options) -> Result<Self, OpenError> {
        let doing = |doing: &'static str| move |source: io::Error| OpenError::Io { doing, source };
        let lock = disk.lock(LOCK_NAME).map_err(|e| match e.kind() {
            io::ErrorKind::WouldBlock => OpenError::Locked,
            _ => OpenError::Io { doing: "lock the directory", source: e },
        })?;
        let loaded = state_file::load(&*disk).map_err(doing("read the directory's state"))?;
        let shared = Arc::new(Shared::new(disk.clone()));
        let mut state = loaded.unwrap_or_default();
        let recovered = recover(&*disk, &shared, &mut state).map_err(doing("read the write-ahead log"))?;
        state.timeline = state.timeline.max(recovered.timeline);
        state.in_doubt |= loaded.is_none() && recovered.existed;
        if state.in_doubt && state.timeline.0 >= TIMELINE_MAX {
            return Err(OpenError::Timelines);
        }
        if loaded.is_none() {
            state_file::store(&*disk, state).map_err(doing("note the directory's state"))?;
        }
        let first = Spare::prepare(&*disk, recovered.file_number + 1, options.first_segment_bytes)
            .and_then(|spare| spare.begin(recovered.incarnation + 1, recovered.end_place))
            .map_err(doing("make a write-ahead segment"))?;
        let spares =
            Spares::new(disk.clone(), options.segment_bytes, recovered.file_number + 1, options.prepare)
                .map_err(doing("start a thread"))?;
        let spares = Arc::new(spares);
        let queue = Arc::new(Queue::new(options.queue_bytes_max));
        let buffers = Buffers::default();
        let readers = Readers::new(options.reader_threads);
        let writer = Writer {
            disk,
            shared: shared.clone(),
            queue: queue.clone(),
            wal: Wal::new(shared.clone(), spares.clone(), first),
            buffers: buffers.clone(),
            state,
            raise: state.in_doubt,
            in_memory: VecDeque::new(),
            in_memory_bytes: 0,
            answers: Vec::new(),
            full_since: None,
            next_sync: None,
            stopped: false,
            dirty_noted: recovered.frames > 0,
            snapshot_place: shared.checkpointed(),
            options: options.clone(),
        };
        if recovered.frames > 0 {
            shared.dirty.note(options.clock.now());
        }
        let checkpoints = Checkpoints {
            shared: shared.clone(),
            queue: queue.clone(),
            spares,
            next_segment: recovered.next_segment,
            options: options.clone(),
        };
        let thread = |name: &str, run: Box<dyn FnOnce() + Send>| {
            std::thread::Builder::new().name(name.into()).spawn(run).map_err(doing("start a thread"))
        };
        let threads = vec![
            thread("log-writer", Box::new(move || writer.run()))?,
            thread("log-checkpoint", Box::new(move || checkpoints.run_all()))?,
        ];
        Ok(Self { shared, queue, buffers, readers, recovered, options, threads, _lock: lock })
    }

    /// What the start found.
    pub fn recovered(&self) -> &Recovered {
        &self.recovered
    }

    /// Counts since the start.
    pub fn counters(&self) -> &Counters {
        self.shared.counters()
    }

    /// Ends when a write or a sync failed, with the reason; the log then takes nothing more and the process must end with a
    /// non-zero code. Never ends otherwise.
    pub async fn poisoned(&self) -> Arc<io::Error> {
        let mut poisoned = self.shared.poisoned();
        loop {
            if let Some(reason) = poisoned.borrow_and_update().clone() {
                return reason;
            }
            if poisoned.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Takes the write-ahead log over into history now; the log does so by itself when it is long, and as a [`Due`] after a time.
    pub async fn checkpoint(&self) -> Result<(), LogError> {
        let (done, answered) = oneshot::channel();
        self.checkpoint_then(done);
        answered.await.unwrap_or(Err(LogError::ShutDown)).map(drop)
    }

    /// The same for who waits for it otherwise.
    pub(super) fn checkpoint_then(&self, done: oneshot::Sender<Result<Arc<Manifest>, LogError>>) {
        let (fixed, _) = oneshot::channel();
        self.shared.dirty.ask(Answer { fixed, done });
    }

    /// Begins a backup of the log, which goes on taking records. Waits for removals and trims that are under way; further ones wait
    /// until the backup is [`FixedPosition::ready`]. No file of history leaves the disk until it is dropped.
    pub async fn begin_backup(&self) -> BackupBegun {
        let steady = Arc::clone(&self.shared.steady).write_owned().await;
        BackupBegun::new(self.shared.clone(), self.options.clock.clone(), steady)
    }

    /// Does what takes records away, when no backup is just finding out what there is.
    async fn take_away(
        &self,
        command: impl FnOnce(oneshot::Sender<Result<(), LogError>>) -> Command,
    ) -> Result<(), LogError> {
        let _steady = self.shared.steady.read().await;
        self.ask(command).await
    }

    async fn ask<T>(
        &self,
        command: impl FnOnce(oneshot::Sender<Result<T, LogError>>) -> Command,
    ) -> Result<T, LogError> {
        let (answer, answered) = oneshot::channel();
        self.queue.send(command(answer)).map_err(|_| LogError::ShutDown)?;
        answered.await.unwrap_or(Err(LogError::ShutDown))
    }
}

/// A checkpoint is due an interval after something was written.
impl Due for LocalLog {
    fn next_due(&self) -> Option<Timestamp> {
        self.shared.dirty.since().map(|since| since + self.options.checkpoint_interval)
    }

    fn run(&self, now: Timestamp) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            if self.next_due().is_none_or(|due| due > now) {
                return;
            }
            if self.options.clock.is_test() {
                // What failed is reported where it happened and is due again.
                let _ = self.checkpoint().await;
            } else {
                // Nobody waits for it: what else is due must not.
                self.shared.dirty.clear();
                self.shared.dirty.want_now();
            }
        })
    }

    fn on_earlier(&self, wake: Arc<dyn Fn() + Send + Sync>) {
        self.shared.dirty.on_dirty(wake);
    }
}

impl Drop for LocalLog {
    fn drop(&mut self) {
        self.queue.end();
        self.shared.dirty.end();
        for thread in self.threads.drain(..) {
            // A panic there was already reported by the panic hook.
            let _ = thread.join();
        }
    }
}

impl RecordLog for LocalLog {
    fn create(&self, logs: Vec<LogId>) -> BoxFuture<'_, Result<(), LogError>> {
        Box::pin(self.ask(move |answer| Command::Create { logs, answer }))
    }

    fn append_all(&self, batches: Vec<Batch>) -> BoxFuture<'_, Vec<AppendOutcome>> {
        let count = batches.len();
        let frames = body::encode(&batches, |id| self.shared.log(id), &self.buffers);
        drop(batches);
        let (answer, answered) = oneshot::channel();
        let sent = self.queue.send(Command::Append { frames, answer });
        Box::pin(async move {
            match sent {
                Ok(()) => {
                    answered.await.unwrap_or_else(|_| vec![AppendOutcome::Refused(Refusal::ShutDown); count])
                }
                Err((_, why)) => vec![AppendOutcome::Refused(why); count],
            }
        })
    }

    fn read(
        &self,
        log: LogId,
        from: ReadFrom,
        limit: ReadLimit,
    ) -> BoxFuture<'_, Result<ReadBatch, LogError>> {
        let reader = Reader { shared: self.shared.clone(), log, from, limit, options: self.options.clone() };
        match reader.read(Patience::None) {
            Ok(Some(batch)) => return Box::pin(std::future::ready(Ok(batch))),
            Ok(None) => {}
            Err(e) => return Box::pin(std::future::ready(Err(e))),
        }
        Box::pin(async move {
            let read = self.readers.read(move || reader.read(Patience::Disk).map(Option::unwrap_or_default));
            let read = read.await;
            let read =
                read.map_err(|source| LogError::Io { doing: "start a reader's thread".into(), source })?;
            read.unwrap_or(Err(LogError::ShutDown))
        })
    }

    fn state(&self, log: LogId) -> Result<LogState, LogError> {
        self.shared.log(log).and_then(|l| l.state()).ok_or(LogError::Unknown(log))
    }

    fn follow(&self, log: LogId, listener: TailListener) -> Result<(Position, TailSubscription), LogError> {
        let followed = self.shared.log(log).ok_or(LogError::Unknown(log))?;
        let (from, number) = followed.follow(listener).ok_or(LogError::Unknown(log))?;
        let on_drop = Box::new(move || followed.unfollow(number));
        Ok((from, TailSubscription { on_drop: Some(on_drop) }))
    }

    fn close(&self, log: LogId) -> BoxFuture<'_, Result<Position, LogError>> {
        Box::pin(async move {
            let log = self.shared.log(log).ok_or(LogError::Unknown(log))?;
            self.ask(move |answer| Command::Close { log, answer }).await
        })
    }

    fn trim(&self, group: GroupId, before: Timestamp) -> BoxFuture<'_, Result<(), LogError>> {
        Box::pin(self.take_away(move |answer| Command::Trim { group, before, answer }))
    }

    fn remove(&self, logs: Vec<LogId>) -> BoxFuture<'_, Result<(), LogError>> {
        Box::pin(self.take_away(move |answer| Command::Remove { logs, answer }))
    }

    fn remove_group(&self, group: GroupId) -> BoxFuture<'_, Result<(), LogError>> {
        Box::pin(self.take_away(move |answer| Command::RemoveGroup { group, answer }))
    }

    fn logs(&self) -> Vec<LogId> {
        self.shared.logs()
    }

    fn shut_down(&self) -> BoxFuture<'_, Result<(), LogError>> {
        Box::pin(self.ask(|answer| Command::ShutDown { answer }))
    }
}

#[cfg(test)]
mod tests;
