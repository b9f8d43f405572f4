//! The body of a frame of records: one record after the other, each a head of 12 bytes and its parts.

use anabranch_types::Timestamp;
use bytes::Bytes;

use super::checksum::crc32c;
use super::frame::{BODY_BYTES_MAX, FrameHeader, FrameKind, HEADER_BYTES, u16_at, u32_at};
use super::tail::SharedLog;
use crate::buffers::{Buffer, Buffers};
use crate::{Batch, LogId, NewRecord, Offset, Position, Record, Refusal, Seal};

/// A record's head: flags, a reserved byte, the lengths of key, headers and data.
pub const HEAD_BYTES: usize = 12;
const HAS_KEY: u8 = 1;
const HAS_EXPLICIT_HASH: u8 = 2;
const HAS_SEAL: u8 = 4;

/// The frames of one call before they have their places: one after the other in one buffer, room for each header included.
pub struct NewFrames {
    /// A frame for each batch, or why there is none.
    pub frames: Vec<Result<NewFrame, Refusal>>,
    /// Where they stand.
    pub buffer: Buffer,
}

/// A frame before it has its place.
pub struct NewFrame {
    /// Its log.
    pub log: SharedLog,
    /// All but what the writer fills in.
    pub header: FrameHeader,
    /// Where it begins in the buffer.
    pub at: usize,
}

/// Encodes batches. One is refused if its log is not found, it is empty, or a part is longer than the format holds.
pub fn encode(batches: &[Batch], find: impl Fn(LogId) -> Option<SharedLog>, buffers: &Buffers) -> NewFrames {
    let lengths: Vec<Option<usize>> = batches.iter().map(body_bytes).collect();
    let frames_bytes = lengths.iter().flatten().map(|body| HEADER_BYTES + body).sum();
    let mut buffer = buffers.take(frames_bytes);
    let frames = batches
        .iter()
        .zip(lengths)
        .map(|(batch, length)| {
            let log = find(batch.log).ok_or(Refusal::Unknown)?;
            let length = length.ok_or(Refusal::TooLarge)?;
            Ok(put_frame(&mut buffer, batch, log, length))
        })
        .collect();
    NewFrames { frames, buffer }
}

/// What a batch's records take in a frame; `None` if there are none or they are too long.
fn body_bytes(batch: &Batch) -> Option<usize> {
    let mut bytes = 0;
    for record in &batch.records {
        bytes += record_bytes(record)?;
    }
    (bytes > 0 && bytes <= BODY_BYTES_MAX).then_some(bytes)
}

fn put_frame(buffer: &mut Buffer, batch: &Batch, log: SharedLog, length: usize) -> NewFrame {
    let at = buffer.bytes().len();
    buffer.extend(&[0; HEADER_BYTES]);
    batch.records.iter().for_each(|record| put(buffer, record));
    let mut header = FrameHeader::about(FrameKind::Records, batch.log);
    header.body_bytes = length as u32;
    header.body_crc = crc32c(&buffer.bytes()[at + HEADER_BYTES..]);
    header.count = batch.records.len() as u32;
    header.producer = batch.producer;
    NewFrame { log, header, at }
}

/// What a record takes in a frame, or `None` if a part is too long for its length's field.
fn record_bytes(record: &NewRecord) -> Option<usize> {
    let key = record.key.as_ref().map_or(0, Bytes::len);
    if key > usize::from(u16::MAX) || record.headers.len() > 64 * 1024 || record.data.len() > BODY_BYTES_MAX {
        return None;
    }
    let hash = if record.explicit_hash.is_some() { 16 } else { 0 };
    let seal = if record.seal.is_some() { 16 } else { 0 };
    Some(HEAD_BYTES + hash + seal + key + record.headers.len() + record.data.len())
}

