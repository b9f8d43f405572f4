//! What checkpoints do to the disk, to memory and to the next start.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anabranch_types::{Clock, Due};
use bytes::Bytes;

use super::{Durability, LocalLog, OpenError, Options, Prepare};
use crate::conformance::block_on;
use crate::disk::SimulatedDisk;
use crate::{
    AppendOutcome, Batch, GroupId, LogError, LogId, NewRecord, Position, Producer, ReadFrom, ReadLimit,
    Record, RecordLog, Refusal,
};

const A: LogId = LogId { group: GroupId(1), index: 0 };
const B: LogId = LogId { group: GroupId(2), index: 0 };

fn options(clock: &Clock) -> Options {
    Options {
        durability: Durability::Sync,
        first_segment_bytes: 64 * 1024,
        segment_bytes: 64 * 1024,
        tail_bytes_max: 0,
        prepare: Prepare::WhenNeeded,
        history_segment_span: Duration::from_secs(3600),
        clock: clock.clone(),
        ..Options::default()
    }
}

fn open(disk: &SimulatedDisk, options: Options) -> LocalLog {
    let log = LocalLog::open(Arc::new(disk.clone()), options).expect("it opens");
    block_on(log.create(vec![A, B])).expect("they are created");
    log
}

fn append(log: &LocalLog, to: LogId, text: &str) -> AppendOutcome {
    let record = NewRecord { data: Bytes::copy_from_slice(text.as_bytes()), ..NewRecord::default() };
    let batch = Batch { log: to, records: vec![record], producer: Producer::default() };
    block_on(log.append_all(vec![batch])).remove(0)
}

fn appended(log: &LocalLog, to: LogId, text: &str) -> Position {
    match append(log, to, text) {
        AppendOutcome::Appended { first, .. } => first,
        other => panic!("{other:?}"),
    }
}

fn checkpoint(log: &LocalLog) {
    block_on(log.checkpoint()).expect("the checkpoint succeeds");
}

fn read(log: &LocalLog, of: LogId, from: Position) -> Result<Vec<Record>, LogError> {
    let limit = ReadLimit { records_max: 1000, bytes_max: 1 << 24 };
    block_on(log.read(of, ReadFrom::Position(from), limit)).map(|b| b.records)
}

fn texts(log: &LocalLog, of: LogId) -> Vec<String> {
    let limit = ReadLimit { records_max: 1000, bytes_max: 1 << 24 };
    let (mut from, mut all) = (Position::default(), Vec::new());
    loop {
        let part = block_on(log.read(of, ReadFrom::Position(from), limit)).expect("it reads");
        if part.records.is_empty() {
            return all;
        }
        from = part.next;
        let texts = part.records.iter().map(|r| String::from_utf8_lossy(&r.record.data).into_owned());
        all.extend(texts);
    }
}

fn files(disk: &SimulatedDisk, prefix: &str) -> usize {
    use crate::disk::Disk;
    disk.list("").expect("it lists").iter().filter(|n| n.starts_with(prefix)).count()
}

/// A text that fills some blocks and is found again on the disk.
fn long(text: &str) -> String {
    text.repeat(9000 / text.len())
}

#[test]
fn a_checkpoint_leaves_the_tail_alone_to_the_next_start() {
    let (disk, clock) = (SimulatedDisk::new(), Clock::test(0));
    let log = open(&disk, options(&clock));
    for i in 0..100 {
        appended(&log, A, &long(&format!("{i:04}")));
        if i % 10 == 9 {
            checkpoint(&log);
        }
    }
    appended(&log, A, "the tail");
    let before = texts(&log, A);
    drop(log);
    let read_before = disk.read_bytes();
    let log = LocalLog::open(Arc::new(disk.clone()), options(&clock)).expect("it opens");
    assert!(disk.read_bytes() - read_before < 4 * 64 * 1024, "it read {}", disk.read_bytes() - read_before);
    assert_eq!(log.recovered().frames, 2, "the tail's record and its padding");
    assert_eq!(texts(&log, A), before);
}

