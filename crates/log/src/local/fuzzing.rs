//! Doors to the decoders of what stands on the disk, for `fuzz/`. They hold the decoders to more than not to panic.

use anabranch_types::Timestamp;
use bytes::Bytes;

use super::body::{self, Records};
use super::checksum::crc32c;
use super::frame::{BLOCK_BYTES, FrameHeader, FrameKind, HEADER_BYTES, NUMBER_MAX, u32_at};
use super::history::NAME_PREFIX as HISTORY_PREFIX;
use super::scan::{Identity, frame_at, scan};
use super::segment::{NAME_PREFIX as AHEAD_PREFIX, decode_header, encode};
use crate::buffers::Buffers;
use crate::{Batch, GroupId, LogId, NewRecord, Offset, Position, Producer, Record};

const MAGIC: [u8; 4] = *b"ABRf";
const LOG: LogId = LogId { group: GroupId(1), index: 0 };

/// A header is read as it was written.
pub fn header(bytes: &[u8]) {
    let mut bytes = bytes.to_vec();
    mend_frame(&mut bytes, 0);
    if let Some(header) = FrameHeader::decode(&bytes) {
        assert_eq!(FrameHeader::decode(&header.encode()), Some(header));
    }
}

/// Records are no more than their body and their header say, lie behind each other, and are read as they were written.
pub fn records(body: &[u8], first: u64, count: u32) {
    let first = Position { offset: Offset(first % NUMBER_MAX), ..Position::default() };
    let read = |skip: u64| -> Vec<Record> {
        let mut records = Records::new(Bytes::copy_from_slice(body), first, count, Timestamp::default());
        records.skip_to(Offset(first.offset.0.saturating_add(skip)));
        records.collect()
    };
    let all = read(0);
    assert!(all.len() <= count as usize && all.len() * body::HEAD_BYTES <= body.len());
    for (i, record) in all.iter().enumerate() {
        assert_eq!(record.position.offset.0, first.offset.0 + i as u64);
    }
    if !all.is_empty() {
        let middle = all.len() / 2;
        assert_eq!(read(middle as u64), all[middle..]);
        let again = written(all.iter().map(|r| r.record.clone()).collect());
        let back = Records::new(again.into(), first, all.len() as u32, Timestamp::default());
        assert_eq!(back.collect::<Vec<_>>(), all);
    }
}

/// The body of a frame of these records.
fn written(records: Vec<NewRecord>) -> Vec<u8> {
    let known = std::sync::Arc::new(super::tail::Log::empty(LOG, Position::default()));
    let batch = Batch { log: LOG, records, producer: Producer::default() };
    let made = body::encode(&[batch], |_| Some(known.clone()), &Buffers::default());
    made.buffer.bytes()[HEADER_BYTES..].to_vec()
}

/// A segment's frames lie behind each other, whole; damage lies between them; nothing is said of what the file does not hold.
pub fn segment(bytes: &[u8], first_place: u64, durable: u64) {
    let mut bytes = bytes.to_vec();
    mend(AHEAD_PREFIX, &mut bytes);
    let Ok(Some((incarnation, first_place))) = decode_header(&encode(1, first_place)) else { return };
    let identity = Identity { incarnation, first_place };
    let found = scan(&bytes, identity, BLOCK_BYTES, durable);
    let mut behind = BLOCK_BYTES;
    for frame in &found.frames {
        let at = frame.place - first_place;
        assert!(at >= behind);
        assert_eq!(frame_at(&bytes, identity, at), Some(*frame));
        behind = at + frame.frame_bytes();
    }
    assert!(behind <= found.end.max(BLOCK_BYTES));
    for (from, to) in &found.damage {
        assert!(from < to && *to <= bytes.len() as u64, "{from} {to}");
    }
    assert!(found.damage.is_sorted());
}

/// Gives every checksum in a file of that name the value that its bytes have, so that what was changed is looked at.
pub fn mend(name: &str, bytes: &mut [u8]) {
    if !name.starts_with(AHEAD_PREFIX) && !name.starts_with(HISTORY_PREFIX) {
        mend_at(bytes, 0, bytes.len().saturating_sub(4));
        return;
    }
    mend_at(bytes, 0, 24);
    let mut at = BLOCK_BYTES as usize;
    while at < bytes.len() {
        at = mend_frame(bytes, at).unwrap_or((at + 1).next_multiple_of(BLOCK_BYTES as usize));
    }
}

/// The same for the frame at `at`; where it ends, if there is one.
fn mend_frame(bytes: &mut [u8], at: usize) -> Option<usize> {
    let header = bytes.get(at..)?.get(..HEADER_BYTES).filter(|h| h[..4] == MAGIC)?;
    let body = at + HEADER_BYTES;
    let end = body + u32_at(header, 8) as usize;
    let checksum = crc32c(bytes.get(body..end).unwrap_or_default());
    bytes[at + 12..at + 16].copy_from_slice(&checksum.to_le_bytes());
    mend_at(bytes, at, HEADER_BYTES - 4);
    Some(end)
}

fn mend_at(bytes: &mut [u8], from: usize, length: usize) {
    if let Some(summed) = bytes.get(from..from + length).map(crc32c)
        && let Some(place) = bytes.get_mut(from + length..from + length + 4)
    {
        place.copy_from_slice(&summed.to_le_bytes());
    }
}

/// The bytes of a frame of records whose place is `place`: for seeds.
pub fn frame(place: u64, body: &[u8]) -> Vec<u8> {
    let mut header = FrameHeader::about(FrameKind::Records, LOG);
    header.incarnation = 1;
    header.place = place;
    header.count = 1;
    header.body_bytes = body.len() as u32;
    header.body_crc = crc32c(body);
    [&header.encode()[..], body].concat()
}
