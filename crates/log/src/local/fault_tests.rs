//! What the log answers when the disk fails it.

use std::io::IoSlice;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anabranch_types::Clock;
use bytes::Bytes;

use super::{Durability, LocalLog, OpenError, Options, Prepare};
use crate::conformance::block_on;
use crate::disk::{Disk, SimulatedDisk};
use crate::{
    AppendOutcome, Batch, GroupId, LogError, LogId, NewRecord, Offset, Position, Producer, ReadBatch,
    ReadFrom, ReadLimit, RecordLog, Refusal, Timeline,
};

const LOG: LogId = LogId { group: GroupId(1), index: 0 };

fn options(durability: Durability) -> Options {
    Options {
        durability,
        first_segment_bytes: 64 * 1024,
        segment_bytes: 64 * 1024,
        tail_bytes_max: 0,
        prepare: Prepare::WhenNeeded,
        ..Options::default()
    }
}

fn open(disk: &SimulatedDisk, durability: Durability) -> LocalLog {
    let log = LocalLog::open(Arc::new(disk.clone()), options(durability)).expect("it opens");
    block_on(log.create(vec![LOG])).expect("it is created");
    log
}

fn append(log: &LocalLog, bytes: usize) -> AppendOutcome {
    let record = NewRecord { data: Bytes::from(vec![b'x'; bytes]), ..NewRecord::default() };
    let batch = Batch { log: LOG, records: vec![record], producer: Producer::default() };
    block_on(log.append_all(vec![batch])).remove(0)
}

fn appended(log: &LocalLog, bytes: usize) -> Position {
    match append(log, bytes) {
        AppendOutcome::Appended { first, .. } => first,
        other => panic!("{other:?}"),
    }
}

fn position(timeline: u16, offset: u64) -> Position {
    Position { timeline: Timeline(timeline), offset: Offset(offset) }
}

fn read(log: &LocalLog, from: Position) -> Result<ReadBatch, LogError> {
    let limit = ReadLimit { records_max: 100, bytes_max: 1 << 20 };
    block_on(log.read(LOG, ReadFrom::Position(from), limit))
}

fn offsets(batch: &ReadBatch) -> Vec<u64> {
    batch.records.iter().map(|r| r.position.offset.0).collect()
}

/// The write-ahead segment that is written to.
fn last_segment(disk: &SimulatedDisk) -> String {
    disk.list("")
        .expect("it lists")
        .into_iter()
        .filter(|n| n.starts_with("wal-"))
        .max()
        .expect("there is one")
}

#[test]
fn a_failed_sync_poisons_the_log_and_a_restart_recovers() {
    let disk = SimulatedDisk::new();
    let log = open(&disk, Durability::Sync);
    appended(&log, 10);
    disk.fail_sync_at(disk.steps());
    assert_eq!(append(&log, 10), AppendOutcome::Refused(Refusal::Poisoned));
    assert_eq!(append(&log, 10), AppendOutcome::Refused(Refusal::Poisoned));
    assert!(matches!(block_on(log.close(LOG)), Err(LogError::Poisoned)));
    assert!(matches!(block_on(log.shut_down()), Err(LogError::Poisoned)));
    assert_eq!(block_on(log.poisoned()).to_string(), "the disk cannot sync");
    assert_eq!(offsets(&read(&log, position(0, 0)).expect("what was acknowledged is served")), [0]);
    drop(log);
    let log = open(&disk.after_power_cut(1), Durability::Sync);
    assert_eq!(offsets(&read(&log, position(0, 0)).expect("it reads")), [0]);
    appended(&log, 10);
}

#[test]
fn what_a_restart_serves_after_a_failed_sync_is_durable() {
    let disk = SimulatedDisk::new();
    let log = open(&disk, Durability::Sync);
    appended(&log, 10);
    disk.fail_sync_at(disk.steps());
    assert_eq!(append(&log, 10), AppendOutcome::Refused(Refusal::Poisoned));
    drop(log);
    // The cache still has the second record; the disk never got it.
    let log = open(&disk, Durability::Sync);
    let served = offsets(&read(&log, position(0, 0)).expect("it reads"));
    assert_eq!(served, [0, 1]);
    drop(log);
    for seed in 0..5 {
        let log = open(&disk.after_power_cut(seed), Durability::Sync);
        assert_eq!(offsets(&read(&log, position(0, 0)).expect("it reads")), served);
    }
}