#[test]
fn write_ahead_segments_are_used_again() {
    let (disk, clock) = (SimulatedDisk::new(), Clock::test(0));
    let log = open(&disk, options(&clock));
    for i in 0..200 {
        appended(&log, A, &long(&format!("{i:04}")));
        if i % 5 == 4 {
            checkpoint(&log);
        }
    }
    assert!(files(&disk, "wal-") <= 6, "{} write-ahead segments", files(&disk, "wal-"));
    assert_eq!(texts(&log, A).len(), 200);
}

#[test]
fn a_frame_of_an_earlier_use_is_not_taken_for_a_live_one() {
    let (disk, clock) = (SimulatedDisk::new(), Clock::test(0));
    let log = open(&disk, options(&clock));
    let mut expected = Vec::new();
    // Ends in a segment that was used before, whose older frames stand behind what was written last.
    for i in 0..23 {
        let text = long(&format!("{i:04}"));
        appended(&log, A, &text);
        expected.push(text);
        checkpoint(&log);
    }
    let end = log.state(A).expect("it exists").end;
    drop(log);
    let log = LocalLog::open(Arc::new(disk), options(&clock)).expect("it opens");
    assert_eq!(log.state(A).expect("it exists").end, end);
    assert!(!log.recovered().torn && log.recovered().frames == 0, "{:?}", log.recovered());
    assert_eq!(texts(&log, A), expected);
}

#[test]
fn bytes_of_a_removed_group_leave_the_disk_with_the_next_checkpoint() {
    for rounds in [1, 3, 17, 40] {
        let (disk, clock) = (SimulatedDisk::new(), Clock::test(0));
        let log = open(&disk, options(&clock));
        for i in 0..rounds {
            appended(&log, A, &long("secret"));
            appended(&log, B, &long("public"));
            if i % 4 == 3 {
                checkpoint(&log);
            }
        }
        assert!(!disk.files_with(b"secretsecret").is_empty());
        block_on(log.remove_group(A.group)).expect("it is removed");
        let due = log.next_due().expect("a checkpoint is due");
        assert!(due <= clock.now() + Duration::from_secs(60));
        block_on(log.run(due));
        assert_eq!(disk.files_with(b"secretsecret"), Vec::<String>::new(), "after {rounds} rounds");
        assert_eq!(texts(&log, B).len(), rounds);
        drop(log);
        let log = LocalLog::open(Arc::new(disk), options(&clock)).expect("it opens");
        assert_eq!(log.logs(), [B]);
        assert_eq!(texts(&log, B).len(), rounds);
    }
}

#[test]
fn expired_records_leave_with_their_segment() {
    let (disk, clock) = (SimulatedDisk::new(), Clock::test(0));
    let log = open(&disk, options(&clock));
    for hour in 0..30 {
        appended(&log, A, &long(&format!("hour{hour:02}.")));
        checkpoint(&log);
        clock.advance_to(clock.now() + Duration::from_secs(3600));
    }
    assert_eq!(files(&disk, "history-"), 30);
    let used = disk.used_bytes();
    block_on(log.trim(A.group, clock.now() - Duration::from_secs(24 * 3600 + 1))).expect("it trims");
    assert_eq!(texts(&log, A).len(), 24, "they are unreadable at once");
    let due = log.next_due().expect("a checkpoint is due");
    block_on(log.run(due));
    assert_eq!(files(&disk, "history-"), 24);
    assert!(disk.used_bytes() < used);
    assert_eq!(texts(&log, A).len(), 24);
    assert!(disk.files_with(b"hour05.").is_empty());
}

#[test]
fn an_idle_log_has_nothing_due() {
    let clock = Clock::test(0);
    let log = open(&SimulatedDisk::new(), options(&clock));
    checkpoint(&log);
    assert_eq!(log.next_due(), None);
    appended(&log, A, "a");
    let due = log.next_due().expect("a checkpoint is due");
    block_on(log.run(due));
    assert_eq!(log.next_due(), None);
}

