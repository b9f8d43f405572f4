//! Backups of a log that goes on, and logs made of them.

use std::sync::Arc;
use std::time::Duration;

use anabranch_types::{Clock, Timestamp};
use bytes::Bytes;

use super::{Copied, LocalLog, Options, Prepare, restore};
use crate::conformance::block_on;
use crate::disk::{Disk, SimulatedDisk};
use crate::{
    AppendOutcome, Batch, GroupId, LogId, NewRecord, Position, Producer, ReadFrom, ReadLimit, RecordLog,
};

const A: LogId = LogId { group: GroupId(1), index: 0 };
const B: LogId = LogId { group: GroupId(2), index: 0 };

fn open(disk: &SimulatedDisk) -> LocalLog {
    let options = Options {
        first_segment_bytes: 64 * 1024,
        segment_bytes: 64 * 1024,
        prepare: Prepare::WhenNeeded,
        clock: Clock::test(0),
        history_segment_span: Duration::from_secs(3600),
        ..Options::default()
    };
    LocalLog::open(Arc::new(disk.clone()), options).expect("it opens")
}

fn append(log: &LocalLog, to: LogId, text: &str) -> Position {
    let record = NewRecord { data: Bytes::copy_from_slice(text.as_bytes()), ..NewRecord::default() };
    let batch = Batch { log: to, records: vec![record], producer: Producer::default() };
    match block_on(log.append_all(vec![batch])).remove(0) {
        AppendOutcome::Appended { first, .. } => first,
        other => panic!("{other:?}"),
    }
}

fn texts(log: &LocalLog, of: LogId) -> Vec<String> {
    let limit = ReadLimit { records_max: 1000, bytes_max: 1 << 24 };
    let batch = block_on(log.read(of, ReadFrom::Position(Position::default()), limit)).expect("it reads");
    batch.records.iter().map(|r| String::from_utf8_lossy(&r.record.data).into_owned()).collect()
}

/// A log with records in history and behind it.
fn used() -> (SimulatedDisk, LocalLog) {
    let disk = SimulatedDisk::new();
    let log = open(&disk);
    block_on(log.create(vec![A, B])).expect("they are created");
    for i in 0..10 {
        append(&log, A, &format!("a{i}"));
        append(&log, B, &format!("b{i}"));
        if i == 4 {
            block_on(log.checkpoint()).expect("it succeeds");
        }
    }
    (disk, log)
}

fn restored(copy: &SimulatedDisk) -> LocalLog {
    let place = SimulatedDisk::new();
    restore(copy, &place, &mut |_, _| {}).expect("it is restored");
    open(&place.after_power_cut(1))
}

#[test]
fn what_was_acknowledged_before_is_in_the_copy_and_what_came_after_is_not() {
    let (_, log) = used();
    let begun = block_on(log.begin_backup());
    append(&log, A, "before");
    let fixed = begun.fix();
    append(&log, A, "after");
    let backup = block_on(fixed.ready()).expect("it is ready");
    append(&log, A, "later");
    block_on(log.checkpoint()).expect("it succeeds");
    let (copy, mut told) = (SimulatedDisk::new(), Vec::new());
    let copied = backup.copy_to(&copy, &mut |bytes, all| told.push((bytes, all))).expect("it is copied");
    assert_eq!((copied.files, copied.unreadable.len()), (2, 0));
    assert_eq!(told.last(), Some(&(copied.bytes, copied.bytes)));

    let log = restored(&copy);
    let mut expected: Vec<String> = (0..10).map(|i| format!("a{i}")).collect();
    expected.push("before".to_owned());
    assert_eq!(texts(&log, A), expected);
    assert_eq!(texts(&log, B).len(), 10);
}