fn put(out: &mut Buffer, record: &NewRecord) {
    let key = record.key.as_deref().unwrap_or_default();
    let mut head = [0; HEAD_BYTES];
    head[0] = if record.key.is_some() { HAS_KEY } else { 0 }
        | if record.explicit_hash.is_some() { HAS_EXPLICIT_HASH } else { 0 }
        | if record.seal.is_some() { HAS_SEAL } else { 0 };
    head[2..4].copy_from_slice(&(key.len() as u16).to_le_bytes());
    head[4..8].copy_from_slice(&(record.headers.len() as u32).to_le_bytes());
    head[8..12].copy_from_slice(&(record.data.len() as u32).to_le_bytes());
    out.extend(&head);
    if let Some(hash) = record.explicit_hash {
        out.extend(&hash.to_le_bytes());
    }
    if let Some(seal) = record.seal {
        out.extend(&seal.data_key.to_le_bytes());
        out.extend(&seal.nonce);
    }
    out.extend(key);
    out.extend(&record.headers);
    out.extend(&record.data);
}

/// The records of a frame's body, which are slices of it. Ends early where the body is not what its header says.
pub struct Records {
    body: Bytes,
    at: usize,
    next: Position,
    left: u32,
    arrival: Timestamp,
}

impl Records {
    /// The records of `body`, numbered from `first` on.
    pub fn new(body: Bytes, first: Position, count: u32, arrival: Timestamp) -> Self {
        Self { body, at: 0, next: first, left: count, arrival }
    }

    /// The body's next `length` bytes.
    fn part(&mut self, length: usize) -> Option<Bytes> {
        let end = self.at.checked_add(length).filter(|end| *end <= self.body.len())?;
        if length == 0 {
            return Some(Bytes::new());
        }
        let part = self.body.slice(self.at..end);
        self.at = end;
        Some(part)
    }

    /// The next record's head, which is not consumed.
    fn head(&self) -> Option<(u8, usize, usize, usize)> {
        let head = self.body.get(self.at..)?.get(..HEAD_BYTES)?;
        Some((head[0], u16_at(head, 2) as usize, u32_at(head, 4) as usize, u32_at(head, 8) as usize))
    }

    /// Passes over records before `offset`.
    pub fn skip_to(&mut self, offset: Offset) {
        while self.left > 0 && self.next.offset < offset {
            let Some((flags, key, headers, data)) = self.head() else {
                self.left = 0;
                return;
            };
            self.at += HEAD_BYTES + fixed_bytes(flags) + key + headers + data;
            self.step();
        }
    }

    /// Bytes of key and data of the next record.
    pub fn next_bytes(&self) -> Option<usize> {
        let (_, key, _, data) = self.head().filter(|_| self.left > 0)?;
        Some(key + data)
    }

    fn step(&mut self) {
        self.left -= 1;
        self.next.offset.0 += 1;
    }

    fn read(&mut self) -> Option<NewRecord> {
        let (flags, key, headers, data) = self.head()?;
        self.at += HEAD_BYTES;
        let explicit_hash = if flags & HAS_EXPLICIT_HASH != 0 {
            Some(u128::from_le_bytes(self.part(16)?.as_ref().try_into().ok()?))
        } else {
            None
        };
        let seal = if flags & HAS_SEAL != 0 {
            let bytes = self.part(16)?;
            Some(Seal { data_key: u32_at(&bytes, 0), nonce: bytes[4..].try_into().ok()? })
        } else {
            None
        };
        let key_part = self.part(key)?;
        Some(NewRecord {
            key: (flags & HAS_KEY != 0).then_some(key_part),
            explicit_hash,
            headers: self.part(headers)?,
            data: self.part(data)?,
            seal,
        })
    }
}

fn fixed_bytes(flags: u8) -> usize {
    16 * usize::from(flags & HAS_EXPLICIT_HASH != 0) + 16 * usize::from(flags & HAS_SEAL != 0)
}

impl Iterator for Records {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        if self.left == 0 {
            return None;
        }
        let position = self.next;
        let Some(record) = self.read() else {
            self.left = 0;
            return None;
        };
        self.step();
        Some(Record { position, arrival: self.arrival, record })
    }
}

#[cfg(test)]
pub mod tests;