#[test]
fn the_tail_in_memory_keeps_to_one_budget_for_all_logs() {
    let clock = Clock::test(0);
    let budget = 50_000;
    let log = open(&SimulatedDisk::new(), Options { tail_bytes_max: budget, ..options(&clock) });
    let logs: Vec<LogId> = (0..50).map(|index| LogId { group: GroupId(3), index }).collect();
    block_on(log.create(logs.clone())).expect("they are created");
    for i in 0..400 {
        appended(&log, logs[i % logs.len()], "some text that takes some bytes");
        assert!(log.counters().tail_bytes.load(Ordering::Relaxed) <= budget as u64);
        if i % 100 == 99 {
            checkpoint(&log);
        }
    }
    assert!(logs.iter().all(|l| texts(&log, *l).len() == 8));
}

#[test]
fn appends_are_refused_when_checkpoints_do_not_keep_up() {
    let clock = Clock::test(0);
    let disk = SimulatedDisk::new();
    let options = Options { ahead_bytes_max: 0, checkpoint_bytes: u64::MAX, ..options(&clock) };
    let log = open(&disk, options);
    disk.cut_power_at(u64::MAX);
    let refused =
        (0..20).map(|_| append(&log, A, &long("x"))).find(|o| matches!(o, AppendOutcome::Refused(_)));
    assert_eq!(refused, Some(AppendOutcome::Refused(Refusal::Overloaded)));
    checkpoint(&log);
    while append(&log, A, &long("x")) == AppendOutcome::Refused(Refusal::Overloaded) {
        checkpoint(&log);
    }
}

#[test]
fn a_flipped_bit_in_history_refuses_its_frame_and_serves_the_rest() {
    let (disk, clock) = (SimulatedDisk::new(), Clock::test(0));
    let mut log = open(&disk, options(&clock));
    let first = appended(&log, A, "first");
    let second = appended(&log, A, "second");
    let third = appended(&log, A, "third");
    checkpoint(&log);
    let file =
        disk.files_with(b"second").into_iter().find(|n| n.starts_with("history-")).expect("it is there");
    // The header's block, then a header, a record's head and its data, three times.
    disk.flip_bit(&file, 4096 + (112 + 12 + 5) + 112 + 12 + 3, 1).expect("it flips");
    for again in [false, true] {
        if again {
            drop(std::mem::replace(&mut log, open(&SimulatedDisk::new(), options(&clock))));
            log = open(&disk, options(&clock));
        }
        assert_eq!(read(&log, A, first).expect("it reads").len(), 1);
        match read(&log, A, second) {
            Err(LogError::Corrupt { at, resume, .. }) => assert_eq!((at, resume), (second, Some(third))),
            other => panic!("{other:?}"),
        }
        assert_eq!(read(&log, A, third).expect("it reads").len(), 1);
    }
}

#[test]
fn a_full_disk_fails_a_checkpoint_and_loses_nothing() {
    let (disk, clock) = (SimulatedDisk::new(), Clock::test(0));
    let log = open(&disk, options(&clock));
    for i in 0..5 {
        appended(&log, A, &long(&format!("{i:04}")));
    }
    disk.set_space(Some(disk.used_bytes()));
    assert!(matches!(block_on(log.checkpoint()), Err(LogError::Io { .. })));
    assert!(log.next_due().is_some(), "it is due again");
    assert_eq!(texts(&log, A).len(), 5);
    appended(&log, A, "there is room ahead");
    disk.set_space(None);
    checkpoint(&log);
    assert_eq!(texts(&log, A).len(), 6);
    assert_eq!(files(&disk, "history-"), 1, "what was begun in vain is gone");
}

/// A log with ten records, each with a segment of history of its own; and the files of that history, oldest first.
fn ten_segments(disk: &SimulatedDisk, clock: &Clock) -> (LocalLog, Vec<String>) {
    use crate::disk::Disk;
    let log = open(disk, options(clock));
    for i in 0..10 {
        appended(&log, A, &format!("record {i}"));
        checkpoint(&log);
        clock.advance_to(clock.now() + Duration::from_secs(3600));
    }
    let mut files: Vec<String> = disk.list("").expect("it lists");
    files.retain(|n| n.starts_with("history-"));
    assert_eq!(files.len(), 10);
    (log, files)
}

