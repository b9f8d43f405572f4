//! A frame's header: 112 bytes under their own checksum, which covers the body's.

use anabranch_types::Timestamp;

use super::checksum::crc32c;
use crate::{GroupId, LogId, Offset, Position, Producer, Timeline};

/// The smallest unit that is written: each sync begins on a fresh one.
pub const BLOCK_BYTES: u64 = 4096;
/// A header's length.
pub const HEADER_BYTES: usize = 112;
/// A body's greatest length: a request of 10 MiB with room for what frames add to it.
pub const BODY_BYTES_MAX: usize = 12 * 1024 * 1024;

/// Places and offsets beyond this were never written: sums of the ones that are read do not overflow.
pub const NUMBER_MAX: u64 = 1 << 62;

const MAGIC: [u8; 4] = *b"ABRf";

/// What a frame says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum FrameKind {
    /// Records of one log, appended together.
    Records = 1,
    /// The end of a log.
    Close = 2,
    /// Nothing: fills a block.
    Padding = 3,
    /// A log begins to exist.
    Create = 4,
    /// Records of a group that arrived before this frame's arrival time are gone.
    Trim = 5,
    /// A log is gone.
    Remove = 6,
    /// A group is gone with all its logs.
    RemoveGroup = 7,
    /// What a run of a history segment holds.
    Index = 8,
    /// Records that a repair gave up, in history only: readers pass over them.
    Lost = 9,
}

impl FrameKind {
    fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            1 => Self::Records,
            2 => Self::Close,
            3 => Self::Padding,
            4 => Self::Create,
            5 => Self::Trim,
            6 => Self::Remove,
            7 => Self::RemoveGroup,
            8 => Self::Index,
            9 => Self::Lost,
            _ => return None,
        })
    }
}

/// A frame's header. docs/formats/log.md has the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHeader {
    /// What the frame says.
    pub kind: FrameKind,
    /// Reserved; 0.
    pub flags: u16,
    /// The body's length.
    pub body_bytes: u32,
    /// The body's crc32c.
    pub body_crc: u32,
    /// The incarnation of the write-ahead segment it was written to.
    pub incarnation: u64,
    /// Where it stands in the write-ahead log.
    pub place: u64,
    /// Everything before this place was durable when the frame was written.
    pub durable: u64,
    /// The log it is about; padding: group 0, index 0.
    pub log: LogId,
    /// The records in it.
    pub count: u32,
    /// The first record's place, or where the log was closed.
    pub first: Position,
    /// When it arrived.
    pub arrival: Timestamp,
    /// Who appended.
    pub producer: Producer,
}

impl FrameHeader {
    /// A header without body, about `log`; the rest is filled in when it is given its place.
    pub fn about(kind: FrameKind, log: LogId) -> Self {
        Self {
            kind,
            flags: 0,
            body_bytes: 0,
            body_crc: crc32c(&[]),
            incarnation: 0,
            place: 0,
            durable: 0,
            log,
            count: 0,
            first: Position::default(),
            arrival: Timestamp::default(),
            producer: Producer::default(),
        }
    }

    /// Header and body together.
    pub fn frame_bytes(&self) -> u64 {
        HEADER_BYTES as u64 + u64::from(self.body_bytes)
    }

    /// The header's bytes.
    pub fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut out = [0; HEADER_BYTES];
        let mut put = |at: usize, bytes: &[u8]| out[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, &MAGIC);
        put(4, &[self.kind as u8]);
        put(6, &self.flags.to_le_bytes());
        put(8, &self.body_bytes.to_le_bytes());
        put(12, &self.body_crc.to_le_bytes());
        put(16, &self.incarnation.to_le_bytes());
        put(24, &self.place.to_le_bytes());
        put(32, &self.durable.to_le_bytes());
        put(40, &self.log.group.0.to_le_bytes());
        put(48, &self.log.index.to_le_bytes());
        put(52, &self.count.to_le_bytes());
        put(56, &self.first.offset.0.to_le_bytes());
        put(64, &self.arrival.millis().to_le_bytes());
        put(72, &self.first.timeline.0.to_le_bytes());
        put(80, &self.producer.id.to_le_bytes());
        put(88, &self.producer.sequence.to_le_bytes());
        let crc = crc32c(&out[..HEADER_BYTES - 4]);
        out[HEADER_BYTES - 4..].copy_from_slice(&crc.to_le_bytes());
        out
    }

    /// The header that these bytes begin with, or `None` if they are none or damaged.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; HEADER_BYTES] = bytes.get(..HEADER_BYTES)?.try_into().ok()?;
        if bytes[..4] != MAGIC || u32_at(bytes, HEADER_BYTES - 4) != crc32c(&bytes[..HEADER_BYTES - 4]) {
            return None;
        }
        let header = Self {
            kind: FrameKind::from_number(bytes[4])?,
            flags: u16_at(bytes, 6),
            body_bytes: u32_at(bytes, 8),
            body_crc: u32_at(bytes, 12),
            incarnation: u64_at(bytes, 16),
            place: u64_at(bytes, 24),
            durable: u64_at(bytes, 32),
            log: LogId { group: GroupId(u64_at(bytes, 40)), index: u32_at(bytes, 48) },
            count: u32_at(bytes, 52),
            first: Position { timeline: Timeline(u16_at(bytes, 72)), offset: Offset(u64_at(bytes, 56)) },
            arrival: Timestamp::from_millis(u64_at(bytes, 64).cast_signed()),
            producer: Producer { id: u64_at(bytes, 80), sequence: u64_at(bytes, 88) },
        };
        let is_possible = header.place.max(header.durable).max(header.first.offset.0) <= NUMBER_MAX;
        (is_possible && header.body_bytes as usize <= BODY_BYTES_MAX).then_some(header)
    }

    /// Whether bytes begin as a frame of this incarnation does, damaged or not: what a torn write leaves.
    pub fn looks_like(bytes: &[u8], incarnation: u64) -> bool {
        bytes.len() >= 24 && bytes[..4] == MAGIC && u64_at(bytes, 16) == incarnation
    }
}

/// Where the next frame may begin at or after `at`: a header never lies across the end of a block's last [`HEADER_BYTES`].
pub fn next_start(at: u64) -> u64 {
    let left = BLOCK_BYTES - at % BLOCK_BYTES;
    if left < HEADER_BYTES as u64 { at + left } else { at }
}

/// The next block's beginning at or after `at`.
pub fn block_end(at: u64) -> u64 {
    at.next_multiple_of(BLOCK_BYTES)
}

pub(super) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(bytes[at..at + 2].try_into().expect("two bytes"))
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}
