//! Which part of a log stream holds which times.

use anabranch_log::{Offset, Position, Timeline};
use bytes::{Buf, BufMut, Bytes, BytesMut};

/// A chunk ends with the batch that brings it to as many bytes: what a page reads at least, and what 40 bytes of memory stand for.
pub(crate) const CHUNK_BYTES: u64 = 256 * 1024;
/// The version of what stands in a batch's header and in the index.
const VERSION: u8 = 1;

/// A run of a stream's batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chunk {
    /// Its first batch.
    pub from: Position,
    pub first_ms: i64,
    pub last_ms: i64,
    /// What its events count.
    pub bytes: u64,
}

/// What a batch holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    pub first_ms: i64,
    pub last_ms: i64,
    pub bytes: u64,
}

/// A stream's chunks: the closed ones, which the index keeps, and the one that grows, which the last batch's header tells.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chunks {
    closed: Vec<Chunk>,
    open: Option<Chunk>,
}

impl Chunk {
    /// The last time of a chunk whose times nobody knows.
    pub const UNKNOWN_MS: i64 = i64::MAX;

    fn taking(self, extent: Extent) -> Self {
        Self {
            from: self.from,
            first_ms: self.first_ms.min(extent.first_ms),
            last_ms: self.last_ms.max(extent.last_ms),
            bytes: self.bytes + extent.bytes,
        }
    }
}

impl Extent {
    pub fn starting_at(self, from: Position) -> Chunk {
        let Extent { first_ms, last_ms, bytes } = self;
        Chunk { from, first_ms, last_ms, bytes }
    }
}

impl Chunks {
    /// The chunk that ends before the next batch, if that begins a new one.
    pub fn ending(&self) -> Option<Chunk> {
        self.open.filter(|open| open.bytes >= CHUNK_BYTES)
    }

    /// What the next batch's header says: the chunk it belongs to, none for one that it begins.
    pub fn header(&self, extent: Extent) -> Bytes {
        let grown = self.open.filter(|open| open.bytes < CHUNK_BYTES).map(|open| open.taking(extent));
        header(grown, extent)
    }

    /// Takes in a batch that stands at this position.
    pub fn take(&mut self, at: Position, extent: Extent) {
        match self.open {
            Some(open) if open.bytes < CHUNK_BYTES => self.open = Some(open.taking(extent)),
            Some(full) => {
                self.closed.push(full);
                self.open = Some(extent.starting_at(at));
            }
            None => self.open = Some(extent.starting_at(at)),
        }
    }

    /// Takes in a chunk that the index keeps.
    pub fn take_closed(&mut self, chunk: Chunk) {
        self.closed.push(chunk);
    }

    /// Takes in the chunk that the last batch tells.
    pub fn set_open(&mut self, chunk: Chunk) {
        self.open = Some(chunk);
    }

    /// Forgets what stands before this position, but for the chunk it lies in.
    pub fn forget_before(&mut self, start: Position) {
        let ends = self.closed.iter().chain(&self.open).skip(1).map(|next| next.from);
        let gone = ends.take_while(|end| *end <= start).count().min(self.closed.len());
        self.closed.drain(..gone);
    }

    /// Every chunk with where it ends; none for the one that grows.
    pub fn all(&self) -> impl Iterator<Item = (Chunk, Option<Position>)> {
        let ends = self.closed.iter().chain(&self.open).skip(1).map(|next| Some(next.from)).chain([None]);
        self.closed.iter().chain(&self.open).copied().zip(ends)
    }

    /// The first and the last event's time.
    pub fn times(&self) -> Option<(i64, i64)> {
        let all = || self.closed.iter().chain(&self.open).filter(|c| c.last_ms != Chunk::UNKNOWN_MS);
        Some((all().map(|c| c.first_ms).min()?, all().map(|c| c.last_ms).max()?))
    }

    pub fn bytes(&self) -> u64 {
        self.closed.iter().chain(&self.open).map(|chunk| chunk.bytes).sum()
    }
}

/// A batch's header: version, 1 if it begins a chunk (else 0), then that chunk as it is with this batch, its beginning 0 if this is it.
fn header(grown: Option<Chunk>, extent: Extent) -> Bytes {
    let mut out = BytesMut::with_capacity(36);
    out.put_u8(VERSION);
    out.put_u8(u8::from(grown.is_none()));
    put_chunk(&mut out, &grown.unwrap_or_else(|| extent.starting_at(Position::default())));
    out.freeze()
}

