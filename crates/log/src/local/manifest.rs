//! The file `checkpoint`: where the write-ahead log must be read from, and what was known before that place.

use std::collections::BTreeSet;
use std::io;

use anabranch_types::Timestamp;

use super::checksum::crc32c;
use super::frame::{NUMBER_MAX, u16_at, u32_at, u64_at};
use super::history::Meta;
use super::replace::replace;
use crate::disk::Disk;
use crate::{GroupId, LogId, Offset, Position, Timeline};

const NAME: &str = "checkpoint";
const MAGIC: [u8; 4] = *b"ABRc";
const VERSION: u32 = 1;
const HEADER_BYTES: usize = 48;
const GROUP_BYTES: usize = 24;
const SEGMENT_BYTES: usize = 40;
const LOG_BYTES: usize = 56;
const CLOSED: u16 = 1;
const HAS_ARRIVAL: u16 = 2;

/// What a checkpoint knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// Everything before this place of the write-ahead log is in history segments or below.
    pub place: u64,
    /// The greatest incarnation so far.
    pub incarnation: u64,
    /// The next history segment's number.
    pub next_segment: u64,
    /// Groups with a history or a trim.
    pub groups: Vec<ManifestGroup>,
    /// Every log.
    pub logs: Vec<ManifestLog>,
}

/// A group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestGroup {
    /// Which.
    pub group: GroupId,
    /// What arrived before is gone; the least time for nothing.
    pub trimmed_before: Timestamp,
    /// Its history, oldest first: number, and how far it goes.
    pub segments: Vec<(u64, Meta)>,
}

/// A log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ManifestLog {
    /// Which.
    pub id: LogId,
    /// Nothing before it can be read.
    pub start: Position,
    /// Behind its last record.
    pub next: Position,
    /// The last record's arrival.
    pub last_arrival: Option<Timestamp>,
    /// Nothing comes any more.
    pub closed: bool,
}

impl Manifest {
    /// Forgets groups that were removed since.
    pub fn forget(&mut self, removed: &BTreeSet<GroupId>) {
        self.groups.retain(|group| !removed.contains(&group.group));
        self.logs.retain(|log| !removed.contains(&log.id.group));
    }
}

/// The last checkpoint; `None` if there never was one.
pub fn load(disk: &dyn Disk) -> io::Result<Option<Manifest>> {
    let file = match disk.open(NAME) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(e),
    };
    let mut bytes = vec![0; file.length()? as usize];
    file.read_at(&mut bytes, 0)?;
    decode(&bytes).map(Some)
}

/// Replaces the checkpoint; durable when this returns.
pub fn store(disk: &dyn Disk, manifest: &Manifest) -> io::Result<()> {
    replace(disk, NAME, &encode(manifest))
}

fn encode(manifest: &Manifest) -> Vec<u8> {
    let mut out = Vec::new();
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&VERSION.to_le_bytes());
    out.extend_from_slice(&manifest.place.to_le_bytes());
    out.extend_from_slice(&manifest.incarnation.to_le_bytes());
    out.extend_from_slice(&manifest.next_segment.to_le_bytes());
    out.extend_from_slice(&(manifest.groups.len() as u64).to_le_bytes());
    out.extend_from_slice(&(manifest.logs.len() as u64).to_le_bytes());
    manifest.groups.iter().for_each(|g| encode_group(&mut out, g));
    manifest.logs.iter().for_each(|l| encode_log(&mut out, l));
    let crc = crc32c(&out);
    out.extend_from_slice(&crc.to_le_bytes());
    out
}

fn encode_group(out: &mut Vec<u8>, group: &ManifestGroup) {
    out.extend_from_slice(&group.group.0.to_le_bytes());
    out.extend_from_slice(&group.trimmed_before.millis().to_le_bytes());
    out.extend_from_slice(&(group.segments.len() as u64).to_le_bytes());
    for (number, meta) in &group.segments {
        out.extend_from_slice(&number.to_le_bytes());
        out.extend_from_slice(&meta.length.to_le_bytes());
        out.extend_from_slice(&meta.last_index_at.to_le_bytes());
        out.extend_from_slice(&meta.first_arrival.millis().to_le_bytes());
        out.extend_from_slice(&meta.last_arrival.millis().to_le_bytes());
    }
}

