//! What a directory holds when it is opened.

use std::collections::HashSet;
use std::io::{self, IoSlice};
use std::sync::{Arc, Mutex};

use super::frame::{BLOCK_BYTES, FrameHeader, FrameKind, block_end};
use super::mutants::{self, Mutant};
use super::scan::{Identity, Scan, scan};
use super::segment::{NAME_PREFIX, Origin, Segment, decode_header};
use super::shared::Shared;
use super::state_file::{self, State};
use super::{history, lock, manifest, sync_names};
use crate::disk::{Disk, DiskFile};
use crate::{Offset, Position, Timeline};

/// What a start found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Frames read.
    pub frames: u64,
    /// Whether there was anything.
    pub existed: bool,
    /// Whether a torn tail was cut.
    pub torn: bool,
    /// Parts of write-ahead segments that were durable and cannot be read: file, from, to.
    pub damage: Vec<(String, u64, u64)>,
    /// Places that were durable and that no file holds: from, to.
    pub missing: Vec<(u64, u64)>,
    /// The greatest incarnation a segment had.
    pub incarnation: u64,
    /// The greatest number in a segment's name.
    pub file_number: u64,
    /// The place behind everything.
    pub end_place: u64,
    /// The next history segment's number.
    pub next_segment: u64,
    /// The greatest timeline in a frame.
    pub timeline: Timeline,
}

/// A write-ahead segment on the disk.
pub struct Found {
    /// Its file's name.
    pub name: String,
    /// Its file.
    pub file: Box<dyn DiskFile>,
    /// Which segment it is.
    pub identity: Identity,
    /// The file's length.
    pub bytes: u64,
}

/// Reads the write-ahead log into `shared`, cuts its torn tail and makes what is left durable. Notes in `state`, durably and before
/// anything is cut, when positions may be lost.
pub fn recover(disk: &dyn Disk, shared: &Shared, state: &mut State) -> io::Result<Recovered> {
    let manifest = manifest::load(disk)?;
    let mut recovered = Recovered::default();
    if let Some(manifest) = &manifest {
        shared.restore(manifest);
        recovered.existed = true;
        recovered.incarnation = manifest.incarnation;
        recovered.end_place = manifest.place;
        recovered.next_segment = manifest.next_segment;
        let timelines = manifest.logs.iter().map(|log| log.next.timeline);
        recovered.timeline = timelines.max().unwrap_or_default();
    }
    let mut found = find_segments(disk, &mut recovered)?;
    found.sort_by_key(|f| f.identity.first_place);
    if manifest.is_none() && found.first().map_or(has_history(disk)?, |f| f.identity.first_place > 0) {
        return Err(missing(
            "the file `checkpoint` is missing: restore the directory from a backup, or repair it",
        ));
    }
    let found = without_checkpointed(disk, found, shared.checkpointed())?;
    note_missing(disk, &found, shared.checkpointed(), &mut recovered, state)?;
    let starts: Vec<u64> = found.iter().skip(1).map(|f| f.identity.first_place).collect();
    for (i, found) in found.into_iter().enumerate() {
        let durable = starts.get(i).copied().unwrap_or(0);
        read_segment(disk, shared, found, durable, &mut recovered, state)?;
    }
    remove_unknown_history(disk, shared)?;
    sync_names(disk)?;
    Ok(recovered)
}

fn missing(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

fn has_history(disk: &dyn Disk) -> io::Result<bool> {
    Ok(disk.list("")?.iter().any(|name| name.starts_with(history::NAME_PREFIX)))
}

/// Notes places that no segment holds although they were durable: somebody removed a file or cut it short.
fn note_missing(
    disk: &dyn Disk,
    found: &[Found],
    checkpointed: u64,
    recovered: &mut Recovered,
    state: &mut State,
) -> io::Result<()> {
    let mut held = checkpointed;
    for segment in found {
        let Identity { first_place, .. } = segment.identity;
        if first_place > held {
            tracing::error!(from = held, to = first_place, "a write-ahead segment is missing or cut short");
            recovered.missing.push((held, first_place));
        }
        held = held.max(first_place + segment.bytes);
    }
    if found.is_empty() && checkpointed > 0 && !state.in_doubt {
        tracing::error!("the write-ahead log is gone: what came since the last checkpoint is lost");
    }
    if (!recovered.missing.is_empty() || found.is_empty() && checkpointed > 0) && !state.in_doubt {
        state.in_doubt = true;
        state_file::store(disk, *state)?;
    }
    Ok(())
}

/// Removes the segments that a checkpoint made superfluous: their bytes may be a removed group's.
fn without_checkpointed(disk: &dyn Disk, found: Vec<Found>, checkpointed: u64) -> io::Result<Vec<Found>> {
    let needed = found.iter().rposition(|f| f.identity.first_place <= checkpointed).unwrap_or(0);
    let mut found = found;
    let kept = found.split_off(needed);
    found.iter().try_for_each(|f| disk.remove(&f.name))?;
    Ok(kept)
}

/// Removes files that a checkpoint began and never named, and those of removed groups.
fn remove_unknown_history(disk: &dyn Disk, shared: &Shared) -> io::Result<()> {
    let histories = shared.histories();
    let known: HashSet<String> = histories.iter().flat_map(|h| h.segments()).map(|s| s.name()).collect();
    for name in disk.list("")? {
        if name.starts_with(history::NAME_PREFIX) && !known.contains(&name) {
            disk.remove(&name)?;
        }
    }
    Ok(())
}

/// Every file that is a segment in use; spares that never were one are removed.
fn find_segments(disk: &dyn Disk, recovered: &mut Recovered) -> io::Result<Vec<Found>> {
    let mut all = Vec::new();
    for name in disk.list("")? {
        if !name.starts_with(NAME_PREFIX) {
            continue;
        }
        match find_segment(disk, name.clone(), recovered)? {
            Some(found) => all.push(found),
            None => disk.remove(&name)?,
        }
    }
    Ok(all)
}

/// The write-ahead segment of that name, if it is one that was ever begun.
pub fn find_segment(disk: &dyn Disk, name: String, recovered: &mut Recovered) -> io::Result<Option<Found>> {
    let Some(number) = name.strip_prefix(NAME_PREFIX) else {
        return Ok(None);
    };
    recovered.existed = true;
    recovered.file_number = recovered.file_number.max(number.parse().unwrap_or(0));
    let file = disk.open(&name)?;
    let bytes = file.length()?;
    let mut start = vec![0; bytes.min(BLOCK_BYTES * 2) as usize];
    file.read_at(&mut start, 0)?;
    let Some(identity) = identify(&start)? else {
        return Ok(None);
    };
    recovered.incarnation = recovered.incarnation.max(identity.incarnation);
    Ok(Some(Found { name, file, identity, bytes }))
}

/// A segment's bytes.
pub fn read_whole(found: &Found) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; found.bytes as usize];
    found.file.read_at(&mut bytes, 0)?;
    Ok(bytes)
}