/// The chunk as it is with the batch at this position, by the batch's header.
pub(crate) fn read_header(mut header: Bytes, at: Position) -> Option<Chunk> {
    if header.len() != 2 + CHUNK_LENGTH || header.get_u8() != VERSION {
        return None;
    }
    let begins = header.get_u8() == 1;
    let chunk = get_chunk(&mut header);
    Some(if begins { Chunk { from: at, ..chunk } } else { chunk })
}

/// An entry of the index: version, the stream's number, the chunk and where it ends.
pub(crate) fn index_entry(stream: u32, chunk: &Chunk, end: Position) -> Bytes {
    let mut out = BytesMut::with_capacity(5 + CHUNK_LENGTH + POSITION_LENGTH);
    out.put_u8(VERSION);
    out.put_u32_le(stream);
    put_chunk(&mut out, chunk);
    put_position(&mut out, end);
    out.freeze()
}

/// An entry of the index: the stream, the chunk and where it ends.
pub(crate) fn read_index_entry(mut entry: Bytes) -> Option<(u32, Chunk, Position)> {
    if entry.len() != 5 + CHUNK_LENGTH + POSITION_LENGTH || entry.get_u8() != VERSION {
        return None;
    }
    Some((entry.get_u32_le(), get_chunk(&mut entry), get_position(&mut entry)))
}

const POSITION_LENGTH: usize = 10;
const CHUNK_LENGTH: usize = POSITION_LENGTH + 24;

fn put_chunk(out: &mut BytesMut, chunk: &Chunk) {
    put_position(out, chunk.from);
    out.put_i64_le(chunk.first_ms);
    out.put_i64_le(chunk.last_ms);
    out.put_u64_le(chunk.bytes);
}

fn get_chunk(bytes: &mut Bytes) -> Chunk {
    let from = get_position(bytes);
    Chunk { from, first_ms: bytes.get_i64_le(), last_ms: bytes.get_i64_le(), bytes: bytes.get_u64_le() }
}

/// As in the index, also where an outbox tells of a stream's batch.
pub(crate) fn put_position(out: &mut BytesMut, position: Position) {
    out.put_u16_le(position.timeline.0);
    out.put_u64_le(position.offset.0);
}

pub(crate) fn get_position(bytes: &mut Bytes) -> Position {
    Position { timeline: Timeline(bytes.get_u16_le()), offset: Offset(bytes.get_u64_le()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(offset: u64) -> Position {
        Position { timeline: Timeline(0), offset: Offset(offset) }
    }

    fn extent(first_ms: i64, last_ms: i64, bytes: u64) -> Extent {
        Extent { first_ms, last_ms, bytes }
    }

    #[test]
    fn a_chunk_grows_to_its_bytes_and_the_next_batch_begins_another() {
        let mut chunks = Chunks::default();
        let batches = [extent(5, 9, CHUNK_BYTES / 2), extent(3, 6, CHUNK_BYTES / 2), extent(8, 8, 1)];
        for (offset, extent) in (0..).zip(batches) {
            assert_eq!(chunks.ending().is_some(), offset == 2);
            let told = read_header(chunks.header(extent), at(offset)).unwrap();
            chunks.take(at(offset), extent);
            assert_eq!(chunks.all().last(), Some((told, None)));
        }
        let whole = Chunk { from: at(0), first_ms: 3, last_ms: 9, bytes: CHUNK_BYTES };
        assert_eq!(chunks.all().next(), Some((whole, Some(at(2)))));
        assert_eq!((chunks.times(), chunks.bytes()), (Some((3, 9)), CHUNK_BYTES + 1));
        assert_eq!(read_index_entry(index_entry(7, &whole, at(2))), Some((7, whole, at(2))));
        assert_eq!(read_index_entry(Bytes::from_static(b"\x01")), None);

        chunks.forget_before(at(1));
        assert_eq!(chunks.all().count(), 2);
        chunks.forget_before(at(2));
        assert_eq!(chunks.all().map(|(chunk, _)| chunk.from).collect::<Vec<_>>(), [at(2)]);
        chunks.forget_before(at(9));
        assert_eq!(chunks.all().count(), 1);
    }
}