#[test]
fn a_doubt_outlives_a_clean_stop_before_the_first_append() {
    let interval = Durability::Interval(Duration::from_secs(3600));
    let disk = SimulatedDisk::new();
    appended(&open(&disk, interval), 10);
    let log = LocalLog::open(Arc::new(disk.clone()), options(interval)).expect("it opens");
    block_on(log.shut_down()).expect("it stops");
    drop(log);
    assert_eq!(appended(&open(&disk, interval), 10), position(1, 1));
}

#[test]
fn a_leftover_never_becomes_a_replaced_file() {
    use super::replace::replace;
    for step in 1..12 {
        for seed in 0..20 {
            let disk = SimulatedDisk::new();
            replace(&disk, "file", b"old").expect("it is replaced");
            let leftover = disk.create("file.new").expect("it is made");
            leftover.write_at(&[IoSlice::new(b"leftover")], 0).expect("it is written");
            disk.sync_dir("").expect("it is synced");
            disk.cut_power_at(disk.steps() + step);
            let replaced = replace(&disk, "file", b"new").is_ok();
            let disk = disk.after_power_cut(seed);
            let file = disk.open("file").expect("it is there");
            let mut content = vec![0; file.length().expect("it has a length") as usize];
            file.read_at(&mut content, 0).expect("it reads");
            assert!(content == b"new" || !replaced && content == b"old", "step {step}, seed {seed}");
        }
    }
}

#[test]
fn a_full_disk_is_refused_before_a_position_is_given() {
    let disk = SimulatedDisk::new();
    let log = open(&disk, Durability::Sync);
    disk.set_space(Some(80 * 1024));
    let mut last = None;
    let refused = loop {
        match append(&log, 5000) {
            AppendOutcome::Appended { first, .. } => last = Some(first),
            other => break other,
        }
    };
    assert_eq!(refused, AppendOutcome::Refused(Refusal::DiskFull));
    let other = LogId { index: 1, ..LOG };
    block_on(log.create(vec![other])).expect("there is room for what is no record");
    block_on(log.close(other)).expect("there is room for what is no record");
    disk.set_space(None);
    let next = loop {
        if let AppendOutcome::Appended { first, .. } = append(&log, 5000) {
            break first;
        }
    };
    assert_eq!(next.offset.0, last.expect("some were appended").offset.0 + 1);
}

#[test]
fn a_record_longer_than_a_segment_is_refused() {
    let log = open(&SimulatedDisk::new(), Durability::Sync);
    assert_eq!(append(&log, 80 * 1024), AppendOutcome::Refused(Refusal::TooLarge));
    appended(&log, 10);
}

