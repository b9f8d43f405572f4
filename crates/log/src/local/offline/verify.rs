use std::io;

use bytes::Bytes;

use super::survey;
use crate::LogId;
use crate::disk::Disk;
use crate::local::frame::{BLOCK_BYTES, FrameKind};
use crate::local::history::HistorySegment;
use crate::local::log::OpenError;
use crate::local::manifest;
use crate::local::past::{Found, frames_of};
use crate::local::recover;
use crate::local::scan::scan;
use crate::local::state_file;

/// What a verification read and found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Files read.
    pub files: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Frames whose checksums hold.
    pub frames: u64,
    /// Records in them.
    pub records: u64,
    /// What is not as it was written.
    pub findings: Vec<Finding>,
}

/// Something that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// In which file.
    pub file: String,
    /// From which byte.
    pub from: u64,
    /// To which byte.
    pub to: u64,
    /// What is wrong.
    pub what: What,
}

/// What can be wrong with a part of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// It was durable and cannot be read.
    Damaged,
    /// It was never finished; the next start cuts it. No damage.
    Torn,
    /// The file cannot be read, for this reason.
    Unreadable(String),
}

/// How far a long run is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The file that was just read.
    pub file: String,
    /// Bytes read so far.
    pub bytes: u64,
}

impl Verified {
    /// Whether everything is as it was written; a torn tail is.
    pub fn is_whole(&self) -> bool {
        self.findings.iter().all(|f| f.what == What::Torn)
    }

    fn found(&mut self, file: &str, from: u64, to: u64, what: What) {
        self.findings.push(Finding { file: file.to_owned(), from, to, what });
    }
}

/// Reads everything and checks every checksum; changes nothing.
pub fn verify(disk: &dyn Disk, told: &mut dyn FnMut(&Progress)) -> Result<Verified, OpenError> {
    let _lock = survey::lock(disk)?;
    let mut verified = Verified::default();
    if let Err(e) = state_file::load(disk) {
        verified.found("state", 0, 0, What::Unreadable(e.to_string()));
    }
    let manifest = manifest::load(disk).unwrap_or_else(|e| {
        verified.found("checkpoint", 0, 0, What::Unreadable(e.to_string()));
        None
    });
    let manifest = manifest.unwrap_or_default();
    verify_ahead(disk, manifest.place, &mut verified, told)
        .map_err(|source| OpenError::Io { doing: "read the write-ahead log", source })?;
    for segment in survey::history(&manifest) {
        if let Err(e) = verify_segment(disk, &segment, &mut verified) {
            verified.found(&segment.name(), 0, segment.meta().length, What::Unreadable(e.to_string()));
        }
        verified.files += 1;
        told(&Progress { file: segment.name(), bytes: verified.bytes });
    }
    Ok(verified)
}

fn verify_ahead(
    disk: &dyn Disk,
    checkpointed: u64,
    verified: &mut Verified,
    told: &mut dyn FnMut(&Progress),
) -> io::Result<()> {
    let segments = survey::write_ahead(disk, checkpointed)?;
    let mut held = checkpointed;
    for (i, segment) in segments.iter().enumerate() {
        let first_place = segment.identity.first_place;
        if first_place > held {
            verified.found("wal-*", held, first_place, What::Unreadable("no file holds these places".into()));
        }
        let durable = segments.get(i + 1).map_or(0, |next| next.identity.first_place);
        let from = checkpointed.saturating_sub(first_place).max(BLOCK_BYTES);
        let bytes = recover::read_whole(segment)?;
        let scan = scan(&bytes, segment.identity, from, durable);
        for (from, to) in scan.damage {
            verified.found(&segment.name, from, to, What::Damaged);
        }
        if scan.torn {
            verified.found(&segment.name, scan.end, bytes.len() as u64, What::Torn);
        }
        verified.frames += scan.frames.len() as u64;
        let records = scan.frames.iter().filter(|f| f.kind == FrameKind::Records);
        verified.records += records.map(|f| u64::from(f.count)).sum::<u64>();
        held = held.max(first_place + segment.bytes);
        verified.files += 1;
        verified.bytes += segment.bytes;
        told(&Progress { file: segment.name.clone(), bytes: verified.bytes });
    }
    Ok(())
}

fn verify_segment(disk: &dyn Disk, segment: &HistorySegment, verified: &mut Verified) -> io::Result<()> {
    let file = disk.open(&segment.name())?;
    let index = segment.load_index(&*file)?;
    for part in index.all() {
        let mut bytes = vec![0; part.bytes as usize];
        file.read_at(&mut bytes, part.at)?;
        verified.bytes += bytes.len() as u64;
        let log = LogId { group: segment.group, index: part.log };
        for found in frames_of(log, part, &Bytes::from(bytes)) {
            match found {
                Found::Whole(frame) => {
                    verified.frames += 1;
                    verified.records += u64::from(frame.count);
                }
                Found::Damaged(..) => {
                    verified.found(&segment.name(), part.at, part.end_at(), What::Damaged);
                }
            }
        }
    }
    Ok(())
}
