use std::sync::Arc;

use anabranch_types::Clock;

use super::{LocalLog, OpenError};
use crate::RecordLog;
use crate::conformance::{self, Place};
use crate::disk::{Disk, RealDisk, SimulatedDisk};
use crate::local::{Durability, Options, Prepare};

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
