use std::collections::{BTreeMap, BTreeSet};
use std::io;

use anabranch_types::Timestamp;
use bytes::Bytes;

use super::survey;
use crate::disk::Disk;
use crate::local::frame::{BLOCK_BYTES, FrameKind};
use crate::local::history::{HistorySegment, Index, has_whole_header};
use crate::local::log::OpenError;
use crate::local::manifest::{self, Manifest};
use crate::local::past::{Found, frames_of};
use crate::local::recover;
use crate::local::scan::scan;
use crate::local::shared::NEVER_TRIMMED;
use crate::local::state_file;
use crate::{GroupId, LogId, Position};

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
    /// Records that a repair gave up.
    pub given_up: u64,
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
    /// To which byte; `from` where it is about no bytes in particular.
    pub to: u64,
    /// What is wrong.
    pub what: What,
    /// Whose bytes they are, where one group's alone.
    pub group: Option<GroupId>,
    /// Which records cannot be read, where that is known.
    pub records: Option<LostRecords>,
}

/// Records of one log that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LostRecords {
    /// The log.
    pub log: LogId,
    /// The first one.
    pub from: Position,
    /// Behind the last one.
    pub to: Position,
}

/// What can be wrong with a part of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// It was durable and cannot be read.
    Damaged,
    /// It was never finished; the next start cuts it. No damage.
    Torn,
    /// Records that were acknowledged are in no file: the file that held them is gone, or they were damaged in the write-ahead log
    /// before a checkpoint came to them.
    Missing,
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
    /// Bytes to be read, about.
    pub bytes_in_all: u64,
}

impl Verified {
    /// Whether everything is as it was written; a torn tail is.
    pub fn is_whole(&self) -> bool {
        self.findings.iter().all(|f| f.what == What::Torn)
    }

    fn found(&mut self, file: &str, from: u64, to: u64, what: What) {
        self.findings.push(Finding { file: file.to_owned(), from, to, what, group: None, records: None });
    }

    fn lost(&mut self, file: &str, from: u64, to: u64, what: What, records: LostRecords) {
        let (group, records) = (Some(records.log.group), Some(records));
        self.findings.push(Finding { file: file.to_owned(), from, to, what, group, records });
    }
}

/// Reads everything and checks every checksum, and that no log's history has a gap; changes nothing.
pub fn verify(disk: &dyn Disk, told: &mut dyn FnMut(&Progress)) -> Result<Verified, OpenError> {
    let _lock = survey::lock(disk)?;
    let mut verified = Verified::default();
    let in_doubt = match state_file::load(disk) {
        Ok(state) => state.is_none_or(|state| state.in_doubt),
        Err(e) => {
            verified.found("state", 0, 0, What::Unreadable(e.to_string()));
            true
        }
    };
    let manifest = match manifest::load(disk) {
        Ok(manifest) => Some(manifest.unwrap_or_default()),
        Err(e) => {
            verified.found("checkpoint", 0, 0, What::Unreadable(e.to_string()));
            None
        }
    };
    let ahead = survey::write_ahead(disk, manifest.as_ref().map_or(0, |m| m.place)).map_err(read_ahead)?;
    // A copy has no write-ahead log, and says by its doubt that it is one.
    if ahead.is_empty() && !in_doubt && manifest.as_ref().is_some_and(|m| m.place > 0) {
        let what = "there is no such file: what came since the last checkpoint is lost";
        verified.found("wal-*", 0, 0, What::Unreadable(what.into()));
    }
    let history = manifest.iter().flat_map(|m| &m.groups).flat_map(|g| &g.segments);
    let bytes_in_all = history.map(|(_, meta)| meta.length).sum::<u64>() + bytes_of(&ahead);
    let mut tell = |file: &str, bytes| told(&Progress { file: file.to_owned(), bytes, bytes_in_all });
    let removed = verify_ahead(&ahead, manifest.as_ref(), &mut verified, &mut tell).map_err(read_ahead)?;
    if let Some(mut manifest) = manifest {
        manifest.forget(&removed);
        verify_history(disk, &manifest, &mut verified, &mut tell);
    }
    Ok(verified)
}

fn read_ahead(source: io::Error) -> OpenError {
    OpenError::Io { doing: "read the write-ahead log", source }
}

fn bytes_of(segments: &[recover::Found]) -> u64 {
    segments.iter().map(|s| s.bytes).sum()
}

