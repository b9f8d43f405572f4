//! The record log on this machine's disk: one shared write-ahead log per directory, one writer, group commit.
//!
//! Start reading at [`LocalLog`]; then [`writer`] (what an append goes through), [`wal`] (how groups are written), [`scan`] and
//! [`recover`] (what a start makes of it). docs/formats/log.md has the bytes.

mod backup;
mod body;
mod checkpoint;
mod checksum;
mod dirty;
mod frame;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod history;
mod log;
mod manifest;
mod mutants;
pub mod offline;
mod options;
mod past;
mod queue;
mod read;
mod readers;
mod recover;
mod replace;
mod scan;
mod segment;
mod shared;
mod spares;
mod state_file;
mod tail;
mod wal;
mod writer;

#[cfg(test)]
mod backup_tests;
#[cfg(test)]
mod crash_tests;
#[cfg(test)]
mod decode_tests;
#[cfg(test)]
mod fault_tests;
#[cfg(test)]
mod history_tests;
#[cfg(all(test, feature = "mutants"))]
mod mutant_tests;

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use mutants::Mutant;

use crate::disk::Disk;

pub use backup::{Backup, BackupBegun, Copied, FixedPosition, restore};
pub use log::{LocalLog, OpenError};
pub use options::{Durability, Options, Prepare, SEGMENT_BYTES_MIN};
pub use recover::Recovered;
pub use shared::Counters;

/// Makes the names in the log's directory durable.
fn sync_names(disk: &dyn Disk) -> io::Result<()> {
    if mutants::is(Mutant::DirectoryNotSynced) { Ok(()) } else { disk.sync_dir("") }
}

/// Takes a lock. What a panicking thread left behind is whole: every lock here is held for assignments only.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
