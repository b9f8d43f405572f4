//! Lets readers pass over what cannot be read any more: the segments around it are written anew, with frames that say which records
//! are given up.

use std::collections::BTreeMap;
use std::io;

use anabranch_types::Timestamp;
use bytes::Bytes;

use super::LostRecords;
use super::walk::{self, Frames};
use crate::disk::{Disk, DiskFile};
use crate::local::frame::{FrameHeader, FrameKind};
use crate::local::history::{
    FrameToKeep, HistorySegment, Index, Meta, RunWriter, has_whole_header, segment_name,
};
use crate::local::manifest::{Manifest, ManifestGroup, ManifestLog};
use crate::local::past::{Found, frames_of, is_damage};
use crate::local::tail::Frame;
use crate::{GroupId, LogId, Offset, Position};

/// A segment that is written anew has this before its name until it is whole.
const NEW_PREFIX: &str = "mended-";
/// And the one it replaces this, for who wants to look at it. No server reads or removes it.
pub const OLD_PREFIX: &str = "damaged-";
/// Records that one frame gives up at the most: its count is 32 bits wide, and so is a part's.
const LOST_MAX: u64 = 1 << 30;

/// What was done to history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mended {
    /// Files that were written anew; what they replace is kept as `damaged-…` where it was there.
    pub files: Vec<String>,
    /// Files that are gone and are not asked for any more.
    pub forgotten: Vec<String>,
    /// Records that are given up.
    pub given_up: Vec<LostRecords>,
}

/// Brings the end of a mending that broke off between its two renames.
pub fn finish_renames(disk: &dyn Disk) -> io::Result<()> {
    let names = disk.list("")?;
    let left: Vec<&String> = names.iter().filter(|n| n.starts_with(NEW_PREFIX)).collect();
    for new in &left {
        let name = new.trim_start_matches(NEW_PREFIX);
        let is_whole = names.contains(&format!("{OLD_PREFIX}{name}")) && !names.iter().any(|n| n == name);
        if is_whole { disk.rename(new, name)? } else { disk.remove(new)? }
    }
    if left.is_empty() { Ok(()) } else { disk.sync_dir("") }
}

/// Mends every group's history, and says so in the manifest, which the caller stores.
pub fn mend(disk: &dyn Disk, manifest: &mut Manifest) -> io::Result<Mended> {
    let mut mended = Mended::default();
    for group in &mut manifest.groups {
        let logs = manifest.logs.iter_mut().filter(|l| l.id.group == group.group).collect();
        mend_group(disk, group, logs, &mut manifest.next_segment, &mut mended)?;
    }
    Ok(mended)
}

/// How far a log's history goes.
#[derive(Clone, Copy)]
struct Reach {
    first: Position,
    end: Position,
    /// When the last record arrived.
    arrival: Timestamp,
}

/// By log, how far its history goes so far.
type Reached = BTreeMap<u32, Reach>;

fn mend_group(
    disk: &dyn Disk,
    group: &mut ManifestGroup,
    mut logs: Vec<&mut ManifestLog>,
    next_segment: &mut u64,
    mended: &mut Mended,
) -> io::Result<()> {
    let (mut reached, mut kept) = (Reached::new(), Vec::new());
    let before = std::mem::take(&mut group.segments);
    for (number, meta) in before.iter().copied() {
        let segment = HistorySegment::known(group.group, number, meta);
        let Some(Read { file, frames, is_whole }) = read(disk, &segment)? else {
            mended.forgotten.push(segment.name());
            continue;
        };
        let contents = fill_gaps(group.group, frames, &mut reached);
        if is_whole && contents.given_up.is_empty() {
            kept.push((number, meta));
            continue;
        }
        let meta = write_anew(disk, &segment, &*file, &contents)?;
        mended.files.push(segment.name());
        mended.given_up.extend(contents.given_up);
        kept.extend(meta.map(|meta| (number, meta)));
    }
    let behind = behind_everything(&logs, &reached);
    if !behind.given_up.is_empty() {
        let number = *next_segment;
        *next_segment += 1;
        let name = segment_name(group.group, number);
        let meta = write(disk, group.group, number, &name, None, &behind)?;
        kept.extend(meta.map(|meta| (number, meta)));
        mended.files.push(name);
        mended.given_up.extend(behind.given_up);
    }
    if kept != before {
        disk.sync_dir("")?;
        mended.given_up.extend(logs.iter_mut().filter_map(|log| begin_later(log, &reached)));
    }
    group.segments = kept;
    Ok(())
}

