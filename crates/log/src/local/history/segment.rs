use std::io::{self, IoSlice};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use anabranch_types::Timestamp;

use super::index::{Index, encode, load_index};
use super::part::{PART_BYTES, Part};
use crate::disk::{AlignedBuffer, Disk, DiskFile};
use crate::local::checksum::crc32c;
use crate::local::frame::{BLOCK_BYTES, FrameHeader, FrameKind, block_end, u32_at};
use crate::local::lock;
use crate::{GroupId, LogId, Position};

/// History segments' names begin so; group and number follow.
pub const NAME_PREFIX: &str = "history-";
const MAGIC: [u8; 4] = *b"ABRh";
const VERSION: u32 = 1;
const HEADER_BYTES: usize = 28;
/// A run is written in pieces of this length.
const PIECE_BYTES: usize = 1024 * 1024;
/// Parts in one index frame; more of them are several frames, chained.
const INDEX_PARTS_MAX: usize = 65_536;

/// A history segment's file name. The number is used once in a directory's life.
pub fn segment_name(group: GroupId, number: u64) -> String {
    format!("{NAME_PREFIX}{:x}-{number:x}", group.0)
}

/// One file of a group's history.
pub struct HistorySegment {
    /// Its group.
    pub group: GroupId,
    /// Its number, greater than that of the one before it.
    pub number: u64,
    meta: Mutex<Meta>,
    index: Mutex<Option<Arc<Index>>>,
    /// Whether its header's version is known to be ours.
    checked: AtomicBool,
}

/// How far a segment goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meta {
    /// Bytes that count; what is behind them was never finished.
    pub length: u64,
    /// Where the last run's index begins.
    pub last_index_at: u64,
    /// The first record's arrival.
    pub first_arrival: Timestamp,
    /// The latest arrival in it.
    pub last_arrival: Timestamp,
}

impl HistorySegment {
    /// A segment that a checkpoint knew; its index is read when it is needed.
    pub fn known(group: GroupId, number: u64, meta: Meta) -> Self {
        Self {
            group,
            number,
            meta: Mutex::new(meta),
            index: Mutex::default(),
            checked: AtomicBool::new(false),
        }
    }

    /// A segment that was just begun with a first run.
    pub fn begun(group: GroupId, number: u64, meta: Meta, parts: &[Part]) -> Self {
        let mut index = Index::default();
        index.extend(parts);
        let (index, checked) = (Mutex::new(Some(Arc::new(index))), AtomicBool::new(true));
        Self { index, checked, ..Self::known(group, number, meta) }
    }

    /// Its file's name.
    pub fn name(&self) -> String {
        segment_name(self.group, self.number)
    }

    /// How far it goes.
    pub fn meta(&self) -> Meta {
        *lock(&self.meta)
    }

    /// What it holds, if that is in memory.
    pub fn index(&self) -> Option<Arc<Index>> {
        lock(&self.index).clone()
    }

    /// Reads what it holds into memory.
    pub fn load_index(&self, file: &dyn DiskFile) -> io::Result<Arc<Index>> {
        self.check_version(file)?;
        let mut index = lock(&self.index);
        let loaded = Arc::new(load_index(file, self.meta().last_index_at)?);
        *index = Some(loaded.clone());
        Ok(loaded)
    }

