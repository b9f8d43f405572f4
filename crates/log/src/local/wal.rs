//! The write-ahead log's end: gives frames their places and writes them in groups, each with one sync.

use std::io::{self, IoSlice};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;

use super::frame::{BLOCK_BYTES, FrameHeader, FrameKind, HEADER_BYTES, block_end, next_start};
use super::lock;
use super::mutants::{self, Mutant};
use super::segment::Segment;
use super::shared::Shared;
use super::spares::Spares;
use super::tail::SharedLog;
use crate::{GroupId, LogId};

/// Room at a segment's end that records may not take: closing and removing must work on a full disk.
const RESERVED_BYTES: u64 = 256 * 1024;

/// The longest frame that surely fits an empty segment of that length.
pub fn frame_bytes_max(segment_bytes: u64) -> u64 {
    segment_bytes.saturating_sub(2 * BLOCK_BYTES + reserved_bytes(segment_bytes))
}

fn reserved_bytes(segment_bytes: u64) -> u64 {
    RESERVED_BYTES.min(segment_bytes / 8)
}

/// A frame that has its place.
pub struct Placed {
    /// Its header.
    pub header: FrameHeader,
    /// Header and body.
    pub bytes: Bytes,
    /// Whose records they are.
    pub log: Option<SharedLog>,
}

/// The end of the write-ahead log.
pub struct Wal {
    shared: Arc<Shared>,
    spares: Arc<Spares>,
    segment: Arc<Segment>,
    /// In the segment's file: where the group that is being filled begins.
    group_at: u64,
    /// Where its next frame may begin.
    next_at: u64,
    group: Vec<Placed>,
    /// Whose frame was placed last; surely noted in the segment.
    last_group: Option<GroupId>,
    /// Everything before this place is durable.
    durable: u64,
}

/// Whether a group must be durable when it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Write {
    /// Written and synced.
    Synced,
    /// Written.
    Buffered,
}

impl Wal {
    /// Continues in a segment that was just begun.
    pub fn new(shared: Arc<Shared>, spares: Arc<Spares>, segment: Arc<Segment>) -> Self {
        shared.add_segment(segment.clone());
        let durable = segment.first_place + BLOCK_BYTES;
        Self {
            shared,
            spares,
            segment,
            group_at: BLOCK_BYTES,
            next_at: BLOCK_BYTES,
            group: Vec::new(),
            last_group: None,
            durable,
        }
    }

    /// Bytes of frames in the group that is being filled.
    pub fn group_bytes(&self) -> u64 {
        self.next_at - self.group_at
    }

    /// Whether something was written that is not durable yet.
    pub fn is_unsynced(&self) -> bool {
        self.durable < self.segment.first_place + self.group_at
    }

    /// Whether frames of that length together can be added to the group, gaps between them included; if not, the group must be written
    /// and [`Wal::next_segment`] begun.
    pub fn has_room(&self, kind: FrameKind, frame_bytes: u64) -> bool {
        let reserved = if kind == FrameKind::Records { reserved_bytes(self.segment.length) } else { 0 };
        block_end(next_start(self.next_at) + frame_bytes) + reserved <= self.segment.length
    }

    /// The place behind everything that was written.
    pub fn end_place(&self) -> u64 {
        self.segment.first_place + self.group_at
    }

    /// The incarnation that is written to.
    pub fn incarnation(&self) -> u64 {
        self.segment.incarnation
    }

    /// Whether nothing was written to the segment yet.
    pub fn is_fresh(&self) -> bool {
        self.group_at == BLOCK_BYTES
    }

    /// Gives a frame its place in the group; [`Wal::push`] must follow with its bytes, in the same order.
    pub fn place(&mut self, header: &mut FrameHeader) {
        if self.last_group != Some(header.log.group) {
            self.last_group = Some(header.log.group);
            lock(&self.segment.groups).insert(header.log.group);
        }
        let at = next_start(self.next_at);
        header.incarnation = self.segment.incarnation;
        header.place = self.segment.first_place + at;
        header.durable = self.durable;
        self.next_at = at + header.frame_bytes();
    }