/// Lets a log begin where its history now does. What is before that, some of which may have expired.
fn begin_later(log: &mut ManifestLog, reached: &Reached) -> Option<LostRecords> {
    let first = reached.get(&log.id.index).map_or(log.next, |reach| reach.first);
    let lost = LostRecords { log: log.id, from: log.start, to: first };
    (lost.from.offset < lost.to.offset).then(|| {
        log.start = first;
        lost
    })
}

/// What can still be read of a segment.
struct Read {
    file: Box<dyn DiskFile>,
    /// Each log's whole frames, in order: in which place of the file.
    frames: Frames,
    is_whole: bool,
}

/// Reads a segment, by its index or, where that is damaged, from its beginning on. `None` if nothing is left of it.
fn read(disk: &dyn Disk, segment: &HistorySegment) -> io::Result<Option<Read>> {
    let file = match disk.open(&segment.name()) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    let (frames, is_whole) = match segment.load_index(&*file) {
        Ok(index) => by_index(&*file, segment.group, &index)?,
        Err(e) if is_damage(&e) => (walk::frames(&*file, segment.group, segment.meta().length)?, false),
        Err(e) => return Err(e),
    };
    let is_whole = is_whole && has_whole_header(&*file)?;
    Ok(Some(Read { file, frames, is_whole }))
}

fn by_index(file: &dyn DiskFile, group: GroupId, index: &Index) -> io::Result<(Frames, bool)> {
    let (mut frames, mut is_whole) = (Frames::new(), true);
    for part in index.all() {
        let mut bytes = vec![0; part.bytes as usize];
        match file.read_at(&mut bytes, part.at) {
            Err(e) if is_damage(&e) => {
                is_whole = false;
                continue;
            }
            read => read?,
        }
        let of_log = frames.entry(part.log).or_default();
        let mut at = part.at;
        for found in frames_of(LogId { group, index: part.log }, part, &Bytes::from(bytes)) {
            match found {
                Found::Whole(frame) | Found::Lost(frame) => {
                    let bytes = u64::from(frame.frame_bytes);
                    of_log.push((at, Frame { bytes: None, ..frame }));
                    at += bytes;
                }
                Found::Damaged(_, resume) => {
                    is_whole = false;
                    // Behind a damaged body the next header stands where the damaged one's said, behind a damaged header nothing is known.
                    at = next_at(file, at, part.end_at(), resume)?;
                }
            }
        }
    }
    Ok((frames, is_whole))
}

fn next_at(file: &dyn DiskFile, at: u64, end: u64, resume: Position) -> io::Result<u64> {
    let header = walk::header_at(file, at)?.filter(|h| h.first.offset < resume.offset);
    Ok(header.map_or(end, |h| at + h.frame_bytes()))
}

/// A segment's frames and what is to stand between them.
#[derive(Default)]
struct Contents {
    frames: BTreeMap<u32, Vec<Kept>>,
    given_up: Vec<LostRecords>,
}

enum Kept {
    /// What stands there in the file.
    Frame(u64, Frame),
    /// Nothing; these records arrived about then.
    Lost(LostRecords, Timestamp),
}

