use std::sync::Arc;

use anabranch_types::{Clock, Timestamp};

use super::{LocalLog, OpenError};
use crate::conformance::{self, Place};
use crate::disk::{Disk, RealDisk, SimulatedDisk};
use crate::local::{Durability, Options, Prepare};
use crate::{
    AppendOutcome, Batch, BoxFuture, GroupId, LogError, LogId, LogState, Position, ReadBatch, ReadFrom,
    ReadLimit, RecordLog, TailListener, TailSubscription,
};

struct Somewhere {
    disk: Arc<dyn Disk>,
    options: Options,
    _dir: Option<tempfile::TempDir>,
}

impl Place for Somewhere {
    fn open(&self) -> Arc<dyn RecordLog> {
        Arc::new(LocalLog::open(self.disk.clone(), self.options.clone()).unwrap())
    }

    fn clock(&self) -> Clock {
        self.options.clock.clone()
    }
}

fn options(durability: Durability) -> Options {
    Options {
        durability,
        first_segment_bytes: 2 << 20,
        segment_bytes: 2 << 20,
        prepare: Prepare::WhenNeeded,
        clock: Clock::test(0),
        ..Options::default()
    }
}

fn on_real_disk(options: Options) -> Arc<dyn Place> {
    let dir = tempfile::tempdir().unwrap();
    Arc::new(Somewhere { disk: Arc::new(RealDisk::open(dir.path()).unwrap()), options, _dir: Some(dir) })
}

fn on_simulated_disk(options: Options) -> Arc<dyn Place> {
    Arc::new(Somewhere { disk: Arc::new(SimulatedDisk::new()), options, _dir: None })
}

#[test]
fn conforms_on_a_real_disk() {
    let real = || on_real_disk(Options { clock: Clock::test(0), ..Options::default() });
    assert!(conformance::run_all(real) > 10);
}

#[test]
fn conforms_on_a_simulated_disk() {
    assert!(conformance::run_all(|| on_simulated_disk(options(Durability::Sync))) > 10);
}

#[test]
fn conforms_when_it_syncs_later() {
    let every = Durability::Interval(std::time::Duration::from_millis(5));
    assert!(conformance::run_all(|| on_simulated_disk(options(every))) > 10);
}

#[test]
fn conforms_when_it_acknowledges_from_memory() {
    assert!(conformance::run_all(|| on_simulated_disk(options(Durability::Memory))) > 10);
}

#[test]
fn conforms_when_nothing_stays_in_memory() {
    let forgetful = || on_real_disk(Options { tail_bytes_max: 0, ..options(Durability::Sync) });
    assert!(conformance::run_all(forgetful) > 10);
}

/// A log that takes everything into history before each look at it.
struct Checkpointed(LocalLog);

impl Checkpointed {
    fn checkpoint(&self) {
        match conformance::block_on(self.0.checkpoint()) {
            Ok(()) | Err(LogError::ShutDown) => {}
            Err(e) => panic!("{e}"),
        }
    }
}

impl RecordLog for Checkpointed {
    fn create(&self, logs: Vec<LogId>) -> BoxFuture<'_, Result<(), LogError>> {
        self.0.create(logs)
    }
    fn append_all(&self, batches: Vec<Batch>) -> BoxFuture<'_, Vec<AppendOutcome>> {
        self.0.append_all(batches)
    }
    fn read(
        &self,
        log: LogId,
        from: ReadFrom,
        limit: ReadLimit,
    ) -> BoxFuture<'_, Result<ReadBatch, LogError>> {
        self.checkpoint();
        self.0.read(log, from, limit)
    }
    fn state(&self, log: LogId) -> Result<LogState, LogError> {
        self.0.state(log)
    }
    fn follow(&self, log: LogId, listener: TailListener) -> Result<(Position, TailSubscription), LogError> {
        self.0.follow(log, listener)
    }
    fn close(&self, log: LogId) -> BoxFuture<'_, Result<Position, LogError>> {
        self.0.close(log)
    }
    fn trim(&self, group: GroupId, before: Timestamp) -> BoxFuture<'_, Result<(), LogError>> {
        self.0.trim(group, before)
    }
    fn remove(&self, logs: Vec<LogId>) -> BoxFuture<'_, Result<(), LogError>> {
        self.0.remove(logs)
    }
    fn remove_group(&self, group: GroupId) -> BoxFuture<'_, Result<(), LogError>> {
        self.0.remove_group(group)
    }
    fn logs(&self) -> Vec<LogId> {
        self.0.logs()
    }
    fn shut_down(&self) -> BoxFuture<'_, Result<(), LogError>> {
        self.checkpoint();
        self.0.shut_down()
    }
}

struct InHistory(Somewhere);

impl Place for InHistory {
    fn open(&self) -> Arc<dyn RecordLog> {
        Arc::new(Checkpointed(LocalLog::open(self.0.disk.clone(), self.0.options.clone()).unwrap()))
    }
    fn clock(&self) -> Clock {
        self.0.clock()
    }
}

#[test]
fn conforms_when_everything_is_in_history() {
    for index_bytes_max in [0, 1 << 20] {
        let place = || -> Arc<dyn Place> {
            let options = Options { tail_bytes_max: 0, index_bytes_max, ..options(Durability::Sync) };
            Arc::new(InHistory(Somewhere { disk: Arc::new(SimulatedDisk::new()), options, _dir: None }))
        };
        assert!(conformance::run_all(place) > 10);
    }
}

#[test]
fn a_second_process_is_refused() {
    let place = on_real_disk(options(Durability::Sync));
    let dir = tempfile::tempdir().unwrap();
    let disk: Arc<dyn Disk> = Arc::new(RealDisk::open(dir.path()).unwrap());
    let first = LocalLog::open(disk.clone(), options(Durability::Sync)).unwrap();
    assert!(matches!(LocalLog::open(disk.clone(), options(Durability::Sync)), Err(OpenError::Locked)));
    drop(first);
    assert!(LocalLog::open(disk, options(Durability::Sync)).is_ok());
    drop(place);
}
