//! The record log on this machine's disk: one shared write-ahead log per directory, one writer, group commit.
//!
//! Start reading at [`LocalLog`]; then [`writer`] (what an append goes through), [`wal`] (how groups are written), [`scan`] and
//! [`recover`] (what a start makes of it). docs/formats/log.md has the bytes.

mod body;
mod buffers;
mod checkpoint;
mod checksum;
mod dirty;
mod frame;
mod history;
mod log;
mod manifest;
mod options;
mod past;
mod queue;
mod read;
mod readers;
mod recover;
mod scan;
mod segment;
mod shared;
mod spares;
mod state_file;
mod tail;
mod wal;
mod writer;

#[cfg(test)]
mod crash_tests;
#[cfg(test)]
mod fault_tests;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use log::{LocalLog, OpenError};
pub use options::{Durability, Options, Prepare, SEGMENT_BYTES_MIN};
pub use recover::Recovered;
pub use shared::Counters;

/// Takes a lock. What a panicking thread left behind is whole: every lock here is held for assignments only.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
