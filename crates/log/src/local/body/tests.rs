use std::sync::Arc;

use super::*;
use crate::local::frame::BLOCK_BYTES;
use crate::local::tail::Log;
use crate::{GroupId, LogId, Producer, Timeline};

/// The page that says how the log is stored.
const PAGE: &str = include_str!("../../../../../docs/formats/log.md");

/// The bytes that the page prints in the block of that kind.
pub fn printed(kind: &str) -> Vec<u8> {
    let (_, example) = PAGE.split_once(&format!("```{kind}\n")).expect("the page has the example");
    let (hex, _) = example.split_once("```").expect("the example ends");
    let digits: String = hex.split_whitespace().collect();
    (0..digits.len()).step_by(2).map(|i| u8::from_str_radix(&digits[i..i + 2], 16).unwrap()).collect()
}

fn example() -> (FrameHeader, Vec<NewRecord>, Vec<u8>) {
    let records = vec![
        NewRecord {
            key: Some(Bytes::from_static(b"k")),
            headers: Bytes::from_static(b"h"),
            data: Bytes::from_static(b"data"),
            ..NewRecord::default()
        },
        NewRecord { explicit_hash: Some(5), ..NewRecord::default() },
    ];
    let log = LogId { group: GroupId(7), index: 3 };
    let batch = Batch { log, records: records.clone(), producer: Producer::default() };
    let known = Arc::new(Log::empty(log, Position::default()));
    let NewFrames { mut frames, mut buffer } = encode(&[batch], |_| Some(known.clone()), &Buffers::default());
    let NewFrame { header, .. } = frames.remove(0).ok().unwrap();
    let header = FrameHeader {
        incarnation: 2,
        place: 0x10_0000 + BLOCK_BYTES,
        durable: 0x10_0000 + BLOCK_BYTES,
        first: Position { timeline: Timeline(1), offset: Offset(41) },
        arrival: Timestamp::from_millis(1_700_000_000_123),
        ..header
    };
    buffer.set_at(0, &header.encode());
    (header, records, buffer.bytes().to_vec())
}

#[test]
fn the_page_prints_what_is_written_and_it_reads_back() {
    let (header, records, bytes) = example();
    assert_eq!(printed("hex"), bytes, "{}", hex(&bytes));
    let read = FrameHeader::decode(&printed("hex")).unwrap();
    assert_eq!(read, header);
    let body = Bytes::from(printed("hex")).slice(HEADER_BYTES..);
    assert_eq!(crc32c(&body), read.body_crc);
    let found: Vec<Record> = Records::new(body, read.first, read.count, read.arrival).collect();
    assert_eq!(found.iter().map(|r| r.record.clone()).collect::<Vec<_>>(), records);
    assert_eq!(found[1].position.offset, Offset(42));
}

#[test]
fn any_flipped_bit_is_noticed() {
    let (_, _, bytes) = example();
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let header = FrameHeader::decode(&flipped);
        assert!(header.is_none_or(|h| crc32c(&flipped[HEADER_BYTES..]) != h.body_crc), "bit {bit}");
    }
}

#[test]
fn a_body_that_is_not_what_its_header_says_ends_early() {
    let (header, _, bytes) = example();
    let body = Bytes::from(bytes).slice(HEADER_BYTES..);
    for length in 0..body.len() {
        let cut = Records::new(body.slice(..length), header.first, 9, header.arrival);
        assert!(cut.count() < 2, "{length}");
    }
    assert_eq!(Records::new(body, header.first, 9, header.arrival).count(), 2);
}

/// Bytes as the page prints them.
pub fn hex(bytes: &[u8]) -> String {
    let line = |line: &[u8]| line.iter().map(|b| format!("{b:02x} ")).collect::<String>();
    bytes.chunks(16).map(|l| line(l).trim_end().to_owned() + "\n").collect()
}
