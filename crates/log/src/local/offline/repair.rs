use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;

use anabranch_types::Timestamp;
use tokio::sync::oneshot;

use super::mend::{self, Mended};
use super::verify::{Verified, verify_ahead};
use super::{survey, walk};
use crate::disk::Disk;
use crate::local::frame::block_end;
use crate::local::history::{HistorySegment, Meta, Part};
use crate::local::log::{LocalLog, OpenError};
use crate::local::manifest::{self, Manifest, ManifestGroup, ManifestLog};
use crate::local::options::Options;
use crate::local::recover::{self, Recovered};
use crate::local::shared::NEVER_TRIMMED;
use crate::local::state_file::{self, State};
use crate::{GroupId, LogError, LogId, Timeline};

/// What a repair did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repaired {
    /// The file `state` was missing or damaged: the next append begins a new timeline.
    pub state: bool,
    /// The file `checkpoint` was missing or damaged and was made from what history holds. What was trimmed and has not left the disk
    /// can be read again until the next trim; which logs are closed is known from the write-ahead log alone.
    pub checkpoint: bool,
    /// The write-ahead log was damaged; what can be read of it was taken over into history.
    pub write_ahead: bool,
    /// What was done to history.
    pub history: Mended,
}

/// Makes a directory usable: `state` and `checkpoint` are made anew where they are missing or damaged, and records that cannot be read
/// any more are given up, so that readers pass over them. Files of history that were damaged are kept under another name.
pub fn repair(disk: &Arc<dyn Disk>) -> Result<Repaired, OpenError> {
    let mut repaired = Repaired::default();
    {
        let _lock = survey::lock(&**disk)?;
        make_it_open(&**disk, &mut repaired)?;
        (repaired.write_ahead, _) = look_ahead(&**disk).map_err(doing("read the write-ahead log"))?;
    }
    if repaired.write_ahead {
        take_over(disk)?;
    }
    let _lock = survey::lock(&**disk)?;
    let loaded = manifest::load(&**disk).map_err(doing("read the checkpoint"))?;
    let mut manifest = loaded.unwrap_or_default();
    let (_, removed) = look_ahead(&**disk).map_err(doing("read the write-ahead log"))?;
    manifest.forget(&removed);
    repaired.history = mend::mend(&**disk, &mut manifest).map_err(doing("mend history"))?;
    if repaired.history != Mended::default() {
        manifest::store(&**disk, &manifest).map_err(doing("write the checkpoint"))?;
    }
    Ok(repaired)
}

fn doing(doing: &'static str) -> impl Fn(io::Error) -> OpenError {
    move |source| OpenError::Io { doing, source }
}

/// Makes `state` and `checkpoint` anew where they are missing or damaged.
fn make_it_open(disk: &dyn Disk, repaired: &mut Repaired) -> Result<(), OpenError> {
    mend::finish_renames(disk).map_err(doing("end an earlier repair"))?;
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
        Err(e) if e.kind() == io::ErrorKind::Unsupported => return Err(doing("read the checkpoint")(e)),
        Ok(None) | Err(_) => {
            let made = rebuild(disk, known.incarnation).map_err(doing("read history"))?;
            manifest::store(disk, &made).map_err(doing("write the checkpoint"))?;
            repaired.checkpoint = true;
            made
        }
    };
    match state_file::load(disk) {
        Ok(Some(_)) => {}
        Err(e) if e.kind() == io::ErrorKind::Unsupported => return Err(doing("read the state")(e)),
        Ok(None) | Err(_) => {
            let timelines = manifest.logs.iter().map(|log| log.next.timeline);
            let timeline = timelines.max().unwrap_or(Timeline(0));
            let state = State { timeline, in_doubt: true };
            state_file::store(disk, state).map_err(doing("write the directory's state"))?;
            repaired.state = true;
        }
    }
    Ok(())
}

/// Whether a part of the write-ahead log that was durable cannot be read, and which groups were removed in it.
fn look_ahead(disk: &dyn Disk) -> io::Result<(bool, BTreeSet<GroupId>)> {
    let manifest = manifest::load(disk)?.unwrap_or_default();
    let segments = survey::write_ahead(disk, manifest.place)?;
    let mut verified = Verified::default();
    let removed = verify_ahead(&segments, Some(&manifest), &mut verified, &mut |_, _| {})?;
    Ok((!verified.is_whole(), removed))
}

/// Lets the log itself take over what can be read of its write-ahead log.
fn take_over(disk: &Arc<dyn Disk>) -> Result<(), OpenError> {
    let log = LocalLog::open(disk.clone(), Options::default())?;
    let (answer, answered) = oneshot::channel();
    log.checkpoint_then(answer);
    let taken = answered.blocking_recv().unwrap_or(Err(LogError::ShutDown));
    taken.map(drop).map_err(|e| doing("take over the write-ahead log")(io::Error::other(e)))
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
        let segment = HistorySegment::known(group, number, walk::NOTHING);
        let file = disk.open(&segment.name())?;
        let Some((meta, place)) = walk::last_run(&*file)? else {
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