/// Reads everything that can be read, passing over damage; the offsets that were passed over.
fn read_whole(log: &LocalLog) -> (Vec<u64>, Vec<u64>) {
    let (mut from, mut found, mut lost) = (Position::default(), Vec::new(), Vec::new());
    loop {
        match read(log, A, from) {
            Ok(records) if records.is_empty() => return (found, lost),
            Ok(records) => {
                found.extend(records.iter().map(|r| r.position.offset.0));
                from.offset.0 = found[found.len() - 1] + 1;
            }
            Err(LogError::Corrupt { at, resume: Some(resume), .. }) => {
                assert!(from <= at && at < resume);
                lost.extend(at.offset.0..resume.offset.0);
                from = resume;
            }
            Err(e) => panic!("{e:?}"),
        }
    }
}

#[test]
fn a_deleted_segment_of_history_is_refused_and_the_rest_served() {
    use crate::disk::Disk;
    for gone in [0, 4, 9] {
        let (disk, clock) = (SimulatedDisk::new(), Clock::test(0));
        let (log, files) = ten_segments(&disk, &clock);
        drop(log);
        disk.remove(&files[gone]).expect("it is removed");
        let log = open(&disk, options(&clock));
        let (found, lost) = read_whole(&log);
        assert_eq!(lost, [gone as u64]);
        assert_eq!(found.len(), 9);
    }
}

#[test]
fn a_truncated_segment_of_history_is_refused_and_the_rest_served() {
    use crate::disk::Disk;
    for length in [0, 100, 4096, 4196] {
        let (disk, clock) = (SimulatedDisk::new(), Clock::test(0));
        let (log, files) = ten_segments(&disk, &clock);
        drop(log);
        disk.open(&files[4]).expect("it opens").set_length(length).expect("it is cut");
        let log = open(&disk, options(&clock));
        let (found, lost) = read_whole(&log);
        assert_eq!((found.len(), lost), (9, vec![4]), "cut at {length}");
    }
}

#[test]
fn a_deleted_write_ahead_segment_is_noticed_and_the_rest_served() {
    use crate::disk::Disk;
    let (disk, clock) = (SimulatedDisk::new(), Clock::test(0));
    let log = open(&disk, options(&clock));
    for i in 0..20 {
        appended(&log, A, &long(&format!("{i:04}")));
    }
    drop(log);
    let mut files: Vec<String> = disk.list("").expect("it lists");
    files.retain(|n| n.starts_with("wal-"));
    disk.remove(&files[1]).expect("it is removed");
    let log = open(&disk, options(&clock));
    assert_eq!(log.recovered().missing.len(), 1);
    let (found, lost) = read_whole(&log);
    assert!(!lost.is_empty() && found.len() + lost.len() == 20, "{found:?} {lost:?}");
    assert_eq!(appended(&log, A, "next").timeline.0, 1);
}

#[test]
fn a_truncated_write_ahead_segment_is_noticed_and_the_rest_served() {
    use crate::disk::Disk;
    for length in [0, 1, 4096, 4096 + 112, 3 * 4096] {
        let (disk, clock) = (SimulatedDisk::new(), Clock::test(0));
        let log = open(&disk, options(&clock));
        appended(&log, A, &long("first"));
        checkpoint(&log);
        for i in 0..20 {
            appended(&log, A, &long(&format!("{i:04}")));
        }
        drop(log);
        let mut files: Vec<String> = disk.list("").expect("it lists");
        files.retain(|n| n.starts_with("wal-"));
        disk.open(&files[0]).expect("it opens").set_length(length).expect("it is cut");
        let log = open(&disk, options(&clock));
        let recovered = log.recovered();
        assert!(!recovered.missing.is_empty() || !recovered.damage.is_empty(), "cut at {length}");
        let (found, lost) = read_whole(&log);
        assert!(!lost.is_empty() && found.len() + lost.len() == 21, "cut at {length}: {found:?} {lost:?}");
    }
}