    /// Adds a frame that has its place.
    pub fn push(&mut self, placed: Placed) {
        self.group.push(placed);
    }

    /// Writes the group, padded to a block's end. What was in it.
    pub fn write(&mut self, write: Write) -> io::Result<Vec<Placed>> {
        if !self.group.is_empty() {
            let padding = self.padding();
            let pieces = pieces(&self.group, &padding, self.segment.first_place + self.group_at);
            self.segment.file.write_at(&pieces, self.group_at)?;
            self.group_at = block_end(self.next_at);
            self.next_at = self.group_at;
            if self.group_at > self.segment.length / 4 {
                self.spares.want();
            }
        }
        if write == Write::Synced {
            self.sync()?;
        }
        Ok(std::mem::take(&mut self.group))
    }

    /// What the group holds so far, before it is written.
    pub fn group(&self) -> &[Placed] {
        &self.group
    }

    /// Makes everything written durable.
    pub fn sync(&mut self) -> io::Result<()> {
        if self.is_unsynced() {
            if !mutants::is(Mutant::SyncDoesNothing) {
                self.segment.file.sync()?;
            }
            self.shared.counters().syncs.fetch_add(1, Ordering::Relaxed);
            self.durable = self.segment.first_place + self.group_at;
        }
        Ok(())
    }

    /// Goes on in a new segment. An error of kind `StorageFull` leaves everything as it was.
    pub fn next_segment(&mut self) -> io::Result<()> {
        let spare = self.spares.take()?;
        self.sync()?;
        let first_place = self.segment.first_place + self.group_at;
        self.segment = spare.begin(self.segment.incarnation + 1, first_place)?;
        self.shared.add_segment(self.segment.clone());
        self.group_at = BLOCK_BYTES;
        self.next_at = BLOCK_BYTES;
        self.last_group = None;
        self.durable = first_place + BLOCK_BYTES;
        Ok(())
    }

    /// What fills the group's last block: a frame, or nothing but zeros where a header does not fit.
    fn padding(&self) -> Vec<u8> {
        let at = next_start(self.next_at);
        let end = block_end(self.next_at);
        if at >= end {
            return Vec::new();
        }
        let body_bytes = (end - at) as usize - HEADER_BYTES;
        let mut out = vec![0; HEADER_BYTES + body_bytes];
        let mut header = FrameHeader::about(FrameKind::Padding, LogId { group: GroupId(0), index: 0 });
        header.body_bytes = body_bytes as u32;
        header.body_crc = super::checksum::crc32c(&out[HEADER_BYTES..]);
        header.incarnation = self.segment.incarnation;
        header.place = self.segment.first_place + at;
        header.durable = self.durable;
        out[..HEADER_BYTES].copy_from_slice(&header.encode());
        out
    }
}

/// The group's bytes from `place` on, gaps between frames filled with zeros.
fn pieces<'a>(group: &'a [Placed], padding: &'a [u8], place: u64) -> Vec<IoSlice<'a>> {
    const GAP: [u8; HEADER_BYTES] = [0; HEADER_BYTES];
    let mut pieces = Vec::with_capacity(group.len() * 2 + 2);
    let mut at = place;
    for placed in group {
        let gap = (placed.header.place - at) as usize;
        if gap > 0 {
            pieces.push(IoSlice::new(&GAP[..gap]));
        }
        pieces.push(IoSlice::new(&placed.bytes));
        at = placed.header.place + placed.bytes.len() as u64;
    }
    if padding.is_empty() {
        pieces.push(IoSlice::new(&GAP[..(block_end(at) - at) as usize]));
    } else {
        pieces.push(IoSlice::new(padding));
    }
    pieces
}
