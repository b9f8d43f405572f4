use anabranch_types::Timestamp;

use crate::local::frame::{BODY_BYTES_MAX, HEADER_BYTES, NUMBER_MAX, u16_at, u32_at, u64_at};
use crate::{Offset, Position, Timeline};

/// A part is closed when it has reached this length: what a reader in the middle has to read too much at the most, frames apart.
pub const PART_BYTES: u64 = 256 * 1024;

/// A part is no longer: one frame more than [`PART_BYTES`].
const BYTES_MAX: usize = PART_BYTES as usize + HEADER_BYTES + BODY_BYTES_MAX;

/// Frames of one log that stand together in a history segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The log within the group.
    pub log: u32,
    /// The first record's position.
    pub first: Position,
    /// Records in it, all of one timeline and without a gap.
    pub count: u32,
    /// Where it begins in the file.
    pub at: u64,
    /// Its length.
    pub bytes: u32,
    /// The first record's arrival.
    pub first_arrival: Timestamp,
    /// The last record's arrival.
    pub last_arrival: Timestamp,
}

impl Part {
    /// A part's length in an index.
    pub const ENTRY_BYTES: usize = 48;

    /// The position behind its last record.
    pub fn end(&self) -> Position {
        Position {
            timeline: self.first.timeline,
            offset: Offset(self.first.offset.0 + u64::from(self.count)),
        }
    }

    /// Where it ends in the file.
    pub fn end_at(&self) -> u64 {
        self.at + u64::from(self.bytes)
    }

    /// Its entry in an index.
    pub fn encode(&self) -> [u8; Self::ENTRY_BYTES] {
        let mut out = [0; Self::ENTRY_BYTES];
        out[..4].copy_from_slice(&self.log.to_le_bytes());
        out[4..6].copy_from_slice(&self.first.timeline.0.to_le_bytes());
        out[8..16].copy_from_slice(&self.first.offset.0.to_le_bytes());
        out[16..20].copy_from_slice(&self.count.to_le_bytes());
        out[20..24].copy_from_slice(&self.bytes.to_le_bytes());
        out[24..32].copy_from_slice(&self.at.to_le_bytes());
        out[32..40].copy_from_slice(&self.first_arrival.millis().to_le_bytes());
        out[40..48].copy_from_slice(&self.last_arrival.millis().to_le_bytes());
        out
    }

    /// The part an entry names; `None` for one that was never written.
    pub fn decode(entry: &[u8; Self::ENTRY_BYTES]) -> Option<Self> {
        let part = Self {
            log: u32_at(entry, 0),
            first: Position { timeline: Timeline(u16_at(entry, 4)), offset: Offset(u64_at(entry, 8)) },
            count: u32_at(entry, 16),
            bytes: u32_at(entry, 20),
            at: u64_at(entry, 24),
            first_arrival: Timestamp::from_millis(u64_at(entry, 32).cast_signed()),
            last_arrival: Timestamp::from_millis(u64_at(entry, 40).cast_signed()),
        };
        let is_possible = part.first.offset.0.max(part.at) <= NUMBER_MAX && part.bytes as usize <= BYTES_MAX;
        is_possible.then_some(part)
    }
}
