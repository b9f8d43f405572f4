use std::collections::BTreeMap;
use std::io;

use anabranch_types::Timestamp;

use super::survey;
use crate::disk::{Disk, DiskFile};
use crate::local::frame::{BLOCK_BYTES, FrameHeader, FrameKind, HEADER_BYTES, block_end};
use crate::local::history::{HistorySegment, Meta, Part};
use crate::local::log::OpenError;
use crate::local::manifest::{self, Manifest, ManifestGroup, ManifestLog};
use crate::local::recover::{self, Recovered};
use crate::local::shared::NEVER_TRIMMED;
use crate::local::state_file::{self, State};
use crate::{GroupId, LogId, Timeline};

/// What a repair made anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Repaired {
    /// The file `state` was missing or damaged: the next append begins a new timeline.
    pub state: bool,
    /// The file `checkpoint` was missing or damaged and was made from what history holds. What was trimmed and has not left the disk
    /// can be read again until the next trim; which logs are closed is known from the write-ahead log alone.
    pub checkpoint: bool,
}

/// Makes a directory usable that does not open: `state` and `checkpoint` are made anew where they are missing or damaged. Damage to
/// records needs no repair: it is refused and the rest served.
pub fn repair(disk: &dyn Disk) -> Result<Repaired, OpenError> {
    let _lock = survey::lock(disk)?;
    let doing = |doing| move |source: io::Error| OpenError::Io { doing, source };
    let mut repaired = Repaired::default();
    let mut known = Recovered::default();
    let mut first_place = None;
    for name in disk.list("").map_err(doing("list the directory"))? {
        let found =
            recover::find_segment(disk, name, &mut known).map_err(doing("read the write-ahead log"))?;
        let place = found.map(|f| f.identity.first_place);
        first_place = [first_place, place].into_iter().flatten().min();
    }
    let manifest = match manifest::load(disk) {
        Ok(Some(manifest)) => manifest,
        // Without a checkpoint everything is in the write-ahead log, if that is whole.
        Ok(None) if first_place == Some(0) => Manifest::default(),
        Ok(None) | Err(_) => {
            let made = rebuild(disk, known.incarnation).map_err(doing("read history"))?;
            manifest::store(disk, &made).map_err(doing("write the checkpoint"))?;
            repaired.checkpoint = true;
            made
        }
    };
    if !matches!(state_file::load(disk), Ok(Some(_))) {
        let timelines = manifest.logs.iter().map(|log| log.next.timeline);
        let timeline = timelines.max().unwrap_or(Timeline(0));
        let state = State { timeline, in_doubt: true };
        state_file::store(disk, state).map_err(doing("write the directory's state"))?;
        repaired.state = true;
    }
    Ok(repaired)
}

/// A checkpoint of what the files of history hold.
fn rebuild(disk: &dyn Disk, incarnation: u64) -> io::Result<Manifest> {
    let mut manifest = Manifest { incarnation, ..Manifest::default() };
    let mut groups: BTreeMap<GroupId, ManifestGroup> = BTreeMap::new();
    let mut logs: BTreeMap<LogId, ManifestLog> = BTreeMap::new();
    let mut names: Vec<(GroupId, u64)> =
        disk.list("")?.iter().filter_map(|name| survey::parse_history_name(name)).collect();
    names.sort_unstable();
    for (group, number) in names {
        let segment = HistorySegment::known(group, number, NOTHING);
        let file = disk.open(&segment.name())?;
        let Some((meta, place)) = walk(&*file)? else {
            continue;
        };
        segment.extend(meta, &[]);
        let index = segment.load_index(&*file)?;
        let meta = with_arrivals(meta, index.all());
        index.all().for_each(|part| note_part(&mut logs, group, part));
        let history = ManifestGroup { group, trimmed_before: NEVER_TRIMMED, segments: Vec::new() };
        groups.entry(group).or_insert(history).segments.push((number, meta));
        manifest.place = manifest.place.max(block_end(place));
        manifest.next_segment = manifest.next_segment.max(number + 1);
    }
    manifest.groups = groups.into_values().collect();
    manifest.logs = logs.into_values().collect();
    Ok(manifest)
}

const NOTHING: Meta = Meta {
    length: 0,
    last_index_at: 0,
    first_arrival: Timestamp::from_millis(0),
    last_arrival: Timestamp::from_millis(0),
};

/// Walks over a segment's runs: how far the last finished one goes, and the greatest place of the write-ahead log in it.
fn walk(file: &dyn DiskFile) -> io::Result<Option<(Meta, u64)>> {
    let length = file.length()?;
    let (mut at, mut place, mut seen_place, mut meta) = (BLOCK_BYTES, 0, 0, None);
    while at + HEADER_BYTES as u64 <= length {
        let mut header = [0; HEADER_BYTES];
        file.read_at(&mut header, at)?;
        match FrameHeader::decode(&header) {
            Some(header) if header.kind == FrameKind::Index && header.place == at => {
                let end = at + header.frame_bytes();
                meta = Some(Meta { length: block_end(end), last_index_at: at, ..NOTHING });
                place = seen_place;
                at = end;
            }
            Some(header) if header.kind == FrameKind::Records => {
                seen_place = seen_place.max(header.place + header.frame_bytes());
                at += header.frame_bytes();
            }
            // A run's end, or damage: the next run begins with a block.
            _ => at = block_end(at + 1),
        }
    }
    Ok(meta.map(|meta| (meta, place)))
}

fn with_arrivals<'a>(meta: Meta, parts: impl Iterator<Item = &'a Part>) -> Meta {
    let (first, last) = parts.fold((i64::MAX, i64::MIN), |(first, last), part| {
        (first.min(part.first_arrival.millis()), last.max(part.last_arrival.millis()))
    });
    let (first_arrival, last_arrival) = (Timestamp::from_millis(first), Timestamp::from_millis(last));
    Meta { first_arrival, last_arrival, ..meta }
}

fn note_part(logs: &mut BTreeMap<LogId, ManifestLog>, group: GroupId, part: &Part) {
    let id = LogId { group, index: part.log };
    let log = logs.entry(id).or_insert(ManifestLog {
        id,
        start: part.first,
        next: part.end(),
        last_arrival: None,
        closed: false,
    });
    log.start = log.start.min(part.first);
    log.next = log.next.max(part.end());
    log.last_arrival = log.last_arrival.max(Some(part.last_arrival));
}
