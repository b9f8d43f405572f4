//! A catalog and a log that fail at a chosen step: what a kill, or a disk that says no, leaves behind.

use std::io;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use anabranch_catalog::{
    BoxFuture, Catalog, CatalogError, Commit, Entry, Key, Page, Revision, Watch, Watcher,
};
use anabranch_log::local::LocalLog;
use anabranch_log::{
    AppendOutcome, Batch, GroupId, LogError, LogId, LogState, Position, ReadBatch, ReadFrom, ReadLimit,
    RecordLog, Refusal, TailListener, TailSubscription,
};
use anabranch_types::Timestamp;
use bytes::Bytes;

/// When in its step the failure happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// The step was not done.
    Before,
    /// The step was done, and nobody was told.
    After,
}

/// What follows a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// The process is dead: every later step fails, until a restart.
    Dead,
    /// So many reads of the catalog fail, then all is well.
    ReadsFail(i64),
}

/// Where and how both fail. Steps are what writes: commits, and creating, closing and removing logs.
#[derive(Default)]
pub(crate) struct Life {
    plan: Mutex<Option<Plan>>,
    reads_failing: AtomicI64,
}

#[derive(Clone, Copy)]
struct Plan {
    steps_left: usize,
    moment: Moment,
    then: Then,
    dead: bool,
}

enum Verdict {
    Go,
    FailBefore,
    FailAfter,
}

impl Life {
    /// Has the step after so many others fail.
    pub fn fail(&self, steps_left: usize, moment: Moment, then: Then) {
        *self.plan.lock().unwrap() = Some(Plan { steps_left, moment, then, dead: false });
    }

    /// Nothing fails from now on; whether the failure was still to come.
    pub fn recover(&self) -> bool {
        self.reads_failing.store(0, Ordering::SeqCst);
        self.plan.lock().unwrap().take().is_some_and(|plan| !plan.dead)
    }

    fn step(&self) -> Verdict {
        let mut planned = self.plan.lock().unwrap();
        let Some(plan) = &mut *planned else { return Verdict::Go };
        if plan.dead {
            return Verdict::FailBefore;
        }
        if plan.steps_left > 0 {
            plan.steps_left -= 1;
            return Verdict::Go;
        }
        plan.dead = true;
        let Plan { moment, then, .. } = *plan;
        if let Then::ReadsFail(reads) = then {
            self.reads_failing.store(reads, Ordering::SeqCst);
            *planned = None;
        }
        match moment {
            Moment::Before => Verdict::FailBefore,
            Moment::After => Verdict::FailAfter,
        }
    }

    fn read(&self) -> Result<(), CatalogError> {
        let failing =
            self.reads_failing.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| (n > 0).then(|| n - 1));
        failing.map_or(Ok(()), |_| Err(store_failed()))
    }
}

fn store_failed() -> CatalogError {
    CatalogError::Store { doing: "commit".into(), source: Box::new(disk_failed()) }
}

fn log_failed() -> LogError {
    LogError::Io { doing: "write".into(), source: disk_failed() }
}

fn disk_failed() -> io::Error {
    io::Error::other("a failure on purpose")
}

pub(crate) struct MortalCatalog<C> {
    pub inner: C,
    pub life: Arc<Life>,
}

impl<C: Catalog> Catalog for MortalCatalog<C> {
    fn get(&self, key: Key) -> BoxFuture<'_, Result<Option<Entry>, CatalogError>> {
        match self.life.read() {
            Ok(()) => self.inner.get(key),
            Err(error) => Box::pin(std::future::ready(Err(error))),
        }
    }

    fn scan(
        &self,
        prefix: Bytes,
        after: Option<Key>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Page, CatalogError>> {
        match self.life.read() {
            Ok(()) => self.inner.scan(prefix, after, limit),
            Err(error) => Box::pin(std::future::ready(Err(error))),
        }
    }

    fn scan_back(
        &self,
        prefix: Bytes,
        before: Option<Key>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Page, CatalogError>> {
        match self.life.read() {
            Ok(()) => self.inner.scan_back(prefix, before, limit),
            Err(error) => Box::pin(std::future::ready(Err(error))),
        }
    }

    fn commit(&self, commit: Commit) -> BoxFuture<'_, Result<Revision, CatalogError>> {
        Box::pin(async move {
            match self.life.step() {
                Verdict::Go => self.inner.commit(commit).await,
                Verdict::FailBefore => Err(store_failed()),
                Verdict::FailAfter => {
                    self.inner.commit(commit).await?;
                    Err(store_failed())
                }
            }
        })
    }

    fn scrub(&self) -> BoxFuture<'_, Result<(), CatalogError>> {
        self.inner.scrub()
    }

    fn watch(&self, prefix: Bytes, watcher: Watcher) -> Watch {
        self.inner.watch(prefix, watcher)
    }
}

pub(crate) struct MortalLog {
    pub inner: Arc<LocalLog>,
    pub life: Arc<Life>,
}

impl MortalLog {
    async fn step<T>(&self, work: BoxFuture<'_, Result<T, LogError>>) -> Result<T, LogError> {
        match self.life.step() {
            Verdict::Go => work.await,
            Verdict::FailBefore => Err(log_failed()),
            Verdict::FailAfter => {
                work.await?;
                Err(log_failed())
            }
        }
    }
}

impl RecordLog for MortalLog {
    fn create(&self, logs: Vec<LogId>) -> BoxFuture<'_, Result<(), LogError>> {
        Box::pin(self.step(self.inner.create(logs)))
    }

    fn append_all(&self, batches: Vec<Batch>) -> BoxFuture<'_, Vec<AppendOutcome>> {
        let dead = self.life.plan.lock().unwrap().is_some_and(|plan| plan.dead);
        if dead {
            let refused = batches.iter().map(|_| AppendOutcome::Refused(Refusal::Overloaded)).collect();
            return Box::pin(std::future::ready(refused));
        }
        self.inner.append_all(batches)
    }

    fn read(
        &self,
        log: LogId,
        from: ReadFrom,
        limit: ReadLimit,
    ) -> BoxFuture<'_, Result<ReadBatch, LogError>> {
        self.inner.read(log, from, limit)
    }

    fn state(&self, log: LogId) -> Result<LogState, LogError> {
        self.inner.state(log)
    }

    fn follow(&self, log: LogId, listener: TailListener) -> Result<(Position, TailSubscription), LogError> {
        self.inner.follow(log, listener)
    }

    fn close(&self, log: LogId) -> BoxFuture<'_, Result<Position, LogError>> {
        Box::pin(self.step(self.inner.close(log)))
    }

    fn trim(&self, group: GroupId, before: Timestamp) -> BoxFuture<'_, Result<(), LogError>> {
        self.inner.trim(group, before)
    }

    fn remove(&self, logs: Vec<LogId>) -> BoxFuture<'_, Result<(), LogError>> {
        Box::pin(self.step(self.inner.remove(logs)))
    }

    fn remove_group(&self, group: GroupId) -> BoxFuture<'_, Result<(), LogError>> {
        Box::pin(self.step(self.inner.remove_group(group)))
    }

    fn logs(&self) -> Vec<LogId> {
        self.inner.logs()
    }

    fn shut_down(&self) -> BoxFuture<'_, Result<(), LogError>> {
        self.inner.shut_down()
    }
}