/// Finds the gaps before and between frames, each log's history having come as far as `reached` says, and moves that on.
fn fill_gaps(group: GroupId, frames: Frames, reached: &mut Reached) -> Contents {
    let mut contents = Contents::default();
    for (index, frames) in frames {
        let mut kept = Vec::with_capacity(frames.len());
        for (at, frame) in frames {
            let before = reached.get(&index).copied();
            let first = before.map_or(frame.first, |before| before.first);
            reached.insert(index, Reach { first, end: frame.end(), arrival: frame.arrival });
            if let Some(Reach { end, arrival, .. }) = before.filter(|b| frame.first.offset > b.end.offset) {
                let lost = LostRecords { log: LogId { group, index }, from: end, to: frame.first };
                kept.push(Kept::Lost(lost, arrival));
                contents.given_up.push(lost);
            }
            kept.push(Kept::Frame(at, frame));
        }
        contents.frames.insert(index, kept);
    }
    contents
}

/// The gaps between the end of history and what the logs know to have held.
fn behind_everything(logs: &[&mut ManifestLog], reached: &Reached) -> Contents {
    let mut contents = Contents::default();
    for log in logs {
        let reach = reached.get(&log.id.index).filter(|reach| reach.end.offset < log.next.offset);
        if let Some(Reach { end, arrival, .. }) = reach.copied() {
            let lost = LostRecords { log: log.id, from: end, to: log.next };
            contents.frames.insert(log.id.index, vec![Kept::Lost(lost, arrival)]);
            contents.given_up.push(lost);
        }
    }
    contents
}

/// Puts a segment with these contents in the place of another, which is kept under another name. `None` if it would hold nothing.
fn write_anew(
    disk: &dyn Disk,
    segment: &HistorySegment,
    old: &dyn DiskFile,
    contents: &Contents,
) -> io::Result<Option<Meta>> {
    let name = segment.name();
    let new = format!("{NEW_PREFIX}{name}");
    let meta = write(disk, segment.group, segment.number, &new, Some(old), contents)?;
    disk.sync_dir("")?;
    disk.rename(&name, &format!("{OLD_PREFIX}{name}"))?;
    match meta {
        Some(_) => disk.rename(&new, &name)?,
        None => disk.remove(&new)?,
    }
    Ok(meta)
}

fn write(
    disk: &dyn Disk,
    group: GroupId,
    number: u64,
    name: &str,
    old: Option<&dyn DiskFile>,
    contents: &Contents,
) -> io::Result<Option<Meta>> {
    let mut writer = RunWriter::create_as(disk, name, group, number)?;
    for (log, kept) in &contents.frames {
        for kept in kept {
            match (kept, old) {
                (Kept::Frame(at, frame), Some(old)) => {
                    let mut bytes = vec![0; frame.frame_bytes as usize];
                    old.read_at(&mut bytes, *at)?;
                    let Frame { first, count, arrival, .. } = *frame;
                    writer.add(*log, &FrameToKeep { first, count, arrival, bytes: &bytes })?;
                }
                (Kept::Lost(lost, arrival), _) => give_up(&mut writer, lost, *arrival)?,
                (Kept::Frame(..), None) => {}
            }
        }
    }
    if writer.is_empty() {
        return Ok(None);
    }
    let (file, meta, _) = writer.finish()?;
    file.sync()?;
    Ok(Some(meta))
}

fn give_up(writer: &mut RunWriter, lost: &LostRecords, arrival: Timestamp) -> io::Result<()> {
    let mut first = lost.from;
    while first.offset < lost.to.offset {
        let count = (lost.to.offset.0 - first.offset.0).min(LOST_MAX) as u32;
        let mut header = FrameHeader::about(FrameKind::Lost, lost.log);
        (header.first, header.count, header.arrival) = (first, count, arrival);
        writer.add(lost.log.index, &FrameToKeep { first, count, arrival, bytes: &header.encode() })?;
        first.offset = Offset(first.offset.0 + u64::from(count));
    }
    Ok(())
}