#[test]
fn a_restored_log_never_gives_a_position_that_the_other_one_gave() {
    let (disk, log) = used();
    let backup = block_on(block_on(log.begin_backup()).fix().ready()).expect("it is ready");
    let copy = SimulatedDisk::new();
    backup.copy_to(&copy, &mut |_, _| {}).expect("it is copied");
    drop(backup);
    // The other one goes on, and loses its tail a few times.
    let mut last = append(&log, A, "on");
    drop(log);
    for _ in 0..5 {
        disk.remove("state").expect("it is there");
        last = append(&open(&disk), A, "on and on");
    }
    assert_eq!(last.timeline.0, 5);
    let log = restored(&copy);
    let first = append(&log, A, "here");
    assert!(first > last && first.offset.0 == 10, "{first:?} after {last:?}");
    // And the restored one's own copy is restored behind it again.
    let backup = block_on(block_on(log.begin_backup()).fix().ready()).expect("it is ready");
    let copy = SimulatedDisk::new();
    backup.copy_to(&copy, &mut |_, _| {}).expect("it is copied");
    assert!(append(&restored(&copy), A, "there").timeline > first.timeline);
}

#[test]
fn what_is_removed_or_expires_while_it_is_copied_is_whole_in_the_copy_and_then_leaves_the_disk() {
    let (disk, log) = used();
    let backup = block_on(block_on(log.begin_backup()).fix().ready()).expect("it is ready");
    block_on(log.remove_group(B.group)).expect("it is removed");
    block_on(log.trim(A.group, Timestamp::from_millis(i64::MAX))).expect("it is trimmed");
    block_on(log.checkpoint()).expect("it succeeds");
    let copy = SimulatedDisk::new();
    backup.copy_to(&copy, &mut |_, _| {}).expect("it is copied");
    drop(backup);
    assert_eq!(texts(&restored(&copy), B).len(), 10);
    let history = || disk.list("").expect("it lists").iter().filter(|n| n.starts_with("history-")).count();
    assert_eq!(history(), 2);
    block_on(log.checkpoint()).expect("it succeeds");
    assert_eq!(history(), 0);
}

#[test]
fn a_removal_waits_until_the_backup_knows_what_there_is() {
    let (_, log) = used();
    let log = Arc::new(log);
    let begun = block_on(log.begin_backup());
    let removing = std::thread::spawn({
        let log = log.clone();
        move || block_on(log.remove_group(B.group))
    });
    let fixed = begun.fix();
    assert!(log.state(B).is_ok(), "it is not removed yet");
    let backup = block_on(fixed.ready()).expect("it is ready");
    removing.join().expect("it ends").expect("it is removed");
    let copy = SimulatedDisk::new();
    backup.copy_to(&copy, &mut |_, _| {}).expect("it is copied");
    assert_eq!(texts(&restored(&copy), B).len(), 10);
}

#[test]
fn a_copy_that_is_not_whole_is_refused() {
    let (_, log) = used();
    let backup = block_on(block_on(log.begin_backup()).fix().ready()).expect("it is ready");
    let steps = {
        let copy = SimulatedDisk::new();
        backup.copy_to(&copy, &mut |_, _| {}).expect("it is copied");
        copy.steps()
    };
    for step in 1..steps {
        let copy = SimulatedDisk::new();
        copy.cut_power_at(step);
        assert!(backup.copy_to(&copy, &mut |_, _| {}).is_err(), "step {step}");
        let copy = copy.after_power_cut(step);
        match restore(&copy, &SimulatedDisk::new(), &mut |_, _| {}) {
            Err(_) => {}
            // The last steps make durable what is whole already.
            Ok(copied) => assert_eq!((copied.files, copied.unreadable.len()), (2, 0), "step {step}"),
        }
    }
}

#[test]
fn a_file_that_is_gone_is_told_and_the_rest_copied() {
    let (disk, log) = used();
    block_on(log.checkpoint()).expect("it succeeds");
    disk.remove("history-1-0").expect("it is there");
    let backup = block_on(block_on(log.begin_backup()).fix().ready()).expect("it is ready");
    let copy = SimulatedDisk::new();
    let copied = backup.copy_to(&copy, &mut |_, _| {}).expect("it is copied");
    assert_eq!(copied, Copied { unreadable: vec!["history-1-0".into()], files: 1, ..copied.clone() });
    assert_eq!(texts(&restored(&copy), B).len(), 10);
}

#[test]
fn a_log_that_was_shut_down_has_no_backup() {
    let (_, log) = used();
    let begun = block_on(log.begin_backup());
    block_on(log.shut_down()).expect("it stops");
    assert!(block_on(begun.fix().ready()).is_err());
}