/// Reads the write-ahead log. The groups that were removed since the checkpoint: their files may be gone already.
pub(super) fn verify_ahead(
    segments: &[recover::Found],
    manifest: Option<&Manifest>,
    verified: &mut Verified,
    tell: &mut dyn FnMut(&str, u64),
) -> io::Result<BTreeSet<GroupId>> {
    let mut removed = BTreeSet::new();
    let checkpointed = manifest.map_or(0, |m| m.place);
    // Without a checkpoint nobody knows where the write-ahead log begins.
    let mut held = manifest.map(|m| m.place);
    for (i, segment) in segments.iter().enumerate() {
        let first_place = segment.identity.first_place;
        if let Some(held) = held.filter(|held| first_place > *held) {
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
        let gone = scan.frames.iter().filter(|f| f.kind == FrameKind::RemoveGroup);
        removed.extend(gone.map(|f| f.log.group));
        verified.frames += scan.frames.len() as u64;
        let records = scan.frames.iter().filter(|f| f.kind == FrameKind::Records);
        verified.records += records.map(|f| u64::from(f.count)).sum::<u64>();
        held = held.map(|held| held.max(first_place + segment.bytes));
        verified.files += 1;
        verified.bytes += segment.bytes;
        tell(&segment.name, verified.bytes);
    }
    Ok(removed)
}

fn verify_history(
    disk: &dyn Disk,
    manifest: &Manifest,
    verified: &mut Verified,
    tell: &mut dyn FnMut(&str, u64),
) {
    let mut chains: BTreeMap<GroupId, Chain> = BTreeMap::new();
    for group in &manifest.groups {
        let chain = chains.entry(group.group).or_default();
        chain.trimmed_before = group.trimmed_before;
        for (number, meta) in &group.segments {
            let segment = HistorySegment::known(group.group, *number, *meta);
            if let Err(e) = verify_segment(disk, &segment, chain, verified) {
                let (file, what) = (segment.name(), What::Unreadable(e.to_string()));
                let group = Some(group.group);
                verified.findings.push(Finding {
                    file,
                    from: 0,
                    to: meta.length,
                    what,
                    group,
                    records: None,
                });
            }
            verified.files += 1;
            tell(&segment.name(), verified.bytes);
        }
    }
    for log in &manifest.logs {
        let chain = chains.entry(log.id.group).or_default();
        if let Some(records) = chain.missing_at_the_end(log) {
            verified.lost("checkpoint", 0, 0, What::Missing, records);
        }
    }
}

/// What a group's segments held so far.
struct Chain {
    trimmed_before: Timestamp,
    /// Where each log's last part ended, and when that arrived.
    ends: BTreeMap<u32, (Position, Timestamp)>,
}

impl Default for Chain {
    fn default() -> Self {
        Self { trimmed_before: NEVER_TRIMMED, ends: BTreeMap::new() }
    }
}

impl Chain {
    /// Adds a segment's parts. The gaps before them.
    fn add(&mut self, group: GroupId, index: &Index) -> Vec<LostRecords> {
        let mut gaps = Vec::new();
        for part in index.all() {
            if let Some((end, arrival)) = self.ends.insert(part.log, (part.end(), part.last_arrival))
                && part.first.offset > end.offset
                && arrival >= self.trimmed_before
            {
                let log = LogId { group, index: part.log };
                gaps.push(LostRecords { log, from: end, to: part.first });
            }
        }
        gaps
    }

    /// What a log should hold behind its last part.
    fn missing_at_the_end(&self, log: &manifest::ManifestLog) -> Option<LostRecords> {
        let kept = log.last_arrival.is_some_and(|last| last >= self.trimmed_before);
        let end = self.ends.get(&log.id.index).map_or(log.start, |(end, _)| *end);
        (kept && end.offset < log.next.offset).then_some(LostRecords { log: log.id, from: end, to: log.next })
    }
}

fn verify_segment(
    disk: &dyn Disk,
    segment: &HistorySegment,
    chain: &mut Chain,
    verified: &mut Verified,
) -> io::Result<()> {
    let file = disk.open(&segment.name())?;
    if !has_whole_header(&*file)? {
        let what =
            What::Unreadable("its header is damaged, which keeps nobody from what is behind it".into());
        let (file, group) = (segment.name(), Some(segment.group));
        verified.findings.push(Finding { file, from: 0, to: BLOCK_BYTES, what, group, records: None });
    }
    let index = segment.load_index(&*file)?;
    let name = segment.name();
    for gap in chain.add(segment.group, &index) {
        verified.lost(&name, 0, 0, What::Missing, gap);
    }
    for part in index.all() {
        let log = LogId { group: segment.group, index: part.log };
        let mut bytes = vec![0; part.bytes as usize];
        if let Err(e) = file.read_at(&mut bytes, part.at) {
            if e.kind() != io::ErrorKind::UnexpectedEof {
                return Err(e);
            }
            let records = LostRecords { log, from: part.first, to: part.end() };
            verified.lost(&name, part.at, part.end_at(), What::Damaged, records);
            continue;
        }
        verified.bytes += bytes.len() as u64;
        for found in frames_of(log, part, &Bytes::from(bytes)) {
            match found {
                Found::Whole(frame) => {
                    verified.frames += 1;
                    verified.records += u64::from(frame.count);
                }
                Found::Lost(frame) => verified.given_up += u64::from(frame.count),
                Found::Damaged(from, to) => {
                    let records = LostRecords { log, from, to };
                    verified.lost(&name, part.at, part.end_at(), What::Damaged, records);
                }
            }
        }
    }
    Ok(())
}