    /// Refuses a segment that a newer program wrote; an error of kind `Unsupported`.
    fn check_version(&self, file: &dyn DiskFile) -> io::Result<()> {
        if !self.checked.load(Ordering::Relaxed) {
            has_whole_header(file)?;
            self.checked.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Forgets the index until it is needed again.
    pub fn forget_index(&self) {
        *lock(&self.index) = None;
    }

    /// Takes over a run that is durable.
    pub fn extend(&self, meta: Meta, parts: &[Part]) {
        // The index first: who sees the new length finds what is in it.
        if let Some(index) = &mut *lock(&self.index) {
            Arc::make_mut(index).extend(parts);
        }
        *lock(&self.meta) = meta;
    }
}

/// Writes one run to a segment's end.
pub struct RunWriter {
    group: GroupId,
    file: Box<dyn DiskFile>,
    piece: AlignedBuffer,
    piece_at: u64,
    parts: Vec<Part>,
    before: Option<Meta>,
}

impl RunWriter {
    /// Begins a new segment with its first run. Its name is durable after the directory was synced.
    pub fn create(disk: &dyn Disk, group: GroupId, number: u64) -> io::Result<Self> {
        Self::create_as(disk, &segment_name(group, number), group, number)
    }

    /// The same in a file of another name, to be renamed.
    pub fn create_as(disk: &dyn Disk, name: &str, group: GroupId, number: u64) -> io::Result<Self> {
        let file = disk.create_uncached(name)?;
        let mut piece = AlignedBuffer::new(PIECE_BYTES);
        piece.put(&header(group, number));
        Ok(Self { group, file, piece, piece_at: 0, parts: Vec::new(), before: None })
    }

    /// Begins a run behind those that a segment has.
    pub fn append(disk: &dyn Disk, segment: &HistorySegment) -> io::Result<Self> {
        if !segment.checked.load(Ordering::Relaxed) {
            segment.check_version(&*disk.open(&segment.name())?)?;
        }
        let file = disk.open_uncached(&segment.name())?;
        let before = segment.meta();
        let piece = AlignedBuffer::new(PIECE_BYTES);
        let group = segment.group;
        Ok(Self { group, file, piece, piece_at: before.length, parts: Vec::new(), before: Some(before) })
    }

    /// Adds a whole frame of a log's records. Frames of one log follow each other.
    pub fn add(&mut self, log: u32, frame: &FrameToKeep<'_>) -> io::Result<()> {
        let at = self.piece_at + self.piece.bytes().len() as u64;
        self.note(log, frame, at);
        self.put(frame.bytes)
    }

    /// Ends the run with its index. The file, which the caller has to sync, how far the segment then goes, and the run's parts.
    pub fn finish(mut self) -> io::Result<(Box<dyn DiskFile>, Meta, Vec<Part>)> {
        let mut last_index_at = self.before.map_or(0, |b| b.last_index_at);
        let parts = std::mem::take(&mut self.parts);
        for some in parts.chunks(INDEX_PARTS_MAX) {
            let at = self.piece_at + self.piece.bytes().len() as u64;
            let body = encode(last_index_at, some);
            let mut header = FrameHeader::about(FrameKind::Index, LogId { group: self.group, index: 0 });
            header.body_bytes = body.len() as u32;
            header.body_crc = crc32c(&body);
            header.place = at;
            header.count = some.len() as u32;
            self.put(&header.encode())?;
            self.put(&body)?;
            last_index_at = at;
        }
        let end = self.piece_at + self.piece.bytes().len() as u64;
        self.piece.pad_to((block_end(end) - self.piece_at) as usize);
        self.flush()?;
        let first = parts.iter().map(|p| p.first_arrival).min().unwrap_or_default();
        let last = parts.iter().map(|p| p.last_arrival).max().unwrap_or_default();
        let meta = Meta {
            length: block_end(end),
            last_index_at,
            first_arrival: self.before.map_or(first, |b| b.first_arrival.min(first)),
            last_arrival: self.before.map_or(last, |b| b.last_arrival.max(last)),
        };
        Ok((self.file, meta, parts))
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Adds the frame to its log's part, or begins another.
    fn note(&mut self, log: u32, frame: &FrameToKeep<'_>, at: u64) {
        let continues = self.parts.last_mut().filter(|p| {
            let fits = u64::from(p.bytes) < PART_BYTES && p.count.checked_add(frame.count).is_some();
            p.log == log && p.end() == frame.first && p.end_at() == at && fits
        });
        let bytes = frame.bytes.len() as u32;
        match continues {
            Some(part) => {
                part.count += frame.count;
                part.bytes += bytes;
                part.last_arrival = frame.arrival;
            }
            None => self.parts.push(Part {
                log,
                first: frame.first,
                count: frame.count,
                at,
                bytes,
                first_arrival: frame.arrival,
                last_arrival: frame.arrival,
            }),
        }
    }

    fn put(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            bytes = self.piece.put(bytes);
            if self.piece.room() == 0 {
                self.flush()?;
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        let piece = self.piece.bytes();
        if !piece.is_empty() {
            self.file.write_at(&[IoSlice::new(piece)], self.piece_at)?;
            self.piece_at += piece.len() as u64;
            self.piece.clear();
        }
        Ok(())
    }
}

/// A frame on its way into a run.
pub struct FrameToKeep<'a> {
    /// The first record's position.
    pub first: Position,
    /// Its records.
    pub count: u32,
    /// Their arrival.
    pub arrival: Timestamp,
    /// Header and body.
    pub bytes: &'a [u8],
}

/// Whether a segment's header is as it was written; what is behind it can be read without it. An error of kind `Unsupported` if a newer
/// program wrote it.
pub fn has_whole_header(file: &dyn DiskFile) -> io::Result<bool> {
    let mut header = [0; HEADER_BYTES];
    file.read_at(&mut header, 0)?;
    if header[..4] != MAGIC || u32_at(&header, 24) != crc32c(&header[..24]) {
        return Ok(false);
    }
    match u32_at(&header, 4) {
        VERSION => Ok(true),
        newer => Err(io::Error::new(
            io::ErrorKind::Unsupported,
            format!("a segment of history has format {newer}, this program knows {VERSION}: use a newer one"),
        )),
    }
}

/// A segment's first block.
fn header(group: GroupId, number: u64) -> [u8; BLOCK_BYTES as usize] {
    let mut out = [0; BLOCK_BYTES as usize];
    out[..4].copy_from_slice(&MAGIC);
    out[4..8].copy_from_slice(&VERSION.to_le_bytes());
    out[8..16].copy_from_slice(&group.0.to_le_bytes());
    out[16..24].copy_from_slice(&number.to_le_bytes());
    let crc = crc32c(&out[..24]);
    out[24..28].copy_from_slice(&crc.to_le_bytes());
    out
}