/// Which segment a file is: by its header or, where that is damaged, by its first frame.
fn identify(start: &[u8]) -> io::Result<Option<Identity>> {
    if let Some((incarnation, first_place)) = decode_header(start)? {
        return Ok(Some(Identity { incarnation, first_place }));
    }
    let first = start.get(BLOCK_BYTES as usize..).and_then(FrameHeader::decode);
    Ok(first.and_then(|frame| {
        let first_place = frame.place.checked_sub(BLOCK_BYTES)?;
        Some(Identity { incarnation: frame.incarnation, first_place })
    }))
}

fn read_segment(
    disk: &dyn Disk,
    shared: &Shared,
    found: Found,
    durable: u64,
    recovered: &mut Recovered,
    state: &mut State,
) -> io::Result<()> {
    let bytes = read_whole(&found)?;
    let Found { name, file, identity, .. } = found;
    // What a checkpoint has taken over is not read again.
    let from = shared.checkpointed().saturating_sub(identity.first_place).max(BLOCK_BYTES);
    let Scan { frames, damage, end, torn } = scan(&bytes, identity, from, durable);
    let torn = torn && !mutants::is(Mutant::TimelineNotRaisedAfterTear);
    if (torn || !damage.is_empty()) && !state.in_doubt {
        state.in_doubt = true;
        state_file::store(disk, *state)?;
    }
    recovered.torn |= torn;
    for (from, to) in damage {
        tracing::error!(file = name, from, to, "a part of the log is damaged and cannot be read");
        recovered.damage.push((name.clone(), from, to));
    }
    for header in &frames {
        recovered.timeline = recovered.timeline.max(header.first.timeline);
        recovered.frames += 1;
        apply(shared, header);
    }
    if end <= BLOCK_BYTES {
        recovered.end_place = recovered.end_place.max(identity.first_place);
        return disk.remove(&name);
    }
    recovered.end_place = recovered.end_place.max(identity.first_place + block_end(end));
    // What was cut must not come back, and what was read may have been in the page cache alone.
    file.set_length(end)?;
    // After a failed sync the cache may hold what the disk does not and call it clean: only writing it again makes the sync true.
    let known_durable = frames.iter().map(|f| f.durable).max().unwrap_or(0).max(durable);
    let from = known_durable.saturating_sub(identity.first_place).max(from);
    if from < end {
        file.write_at(&[IoSlice::new(&bytes[from as usize..end as usize])], from)?;
    }
    file.sync()?;
    let Identity { incarnation, first_place } = identity;
    let groups = Mutex::new(frames.iter().map(|f| f.log.group).collect());
    let file = file.into();
    shared.add_segment(Arc::new(Segment {
        name,
        file,
        groups,
        incarnation,
        first_place,
        length: end,
        origin: Origin::Recovered,
    }));
    Ok(())
}

fn apply(shared: &Shared, header: &FrameHeader) {
    shared.apply(header);
    let Some(log) = shared.log(header.log) else {
        return;
    };
    let mut numbering = lock(&log.numbering);
    match header.kind {
        FrameKind::Records => {
            numbering.next = Position {
                timeline: header.first.timeline,
                offset: Offset(header.first.offset.0 + u64::from(header.count)),
            };
            numbering.last_arrival = Some(header.arrival);
        }
        FrameKind::Close => {
            numbering.next = header.first;
            numbering.closed = true;
        }
        _ => {}
    }
}
