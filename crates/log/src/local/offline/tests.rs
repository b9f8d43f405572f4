use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use anabranch_types::Clock;
use bytes::Bytes;
use proptest::prelude::*;

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

fn shared(disk: &SimulatedDisk) -> Arc<dyn Disk> {
    Arc::new(disk.clone())
}

fn append(log: &LocalLog, number: u64) {
    let data = Bytes::from(format!("record {number} ").repeat(300));
    let records = vec![NewRecord { data, ..NewRecord::default() }];
    block_on(log.append_all(vec![Batch { log: LOG, records, producer: Producer::default() }]));
}

/// A directory with records in history and in the write-ahead log.
fn some_directory() -> SimulatedDisk {
    let disk = SimulatedDisk::new();
    let log = open(&disk).unwrap();
    block_on(log.create(vec![LOG])).unwrap();
    for i in 0..RECORDS {
        append(&log, i);
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

/// Where these bytes stand in a file.
fn place_of(disk: &SimulatedDisk, file: &str, wanted: &[u8]) -> u64 {
    let file = disk.open(file).unwrap();
    let mut bytes = vec![0; file.length().unwrap() as usize];
    file.read_at(&mut bytes, 0).unwrap();
    bytes.windows(wanted.len()).position(|w| w == wanted).unwrap() as u64
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
    assert!(matches!(repair(&shared(&disk)), Err(OpenError::Locked)));
}

#[test]
fn a_dump_shows_every_record_once_and_no_data() {
    let disk = some_directory();
    let mut shown = Vec::new();
    let mut show = |frame: &DumpedFrame| {
        shown.push(frame.clone());
        ControlFlow::Continue(())
    };
    dump(&disk, &mut show).unwrap();
    let records: Vec<&DumpedFrame> = shown.iter().filter(|f| f.kind == FrameKind::Records).collect();
    assert_eq!(records.len() as u64, RECORDS);
    assert_eq!((records[7].log, records[7].first.offset.0, records[7].count), (LOG, 7, 1));
    let held: Vec<Bytes> = shown.iter().flat_map(|f| f.records()).map(|r| r.record.data).collect();
    assert_eq!(held.len() as u64, RECORDS);
    assert!(held[7].starts_with(b"record 7 "));
}

#[test]
fn a_dump_ends_when_enough_was_seen() {
    let mut shown = 0;
    let mut show = |_: &DumpedFrame| {
        shown += 1;
        if shown == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    dump(&some_directory(), &mut show).unwrap();
    assert_eq!(shown, 3);
}

#[test]
fn a_missing_segment_of_history_is_told_with_the_records_that_were_in_it() {
    let disk = some_directory();
    let mut names: Vec<String> =
        disk.list("").unwrap().into_iter().filter(|n| n.starts_with("history-")).collect();
    names.sort();
    disk.remove(&names[1]).unwrap();
    let verified = verify(&disk, &mut |_| {}).unwrap();
    let lost: Vec<(u64, u64)> = verified
        .findings
        .iter()
        .filter_map(|f| f.records)
        .map(|r| (r.from.offset.0, r.to.offset.0))
        .collect();
    assert_eq!(lost, [(5, 11)], "{verified:?}");
    assert!(verified.findings.iter().any(|f| f.file == names[1]), "{verified:?}");
}

#[test]
fn what_was_damaged_before_a_checkpoint_came_to_it_is_told_after() {
    let disk = some_directory();
    let log = open(&disk).unwrap();
    (RECORDS..RECORDS + 3).for_each(|i| append(&log, i));
    drop(log);
    let ahead = disk.files_with(b"record 31 record 31").remove(0);
    let data = place_of(&disk, &ahead, b"record 31 record 31");
    disk.flip_bit(&ahead, data, 1).unwrap();
    let verified = verify(&disk, &mut |_| {}).unwrap();
    assert!(verified.findings.iter().any(|f| f.what == What::Damaged && f.file == ahead), "{verified:?}");
    block_on(open(&disk).unwrap().checkpoint()).unwrap();
    let verified = verify(&disk, &mut |_| {}).unwrap();
    let found = verified.findings.first().expect("it is still told");
    assert_eq!(
        (&found.what, found.records.map(|r| (r.from.offset.0, r.to.offset.0))),
        (&What::Missing, Some((31, 32)))
    );
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
            let repaired = repair(&shared(&disk)).unwrap();
            assert_eq!((repaired.checkpoint, repaired.state), (name == "checkpoint", name == "state"));
            assert_eq!(records(&disk) as u64, RECORDS, "{name} {damage}");
        }
    }
}

#[test]
fn a_repair_leaves_a_whole_directory_alone() {
    let disk = some_directory();
    let steps = disk.steps();
    assert_eq!(repair(&shared(&disk)).unwrap(), Repaired::default());
    assert_eq!(disk.steps(), steps);
}

/// Whatever can be read, from the beginning to the end, and where reading was refused.
fn read_on(disk: &SimulatedDisk) -> (Vec<u64>, Vec<Position>) {
    let log = open(disk).unwrap();
    let limit = ReadLimit { records_max: 1000, bytes_max: 1 << 24 };
    let (mut from, mut offsets, mut refused) = (Position::default(), Vec::new(), Vec::new());
    loop {
        match block_on(log.read(LOG, ReadFrom::Position(from), limit)) {
            Ok(batch) => {
                for record in &batch.records {
                    let expected = Bytes::from(format!("record {} ", record.position.offset.0).repeat(300));
                    assert_eq!(record.record.data, expected);
                    offsets.push(record.position.offset.0);
                }
                if batch.next >= batch.state.end {
                    return (offsets, refused);
                }
                assert!(batch.next > from, "{from:?}");
                from = batch.next;
            }
            Err(crate::LogError::Corrupt { at, resume, .. }) => {
                refused.push(at);
                from = resume.unwrap();
            }
            Err(e) => panic!("{e}"),
        }
    }
}

/// What a repair leaves of a damaged directory: everything that is left is read without a refusal, and there is nothing more to do.
fn mended(disk: &SimulatedDisk) -> Vec<u64> {
    repair(&shared(disk)).unwrap();
    let verified = verify(disk, &mut |_| {}).unwrap();
    assert!(verified.is_whole(), "{verified:?}");
    let steps = disk.steps();
    assert_eq!(repair(&shared(disk)).unwrap(), Repaired::default());
    assert_eq!(disk.steps(), steps, "a whole directory is left alone");
    let (offsets, refused) = read_on(&disk.after_power_cut(1));
    assert_eq!(refused, []);
    assert!(offsets.is_sorted());
    offsets
}

fn histories(disk: &SimulatedDisk) -> Vec<String> {
    let mut names = disk.list("").unwrap();
    names.retain(|n| n.starts_with("history-"));
    names.sort();
    names
}

#[test]
fn a_repair_lets_readers_pass_over_what_cannot_be_read() {
    // A segment's records: 0 to 4, 5 to 10, 11 to 16, …
    for (damage, lost) in [("body", 5..6), ("header", 5..11), ("index", 0..0), ("segment header", 0..0)] {
        let disk = some_directory();
        let name = histories(&disk).remove(1);
        let body = place_of(&disk, &name, b"record 5 ");
        let index = place_of(&disk, &name, b"ABRf\x08");
        let at = match damage {
            "body" => body + 50,
            "header" => body - 100,
            "index" => index + 120,
            _ => 20,
        };
        disk.flip_bit(&name, at, 3).unwrap();
        let expected: Vec<u64> = (0..RECORDS).filter(|i| !lost.contains(i)).collect();
        assert_eq!(mended(&disk), expected, "{damage}");
        assert!(disk.list("").unwrap().contains(&format!("damaged-{name}")), "{damage}");
    }
}

#[test]
fn a_repair_gives_up_what_no_file_holds() {
    for (removed, lost) in [(0, 0..5), (1, 5..11), (4, 23..29)] {
        let disk = some_directory();
        disk.remove(&histories(&disk)[removed]).unwrap();
        let expected: Vec<u64> = (0..RECORDS).filter(|i| !lost.contains(i)).collect();
        assert_eq!(mended(&disk), expected);
    }
    let disk = some_directory();
    let (name, cut) = (histories(&disk).remove(1), 4096 + 5000);
    disk.open(&name).unwrap().set_length(cut).unwrap();
    assert_eq!(mended(&disk), (0..RECORDS).filter(|i| !(6..11).contains(i)).collect::<Vec<_>>());
}

#[test]
fn a_repair_gives_up_what_is_damaged_in_the_write_ahead_log() {
    let disk = some_directory();
    let log = open(&disk).unwrap();
    (RECORDS..RECORDS + 3).for_each(|i| append(&log, i));
    drop(log);
    let ahead = disk.files_with(b"record 31 record 31").remove(0);
    disk.flip_bit(&ahead, place_of(&disk, &ahead, b"record 31 record 31"), 1).unwrap();
    assert_eq!(read_on(&disk).1.len(), 1);
    assert_eq!(mended(&disk), (0..RECORDS + 3).filter(|i| *i != 31).collect::<Vec<_>>());
}

#[test]
fn a_group_that_was_removed_since_the_checkpoint_is_not_asked_for() {
    let disk = some_directory();
    block_on(open(&disk).unwrap().remove_group(LOG.group)).unwrap();
    // The start after it takes its files off the disk.
    drop(open(&disk).unwrap());
    assert_eq!(histories(&disk), Vec::<String>::new());
    assert!(verify(&disk, &mut |_| {}).unwrap().is_whole());
    assert_eq!(repair(&shared(&disk)).unwrap(), Repaired::default());
}

#[test]
fn a_write_ahead_log_that_is_gone_is_told() {
    let disk = some_directory();
    for name in disk.list("").unwrap().iter().filter(|n| n.starts_with("wal-")) {
        disk.remove(name).unwrap();
    }
    assert!(!verify(&disk, &mut |_| {}).unwrap().is_whole());
    assert_eq!(read_on(&disk).0, (0..29).collect::<Vec<_>>());
    let log = open(&disk).unwrap();
    append(&log, 29);
    let end = log.state(LOG).unwrap().end;
    assert_eq!((end.timeline.0, end.offset.0), (1, 30), "no position is given twice");
}

#[test]
fn a_repair_that_breaks_off_is_ended_by_the_next() {
    let damaged = || {
        let disk = some_directory();
        let names = histories(&disk);
        disk.flip_bit(&names[1], place_of(&disk, &names[1], b"record 5 ") + 50, 3).unwrap();
        disk.remove(&names[3]).unwrap();
        disk.sync_dir("").unwrap();
        disk
    };
    let disk = damaged();
    let before = disk.steps();
    let expected = mended(&disk);
    let steps = disk.steps() - before;
    assert!(steps > 10);
    for step in 1..steps {
        let disk = damaged();
        disk.cut_power_at(disk.steps() + step);
        let _ = repair(&shared(&disk));
        assert_eq!(mended(&disk.after_power_cut(step)), expected, "step {step}");
    }
}

#[test]
fn a_log_goes_on_behind_what_was_given_up() {
    let disk = some_directory();
    disk.remove(&histories(&disk)[4]).unwrap();
    mended(&disk);
    let log = open(&disk).unwrap();
    append(&log, RECORDS);
    block_on(log.checkpoint()).unwrap();
    drop(log);
    assert_eq!(read_on(&disk).0.last(), Some(&RECORDS));
    assert!(verify(&disk, &mut |_| {}).unwrap().is_whole());
}

proptest! {
    #[test]
    fn any_damage_is_repaired(which in any::<usize>(), at in any::<u64>(), bit in 0u8..8, cut in any::<bool>()) {
        let disk = some_directory();
        let mut names = disk.list("").unwrap();
        names.sort();
        let name = names.swap_remove(which % names.len());
        let file = disk.open(&name).unwrap();
        // Most of a write-ahead segment is zeros behind its first blocks.
        let at = at % file.length().unwrap().clamp(1, 40_000);
        if cut { file.set_length(at).unwrap() } else if file.length().unwrap() > 0 { disk.flip_bit(&name, at, bit).unwrap() }
        let left = mended(&disk);
        prop_assert!(left.len() + 7 >= RECORDS as usize, "{name} {at}: {left:?}");
    }
}
