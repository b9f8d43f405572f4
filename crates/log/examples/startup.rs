//! How long a start takes with much retained: makes a directory with many closed segments of history, sparse up to 100 GiB, and opens it.
//!
//! ```sh
//! cargo run --release -p anabranch-log --example startup -- DIRECTORY GROUPS SEGMENTS
//! ```
//!
//! SEGMENTS for each of GROUPS; an hour each is what a server makes of streams that are written to all the time.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anabranch_log::conformance::block_on;
use anabranch_log::disk::RealDisk;
use anabranch_log::local::{LocalLog, Options};
use anabranch_log::{Batch, GroupId, LogId, NewRecord, Position, Producer, ReadFrom, ReadLimit, RecordLog};
use bytes::Bytes;

/// What all segments together look as if they held.
const APPARENT_BYTES: u64 = 100 << 30;
const RUNS: usize = 5;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().expect("usage: startup DIRECTORY GROUPS SEGMENTS");
    let place: PathBuf = next().into();
    let mut number = || -> u64 { next().parse().expect("a number") };
    let (groups, segments) = (number(), number());
    if !place.exists() {
        make(&place, groups, segments);
    }
    let mut times: Vec<(Duration, Duration)> = (0..RUNS).map(|_| start(&place, groups)).collect();
    times.sort();
    let (opened, read) = times[RUNS / 2];
    println!(
        "{groups} groups with {segments} segments each, 100 GiB in all: open after {opened:?}, the oldest record of a group read after {read:?} more (median of {RUNS})"
    );
}

fn open(place: &Path) -> LocalLog {
    let options = Options { history_segment_span: Duration::ZERO, ..Options::default() };
    LocalLog::open(Arc::new(RealDisk::open(place).expect("a directory")), options).expect("it opens")
}

fn log(group: u64) -> LogId {
    LogId { group: GroupId(group), index: 0 }
}

/// A checkpoint with a record of every group makes a segment of each.
fn make(place: &Path, groups: u64, segments: u64) {
    let made = open(place);
    block_on(made.create((1..=groups).map(log).collect())).expect("created");
    for _ in 0..segments {
        let batch = |group| {
            let records = vec![NewRecord { data: Bytes::from(vec![7; 1000]), ..NewRecord::default() }];
            Batch { log: log(group), records, producer: Producer::default() }
        };
        block_on(made.append_all((1..=groups).map(batch).collect()));
        block_on(made.checkpoint()).expect("a checkpoint");
    }
    block_on(made.shut_down()).expect("stopped");
    drop(made);
    for entry in std::fs::read_dir(place).expect("readable") {
        let entry = entry.expect("readable");
        if entry.file_name().to_string_lossy().starts_with("history-") {
            let file = OpenOptions::new().write(true).open(entry.path()).expect("writable");
            let length = file.metadata().expect("it has one").len();
            file.set_len(length.max(APPARENT_BYTES / (groups * segments))).expect("longer");
        }
    }
}

/// How long it takes to open the log, and to read a group's oldest record then.
fn start(place: &Path, groups: u64) -> (Duration, Duration) {
    let begun = Instant::now();
    let opened = open(place);
    let open_for = begun.elapsed();
    let begun = Instant::now();
    let limit = ReadLimit { records_max: 1, bytes_max: 1 };
    let read = block_on(opened.read(log(groups), ReadFrom::Position(Position::default()), limit));
    assert_eq!(read.expect("it reads").records.len(), 1);
    (open_for, begun.elapsed())
}
