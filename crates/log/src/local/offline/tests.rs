use std::sync::Arc;
use std::time::Duration;

use anabranch_types::Clock;
use bytes::Bytes;

use super::*;
use crate::conformance::block_on;
use crate::disk::{Disk, SimulatedDisk};
use crate::local::{LocalLog, OpenError, Options, Prepare};
use crate::{Batch, GroupId, LogId, NewRecord, Position, Producer, ReadFrom, ReadLimit, RecordLog};

const LOG: LogId = LogId { group: GroupId(1), index: 0 };
const RECORDS: u64 = 30;

fn open(disk: &SimulatedDisk) -> Result<LocalLog, OpenError> {
    let options = Options {
        first_segment_bytes: 64 * 1024,
        segment_bytes: 64 * 1024,
        prepare: Prepare::WhenNeeded,
        clock: Clock::test(0),
        history_segment_span: Duration::ZERO,
        ..Options::default()
    };
    LocalLog::open(Arc::new(disk.clone()), options)
}

/// A directory with records in history and in the write-ahead log.
fn some_directory() -> SimulatedDisk {
    let disk = SimulatedDisk::new();
    let log = open(&disk).unwrap();
    block_on(log.create(vec![LOG])).unwrap();
    for i in 0..RECORDS {
        let data = Bytes::from(format!("record {i} ").repeat(300));
        let records = vec![NewRecord { data, ..NewRecord::default() }];
        block_on(log.append_all(vec![Batch { log: LOG, records, producer: Producer::default() }]));
        if i % 6 == 4 {
            block_on(log.checkpoint()).unwrap();
        }
    }
    disk
}

fn records(disk: &SimulatedDisk) -> usize {
    let log = open(disk).unwrap();
    let limit = ReadLimit { records_max: 1000, bytes_max: 1 << 24 };
    block_on(log.read(LOG, ReadFrom::Position(Position::default()), limit)).unwrap().records.len()
}

fn file(disk: &SimulatedDisk, prefix: &str) -> String {
    disk.list("").unwrap().into_iter().find(|n| n.starts_with(prefix)).unwrap()
}

#[test]
fn a_whole_directory_is_verified_and_left_as_it_is() {
    let disk = some_directory();
    let (steps, mut told) = (disk.steps(), 0);
    let verified = verify(&disk, &mut |_| told += 1).unwrap();
    assert!(verified.is_whole() && verified.findings.is_empty(), "{verified:?}");
    assert_eq!(verified.records, RECORDS);
    assert_eq!(told, verified.files);
    assert_eq!(disk.steps(), steps);
}

#[test]
fn a_flipped_bit_is_found_where_it_is() {
    for (name, at) in [("history-", 4096 + 300), ("checkpoint", 20), ("state", 9)] {
        let disk = some_directory();
        let name = file(&disk, name);
        disk.flip_bit(&name, at, 2).unwrap();
        let verified = verify(&disk, &mut |_| {}).unwrap();
        assert!(!verified.is_whole() && verified.findings[0].file == name, "{verified:?}");
    }
}

#[test]
fn a_directory_in_use_is_left_alone() {
    let disk = some_directory();
    let _log = open(&disk).unwrap();
    assert!(matches!(verify(&disk, &mut |_| {}), Err(OpenError::Locked)));
    assert!(matches!(repair(&disk), Err(OpenError::Locked)));
}

#[test]
fn a_dump_shows_every_record_once_and_no_data() {
    let disk = some_directory();
    let mut shown = Vec::new();
    dump(&disk, &mut |frame| shown.push(frame.to_string())).unwrap();
    let records: Vec<&String> = shown.iter().filter(|l| l.contains(" Records ")).collect();
    assert_eq!(records.len() as u64, RECORDS);
    assert!(records[7].contains("group=1 log=0 timeline=0 offset=7 count=1"), "{}", records[7]);
    assert!(!shown.iter().any(|l| l.contains("record 7")));
}

#[test]
fn a_repair_makes_state_and_checkpoint_anew() {
    for name in ["checkpoint", "state"] {
        for damage in ["deleted", "flipped"] {
            let disk = some_directory();
            match damage {
                "deleted" => disk.remove(name).unwrap(),
                _ => disk.flip_bit(name, 9, 1).unwrap(),
            }
            let repaired = repair(&disk).unwrap();
            assert_eq!((repaired.checkpoint, repaired.state), (name == "checkpoint", name == "state"));
            assert_eq!(records(&disk) as u64, RECORDS, "{name} {damage}");
        }
    }
}

#[test]
fn a_repair_leaves_a_whole_directory_alone() {
    let disk = some_directory();
    let steps = disk.steps();
    assert_eq!(repair(&disk).unwrap(), Repaired::default());
    assert_eq!(disk.steps(), steps);
}
