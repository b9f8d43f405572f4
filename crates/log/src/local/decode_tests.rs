//! Bytes from the disk, whatever they are, are refused or read: never a panic, never more than they hold.

use std::sync::Arc;

use anabranch_types::{Clock, Timestamp};
use bytes::Bytes;
use proptest::prelude::*;

use super::body::Records;
use super::frame::{BLOCK_BYTES, FrameHeader, FrameKind, NUMBER_MAX};
use super::history::Part;
use super::scan::{Identity, scan};
use super::segment::{decode_header, encode};
use super::{LocalLog, Options, Prepare};
use crate::conformance::block_on;
use crate::disk::{Disk, SimulatedDisk};
use crate::{Batch, GroupId, LogId, NewRecord, Position, Producer, ReadFrom, ReadLimit, RecordLog};

const LOG: LogId = LogId { group: GroupId(1), index: 0 };

fn options() -> Options {
    Options {
        first_segment_bytes: 64 * 1024,
        segment_bytes: 64 * 1024,
        prepare: Prepare::WhenNeeded,
        clock: Clock::test(0),
        ..Options::default()
    }
}

/// A directory with a record in history and one in the write-ahead log.
fn some_directory() -> SimulatedDisk {
    let disk = SimulatedDisk::new();
    let log = LocalLog::open(Arc::new(disk.clone()), options()).unwrap();
    block_on(log.create(vec![LOG])).unwrap();
    for text in ["history", "tail"] {
        let records = vec![NewRecord { data: Bytes::from(text), ..NewRecord::default() }];
        block_on(log.append_all(vec![Batch { log: LOG, records, producer: Producer::default() }]));
        if text == "history" {
            block_on(log.checkpoint()).unwrap();
        }
    }
    disk
}

/// Opens the directory and reads what can be read.
fn use_it(disk: &SimulatedDisk) {
    let Ok(log) = LocalLog::open(Arc::new(disk.clone()), options()) else {
        return;
    };
    let limit = ReadLimit { records_max: 10, bytes_max: 1000 };
    for offset in 0..3 {
        let from = Position { offset: crate::Offset(offset), ..Position::default() };
        // What is damaged is refused; which it is does not matter here.
        let _ = block_on(log.read(LOG, ReadFrom::Position(from), limit));
    }
    let _ = block_on(log.checkpoint());
    let _ = block_on(log.shut_down());
}

/// Found by fuzzing: right checksums around numbers whose sums overflow.
#[test]
fn numbers_that_were_never_written_are_refused_before_anything_is_added_to_them() {
    let header = FrameHeader::about(FrameKind::Records, LOG);
    for (number, is_read) in [(NUMBER_MAX, true), (NUMBER_MAX + 1, false), (u64::MAX, false)] {
        let first = Position { offset: crate::Offset(number), ..Position::default() };
        for header in [
            FrameHeader { place: number, ..header },
            FrameHeader { durable: number, ..header },
            FrameHeader { first, ..header },
        ] {
            assert_eq!(FrameHeader::decode(&header.encode()).is_some(), is_read, "{header:?}");
        }
        assert_eq!(decode_header(&encode(1, number)).unwrap().is_some(), is_read, "{number}");
        let part = Part {
            log: 0,
            first,
            count: 1,
            at: 4096,
            bytes: 124,
            first_arrival: Timestamp::default(),
            last_arrival: Timestamp::default(),
        };
        assert_eq!(Part::decode(&part.encode()).is_some(), is_read);
        assert!(Part::decode(&Part { bytes: u32::MAX, ..part }.encode()).is_none());
    }
}

proptest! {
    #[test]
    fn any_bytes_as_a_header(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        FrameHeader::decode(&bytes);
    }

    #[test]
    fn any_bytes_as_records(bytes in proptest::collection::vec(any::<u8>(), 0..200), count: u32, skip in 0u64..9) {
        let records = || Records::new(bytes.clone().into(), Position::default(), count, Timestamp::default());
        prop_assert!(records().count() <= bytes.len());
        let mut skipping = records();
        skipping.skip_to(crate::Offset(skip));
        skipping.count();
    }

    #[test]
    fn any_bytes_as_a_segment(bytes in proptest::collection::vec(any::<u8>(), 0..20_000), durable: u64) {
        let identity = Identity { incarnation: 1, first_place: 0 };
        let found = scan(&bytes, identity, BLOCK_BYTES, durable);
        prop_assert!(found.frames.is_empty());
    }

    #[test]
    fn any_change_of_any_file(which in any::<usize>(), at in any::<u64>(), new in proptest::collection::vec(any::<u8>(), 1..64)) {
        let disk = some_directory();
        let names = disk.list("").unwrap();
        let file = disk.open(&names[which % names.len()]).unwrap();
        let length = file.length().unwrap().max(1);
        // Most files are zeros behind their first blocks.
        let at = at % length.min(5 * BLOCK_BYTES);
        file.write_at(&[std::io::IoSlice::new(&new)], at).unwrap();
        use_it(&disk);
    }

    #[test]
    fn any_cut_of_any_file(which in any::<usize>(), at in any::<u64>()) {
        let disk = some_directory();
        let names = disk.list("").unwrap();
        let file = disk.open(&names[which % names.len()]).unwrap();
        let length = file.length().unwrap().max(1);
        file.set_length(at % length.min(5 * BLOCK_BYTES)).unwrap();
        use_it(&disk);
    }
}
