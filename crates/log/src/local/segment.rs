//! A write-ahead segment: a preallocated file that begins with a block naming its incarnation.

use std::collections::BTreeSet;
use std::io::{self, IoSlice};
use std::sync::{Arc, Mutex};

use super::checksum::crc32c;
use super::frame::{BLOCK_BYTES, NUMBER_MAX, u32_at, u64_at};
use super::{lock, sync_names};
use crate::GroupId;
use crate::disk::{Disk, DiskFile};

/// Write-ahead segments' names begin so; what follows is a number that means nothing.
pub const NAME_PREFIX: &str = "wal-";
const MAGIC: [u8; 4] = *b"ABRw";
const VERSION: u32 = 1;
const HEADER_BYTES: usize = 28;

/// A write-ahead segment in use.
pub struct Segment {
    /// Its file's name.
    pub name: String,
    /// Its file.
    pub file: Arc<dyn DiskFile>,
    /// Groups with bytes in it.
    pub groups: Mutex<BTreeSet<GroupId>>,
    /// Which use of the file this is: no two segments ever had the same.
    pub incarnation: u64,
    /// The place of the file's first byte in the write-ahead log.
    pub first_place: u64,
    /// The file's length.
    pub length: u64,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where a segment comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// This process made it.
    Made,
    /// It was there; whose bytes are in it is known in part only.
    Recovered,
}

impl Segment {
    /// The same file, to be used again.
    pub fn as_spare(&self) -> Spare {
        let groups = lock(&self.groups).clone();
        Spare { name: self.name.clone(), file: self.file.clone(), length: self.length, groups }
    }
}

/// A file prepared to become a segment.
pub struct Spare {
    /// Its name.
    pub name: String,
    /// Its file, filled with zeros.
    pub file: Arc<dyn DiskFile>,
    /// Its length.
    pub length: u64,
    /// Groups with bytes left in it.
    pub groups: BTreeSet<GroupId>,
}

impl Spare {
    /// Makes one, durably; an error of kind `StorageFull` if there is no room.
    pub fn prepare(disk: &dyn Disk, number: u64, length: u64) -> io::Result<Self> {
        let name = format!("{NAME_PREFIX}{number:08}");
        let file = disk.create(&name)?;
        let filled = file.fill_zeroes(length).and_then(|()| file.sync()).and_then(|()| sync_names(disk));
        match filled {
            Ok(()) => Ok(Self { name, file: file.into(), length, groups: BTreeSet::new() }),
            Err(e) => {
                // The space matters more than the name: what is left of the file is no segment.
                let _ = disk.remove(&name);
                Err(e)
            }
        }
    }

    /// Begins a segment in it. The header is durable before any frame can be written, so that a frame's incarnation on the disk
    /// is always one that a later start sees and does not give again.
    pub fn begin(self, incarnation: u64, first_place: u64) -> io::Result<Arc<Segment>> {
        self.file.write_at(&[IoSlice::new(&encode(incarnation, first_place))], 0)?;
        self.file.sync()?;
        let Spare { name, file, length, groups } = self;
        let groups = Mutex::new(groups);
        let origin = Origin::Made;
        Ok(Arc::new(Segment { name, file, groups, incarnation, first_place, length, origin }))
    }
}

/// A segment's first block.
pub fn encode(incarnation: u64, first_place: u64) -> [u8; BLOCK_BYTES as usize] {
    let mut out = [0; BLOCK_BYTES as usize];
    out[..4].copy_from_slice(&MAGIC);
    out[4..8].copy_from_slice(&VERSION.to_le_bytes());
    out[8..16].copy_from_slice(&incarnation.to_le_bytes());
    out[16..24].copy_from_slice(&first_place.to_le_bytes());
    let crc = crc32c(&out[..24]);
    out[24..28].copy_from_slice(&crc.to_le_bytes());
    out
}

/// A segment's header: incarnation and first place. `None` if there is none or it is damaged.
pub fn decode_header(bytes: &[u8]) -> io::Result<Option<(u64, u64)>> {
    let Some(bytes) = bytes.get(..HEADER_BYTES) else {
        return Ok(None);
    };
    if bytes[..4] != MAGIC || u32_at(bytes, 24) != crc32c(&bytes[..24]) {
        return Ok(None);
    }
    match u32_at(bytes, 4) {
        VERSION => Ok(Some((u64_at(bytes, 8), u64_at(bytes, 16))).filter(|(_, place)| *place <= NUMBER_MAX)),
        newer => Err(io::Error::new(
            io::ErrorKind::Unsupported,
            format!(
                "a write-ahead segment has format {newer}, this program knows {VERSION}: use a newer one"
            ),
        )),
    }
}
