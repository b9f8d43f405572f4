//! Makes a small directory in the present formats, to be kept as a fixture that must open forever:
//!
//! ```sh
//! cargo run -p anabranch-log --example fixture -- crates/log/tests/fixtures/v1
//! ```
//!
//! `tests/fixtures.rs` says what is in it. A directory that was committed is never made anew; a new format gets one of its own.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anabranch_log::conformance::block_on;
use anabranch_log::disk::{Disk, RealDisk};
use anabranch_log::local::{Durability, LocalLog, Options, Prepare, offline};
use anabranch_log::{AppendOutcome, Batch, GroupId, LogId, NewRecord, Producer, RecordLog, Seal};
use anabranch_types::{Clock, Timestamp};
use bytes::Bytes;

const OPEN: LogId = LogId { group: GroupId(1), index: 0 };
const CLOSED: LogId = LogId { group: GroupId(1), index: 1 };
const SEALED: LogId = LogId { group: GroupId(2), index: 0 };
const TRIMMED: LogId = LogId { group: GroupId(3), index: 0 };
const REMOVED: LogId = LogId { group: GroupId(4), index: 0 };

fn main() {
    let place: PathBuf = std::env::args_os().nth(1).expect("usage: fixture DIRECTORY").into();
    assert!(!place.exists(), "{} is there: a fixture is never made anew", place.display());
    let disk: Arc<dyn Disk> = Arc::new(RealDisk::open(&place).expect("it can be made"));
    let log = open(&disk, Durability::Sync);
    block_on(log.create(vec![OPEN, CLOSED, SEALED, TRIMMED, REMOVED])).expect("created");
    for i in 0..10 {
        append(&log, OPEN, plain(i));
        append(&log, CLOSED, plain(i));
        append(&log, SEALED, sealed(i));
        append(&log, TRIMMED, plain(i));
        append(&log, REMOVED, plain(i));
        if i == 2 || i == 5 {
            block_on(log.checkpoint()).expect("a checkpoint");
        }
    }
    block_on(log.close(CLOSED)).expect("closed");
    block_on(log.trim(TRIMMED.group, Timestamp::from_millis(i64::MAX))).expect("trimmed");
    block_on(log.remove_group(REMOVED.group)).expect("removed");
    drop(log);

    // The records 3 to 5 of the open log are given up.
    std::fs::remove_file(place.join("history-1-4")).expect("the second segment of group 1");
    offline::repair(&disk).expect("repaired");

    // A new timeline, whose beginning is in the write-ahead log alone.
    drop({
        let log = open(&disk, Durability::Interval(Duration::from_secs(3600)));
        append(&log, OPEN, plain(10));
        log
    });
    let log = open(&disk, Durability::Sync);
    append(&log, OPEN, plain(11));
    block_on(log.shut_down()).expect("stopped");
    drop(log);
    std::fs::remove_file(place.join("lock")).expect("nobody needs it");
}

fn open(disk: &Arc<dyn Disk>, durability: Durability) -> LocalLog {
    let options = Options {
        durability,
        first_segment_bytes: 64 * 1024,
        segment_bytes: 64 * 1024,
        prepare: Prepare::WhenNeeded,
        history_segment_span: Duration::ZERO,
        clock: Clock::machine(),
        ..Options::default()
    };
    LocalLog::open(disk.clone(), options).expect("it opens")
}

fn append(log: &LocalLog, to: LogId, record: NewRecord) {
    let batch = Batch { log: to, records: vec![record], producer: Producer { id: 7, sequence: 8 } };
    let outcome = block_on(log.append_all(vec![batch])).remove(0);
    assert!(matches!(outcome, AppendOutcome::Appended { .. }), "{outcome:?}");
}

fn plain(number: u32) -> NewRecord {
    NewRecord {
        key: Some(Bytes::from(format!("key {number}"))),
        headers: Bytes::from("headers"),
        data: Bytes::from(format!("data {number} ").repeat(20)),
        ..NewRecord::default()
    }
}

fn sealed(number: u32) -> NewRecord {
    NewRecord {
        explicit_hash: Some(u128::MAX - u128::from(number)),
        data: Bytes::from(vec![number as u8; 48]),
        seal: Some(Seal { data_key: number, nonce: [number as u8; 12] }),
        ..NewRecord::default()
    }
}