#[test]
fn a_deleted_checkpoint_is_refused_with_a_sentence() {
    use crate::disk::Disk;
    let (disk, clock) = (SimulatedDisk::new(), Clock::test(0));
    let log = open(&disk, options(&clock));
    for i in 0..40 {
        appended(&log, A, &long(&format!("{i:04}")));
        checkpoint(&log);
    }
    drop(log);
    disk.remove("checkpoint").expect("it is removed");
    match LocalLog::open(Arc::new(disk), options(&clock)) {
        Err(OpenError::Io { source, .. }) => assert!(source.to_string().contains("`checkpoint` is missing")),
        _ => panic!("it opens"),
    }
}

/// Reads a log from its beginning until `records` were found, each in its place and with its text.
fn follow_to_end(log: &LocalLog, of: LogId, records: u64) {
    let limit = ReadLimit { records_max: 50, bytes_max: 64 * 1024 };
    let (mut from, mut next) = (Position::default(), 0);
    while next < records {
        let batch = block_on(log.read(of, ReadFrom::Position(from), limit)).expect("it reads");
        for record in &batch.records {
            assert_eq!(record.position.offset.0, next);
            assert!(record.record.data.starts_with(format!("{}.{next}.", of.index).as_bytes()));
            next += 1;
        }
        if batch.records.is_empty() {
            std::thread::yield_now();
        }
        from = batch.next;
    }
}

#[test]
fn readers_find_everything_while_segments_are_taken_over_and_used_again() {
    const RECORDS: u64 = 1500;
    let dir = tempfile::tempdir().expect("a directory");
    let disk = crate::disk::RealDisk::open(dir.path()).expect("it opens");
    let options = Options {
        first_segment_bytes: 256 * 1024,
        segment_bytes: 256 * 1024,
        tail_bytes_max: 64 * 1024,
        checkpoint_bytes: 256 * 1024,
        history_segment_bytes: 1024 * 1024,
        index_bytes_max: 4096,
        prepare: Prepare::InBackground,
        ..Options::default()
    };
    let log = Arc::new(LocalLog::open(Arc::new(disk), options).expect("it opens"));
    let logs: Vec<LogId> =
        (0..3).map(|index| LogId { group: GroupId(u64::from(index) / 2), index }).collect();
    block_on(log.create(logs.clone())).expect("they are created");
    std::thread::scope(|scope| {
        for id in &logs {
            let log = log.clone();
            scope.spawn(move || {
                for i in 0..RECORDS {
                    appended(&log, *id, &format!("{}.{i}.{}", id.index, "x".repeat(i as usize % 3000)));
                }
            });
        }
        for reader in 0..4 {
            let (log, id) = (log.clone(), logs[reader % logs.len()]);
            scope.spawn(move || follow_to_end(&log, id, RECORDS));
        }
    });
    checkpoint(&log);
    logs.iter().for_each(|id| follow_to_end(&log, *id, RECORDS));
}

#[test]
fn who_keeps_little_of_a_large_frame_does_not_keep_the_frame() {
    let disk = SimulatedDisk::new();
    let log = open(&disk, options(&Clock::test(0)));
    let record = NewRecord { data: vec![7; 4000].into(), ..NewRecord::default() };
    let batch = Batch { log: A, records: vec![record; 10], producer: Producer::default() };
    block_on(log.append_all(vec![batch]));
    // The writer lets the frame go after it was acknowledged, but before it takes another one.
    appended(&log, B, "later");
    let read = |records_max| {
        let limit = ReadLimit { records_max, bytes_max: 1 << 20 };
        block_on(log.read(A, ReadFrom::Position(Position::default()), limit)).expect("it reads").records
    };
    let shares_buffer = |records_max| read(records_max).iter().any(|r| !r.record.data.is_unique());
    assert!(!shares_buffer(3) && shares_buffer(10), "from the write-ahead log");
    checkpoint(&log);
    assert!(!shares_buffer(3) && shares_buffer(10), "from history");
}