fn encode_log(out: &mut Vec<u8>, log: &ManifestLog) {
    let arrival = log.last_arrival.unwrap_or_default().millis();
    let flags =
        if log.closed { CLOSED } else { 0 } | if log.last_arrival.is_some() { HAS_ARRIVAL } else { 0 };
    out.extend_from_slice(&log.id.group.0.to_le_bytes());
    out.extend_from_slice(&log.id.index.to_le_bytes());
    out.extend_from_slice(&flags.to_le_bytes());
    out.extend_from_slice(&log.start.timeline.0.to_le_bytes());
    out.extend_from_slice(&log.start.offset.0.to_le_bytes());
    out.extend_from_slice(&log.next.offset.0.to_le_bytes());
    out.extend_from_slice(&arrival.to_le_bytes());
    out.extend_from_slice(&log.next.timeline.0.to_le_bytes());
    out.extend_from_slice(&[0; 14]);
}

/// Takes bytes from the front.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, length: usize) -> io::Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or_else(damaged)?;
        self.0 = rest;
        Ok(taken)
    }
}

fn decode(bytes: &[u8]) -> io::Result<Manifest> {
    let content = bytes.len().checked_sub(4).filter(|c| *c >= HEADER_BYTES).ok_or_else(damaged)?;
    if bytes[..4] != MAGIC || u32_at(bytes, content) != crc32c(&bytes[..content]) {
        return Err(damaged());
    }
    if u32_at(bytes, 4) != VERSION {
        return Err(io::Error::new(
            io::ErrorKind::Unsupported,
            format!(
                "the checkpoint has format {}, this program knows {VERSION}: use a newer one",
                u32_at(bytes, 4)
            ),
        ));
    }
    let mut cursor = Cursor(&bytes[..content]);
    let header = cursor.take(HEADER_BYTES)?;
    let mut manifest = Manifest {
        place: u64_at(header, 8),
        incarnation: u64_at(header, 16),
        next_segment: u64_at(header, 24),
        ..Manifest::default()
    };
    for _ in 0..u64_at(header, 32) {
        manifest.groups.push(decode_group(&mut cursor)?);
    }
    for _ in 0..u64_at(header, 40) {
        manifest.logs.push(decode_log(cursor.take(LOG_BYTES)?));
    }
    if cursor.0.is_empty() && is_possible(&manifest) { Ok(manifest) } else { Err(damaged()) }
}

/// Whether there is nothing in it that was never written.
fn is_possible(manifest: &Manifest) -> bool {
    let metas =
        manifest.groups.iter().flat_map(|g| &g.segments).map(|(_, meta)| meta.length.max(meta.last_index_at));
    let offsets = manifest.logs.iter().map(|log| log.start.offset.0.max(log.next.offset.0));
    let numbers = [manifest.place, manifest.incarnation, manifest.next_segment];
    numbers.into_iter().chain(metas).chain(offsets).all(|number| number <= NUMBER_MAX)
}

fn decode_group(cursor: &mut Cursor<'_>) -> io::Result<ManifestGroup> {
    let head = cursor.take(GROUP_BYTES)?;
    let mut group = ManifestGroup {
        group: GroupId(u64_at(head, 0)),
        trimmed_before: time_at(head, 8),
        segments: Vec::new(),
    };
    for _ in 0..u64_at(head, 16) {
        let segment = cursor.take(SEGMENT_BYTES)?;
        let meta = Meta {
            length: u64_at(segment, 8),
            last_index_at: u64_at(segment, 16),
            first_arrival: time_at(segment, 24),
            last_arrival: time_at(segment, 32),
        };
        group.segments.push((u64_at(segment, 0), meta));
    }
    Ok(group)
}

fn decode_log(log: &[u8]) -> ManifestLog {
    let flags = u16_at(log, 12);
    ManifestLog {
        id: LogId { group: GroupId(u64_at(log, 0)), index: u32_at(log, 8) },
        start: Position { timeline: Timeline(u16_at(log, 14)), offset: Offset(u64_at(log, 16)) },
        next: Position { timeline: Timeline(u16_at(log, 40)), offset: Offset(u64_at(log, 24)) },
        last_arrival: (flags & HAS_ARRIVAL != 0).then(|| time_at(log, 32)),
        closed: flags & CLOSED != 0,
    }
}

fn time_at(bytes: &[u8], at: usize) -> Timestamp {
    Timestamp::from_millis(u64_at(bytes, at).cast_signed())
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the file `checkpoint` is damaged")
}

#[cfg(test)]
mod tests;