#[test]
fn a_flipped_bit_refuses_its_frame_and_serves_the_rest() {
    let disk = SimulatedDisk::new();
    let log = open(&disk, Durability::Sync);
    for _ in 0..4 {
        appended(&log, 10);
    }
    // One block each: the segment's header, the creation, then the records.
    disk.flip_bit(&last_segment(&disk), 3 * 4096 + 112 + 12, 3).expect("the file is there");
    let damaged = |log: &LocalLog| {
        assert_eq!(offsets(&read(log, position(0, 0)).expect("it reads")), [0]);
        match read(log, position(0, 1)) {
            Err(LogError::Corrupt { log: LOG, at, resume }) => {
                assert_eq!((at, resume), (position(0, 1), Some(position(0, 2))));
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(offsets(&read(log, position(0, 2)).expect("it reads")), [2, 3]);
    };
    damaged(&log);
    drop(log);
    let log = open(&disk, Durability::Sync);
    assert_eq!(log.recovered().damage.len(), 1);
    damaged(&log);
    assert_eq!(appended(&log, 10), position(1, 4), "what was lost may have been the last");
}

#[test]
fn a_torn_tail_is_cut_and_the_timeline_raised() {
    let disk = SimulatedDisk::new();
    let log = open(&disk, Durability::Sync);
    appended(&log, 10);
    let name = last_segment(&disk);
    drop(log);
    let file = disk.open(&name).expect("it opens");
    let mut torn = vec![0; 4096];
    file.read_at(&mut torn, 2 * 4096).expect("it reads");
    torn[200] ^= 1;
    file.write_at(&[IoSlice::new(&torn)], 3 * 4096).expect("it writes");
    let log = open(&disk, Durability::Sync);
    assert!(log.recovered().torn && log.recovered().damage.is_empty());
    drop(log);
    let log = open(&disk, Durability::Sync);
    assert!(!log.recovered().torn, "it was cut");
    assert_eq!(appended(&log, 10), position(1, 1), "and is not forgotten before the first append");
    assert_eq!(offsets(&read(&log, position(0, 7)).expect("a lost position is before what came later")), [1]);
}

#[test]
fn the_timeline_is_raised_after_an_unclean_stop_in_mode_interval() {
    let interval = Durability::Interval(Duration::from_secs(3600));
    for durability in [interval, Durability::Memory] {
        let disk = SimulatedDisk::new();
        let log = open(&disk, durability);
        assert_eq!(appended(&log, 10), position(0, 0));
        drop(log);
        let log = open(&disk, durability);
        assert_eq!(appended(&log, 10), position(1, 1));
        block_on(log.shut_down()).expect("it stops");
        drop(log);
        let log = open(&disk, durability);
        assert_eq!(appended(&log, 10), position(1, 2), "a clean stop loses nothing");
    }
}

#[test]
fn the_timeline_stays_after_kill_in_mode_sync() {
    let disk = SimulatedDisk::new();
    appended(&open(&disk, Durability::Sync), 10);
    assert_eq!(appended(&open(&disk, Durability::Sync), 10), position(0, 1));
}

#[test]
fn an_arrival_does_not_follow_a_clock_that_goes_back() {
    let disk = SimulatedDisk::new();
    let opened =
        |clock| LocalLog::open(Arc::new(disk.clone()), Options { clock, ..options(Durability::Sync) });
    let log = opened(Clock::test(3_600_000)).expect("it opens");
    block_on(log.create(vec![LOG])).expect("it is created");
    appended(&log, 10);
    drop(log);
    let log = opened(Clock::test(0)).expect("it opens");
    appended(&log, 10);
    let records = read(&log, position(0, 0)).expect("it reads").records;
    assert_eq!(records[0].arrival, records[1].arrival);
    assert_eq!(log.counters().arrivals_clamped.load(Ordering::Relaxed), 1);
}

/// Makes a file's version 2 and its checksum right.
fn make_newer(disk: &SimulatedDisk, name: &str, crc_at: Option<usize>) {
    let file = disk.open(name).expect("it opens");
    let mut bytes = vec![0; file.length().expect("it has one") as usize];
    file.read_at(&mut bytes, 0).expect("it reads");
    let crc_at = crc_at.unwrap_or(bytes.len() - 4);
    bytes[4] = 2;
    let crc = super::checksum::crc32c(&bytes[..crc_at]);
    bytes[crc_at..crc_at + 4].copy_from_slice(&crc.to_le_bytes());
    file.write_at(&[IoSlice::new(&bytes)], 0).expect("it writes");
}

#[test]
fn a_newer_format_is_refused_with_a_sentence_whatever_file_has_it() {
    let disk = SimulatedDisk::new();
    let log = open(&disk, Durability::Sync);
    appended(&log, 10);
    block_on(log.checkpoint()).expect("it succeeds");
    drop(log);
    for (name, crc_at) in
        [("state".to_owned(), Some(28)), ("checkpoint".to_owned(), None), (last_segment(&disk), Some(24))]
    {
        let disk = disk.after_power_cut(0);
        make_newer(&disk, &name, crc_at);
        match LocalLog::open(Arc::new(disk.clone()), options(Durability::Sync)) {
            Err(OpenError::Io { source, .. }) => {
                assert!(source.to_string().ends_with("use a newer one"), "{source}");
            }
            _ => panic!("{name} was taken"),
        }
        let steps = disk.steps();
        let shared: Arc<dyn Disk> = Arc::new(disk.clone());
        assert!(super::offline::repair(&shared).is_err(), "{name} was repaired");
        assert_eq!(disk.steps(), steps, "{name} was touched");
    }

    // History is opened when it is read, and when a checkpoint comes to it.
    make_newer(&disk, "history-1-0", Some(24));
    let log = open(&disk, Durability::Sync);
    let refused = read(&log, position(0, 0)).expect_err("it is refused");
    let sentence = std::error::Error::source(&refused).map(ToString::to_string).unwrap_or_default();
    assert!(sentence.ends_with("use a newer one"), "{refused:?}");
    appended(&log, 10);
    assert!(block_on(log.checkpoint()).is_err());
    drop(log);
    let verified = super::offline::verify(&disk, &mut |_| {}).expect("it is looked at");
    assert!(!verified.is_whole(), "{verified:?}");
    let shared: Arc<dyn Disk> = Arc::new(disk.clone());
    assert!(super::offline::repair(&shared).is_err());
}
