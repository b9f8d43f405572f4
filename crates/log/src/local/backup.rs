//! Copies of a log that goes on taking records, and what makes a log of such a copy.

use std::io::{self, IoSlice};
use std::sync::Arc;

use anabranch_types::Clock;
use tokio::sync::{OwnedRwLockWriteGuard, oneshot};

use super::dirty::Answer;
use super::history::{Meta, segment_name};
use super::manifest::{self, Manifest};
use super::shared::Shared;
use super::state_file::{self, State};
use crate::disk::Disk;
use crate::{GroupId, LogError, Timeline};

/// Bytes copied with one call.
const PIECE_BYTES: u64 = 1024 * 1024;

/// So many timelines may the log that a backup was taken from have begun since: a restored one begins behind them, so that none of
/// its positions was ever given to another record.
const TIMELINES_SINCE_MAX: u16 = 64;

/// The last timeline but one: behind it a log refuses to open.
const TIMELINE_LAST: u16 = 0x7ffe - 1;

/// A backup that has begun. Dropped, it is none.
pub struct BackupBegun {
    hold: Hold,
    steady: OwnedRwLockWriteGuard<()>,
}

/// A backup whose position is fixed; what comes before it is being made ready to be copied.
pub struct FixedPosition {
    hold: Hold,
    steady: OwnedRwLockWriteGuard<()>,
    done: oneshot::Receiver<Result<Arc<Manifest>, LogError>>,
}

/// Everything before a position, ready to be copied.
pub struct Backup {
    hold: Hold,
    manifest: Arc<Manifest>,
}

/// What was copied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Copied {
    /// Files of history.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The write-ahead log's place up to which everything is in the copy.
    pub place: u64,
    /// Files that could not be read, being gone or cut short: what was in them is not in the copy.
    pub unreadable: Vec<String>,
}

/// While it lives no file of history is removed.
struct Hold {
    shared: Arc<Shared>,
    clock: Clock,
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.shared.release(self.clock.now());
    }
}

impl BackupBegun {
    pub(super) fn new(shared: Arc<Shared>, clock: Clock, steady: OwnedRwLockWriteGuard<()>) -> Self {
        shared.hold();
        Self { hold: Hold { shared, clock }, steady }
    }

    /// Fixes the position: what was acknowledged before this is called is in the backup. Not for async code: blocks for as long as a checkpoint takes
    /// that is under way.
    pub fn fix(self) -> FixedPosition {
        let Self { hold, steady } = self;
        let (fixed, is_fixed) = oneshot::channel();
        let (answer, done) = oneshot::channel();
        hold.shared.dirty.ask(Answer { fixed, done: answer });
        // An error means that there will be no checkpoint, which `ready` tells.
        drop(is_fixed.blocking_recv());
        FixedPosition { hold, steady, done }
    }
}

impl FixedPosition {
    /// Waits until everything before the position can be copied.
    pub async fn ready(self) -> Result<Backup, LogError> {
        let Self { hold, steady, done } = self;
        let manifest = done.await.unwrap_or(Err(LogError::ShutDown))?;
        drop(steady);
        Ok(Backup { hold, manifest })
    }
}

impl Backup {
    /// Copies everything to an empty directory and syncs it; tells how many bytes of how many are copied. Blocks. The copy is a log
    /// that can be opened; its next record begins a new timeline.
    pub fn copy_to(&self, to: &dyn Disk, told: &mut dyn FnMut(u64, u64)) -> Result<Copied, LogError> {
        copy(&*self.hold.shared.disk, to, &self.manifest, Timeline(0), told)
    }
}

/// Makes a log of a copy: copies it to an empty directory and syncs it. The next record begins a timeline that the log which was
/// copied cannot have begun since. Blocks. An error of kind `NotFound` if there is no copy in `from`.
pub fn restore(from: &dyn Disk, to: &dyn Disk, told: &mut dyn FnMut(u64, u64)) -> Result<Copied, LogError> {
    let manifest = manifest::load(from).and_then(|m| m.ok_or_else(|| io::ErrorKind::NotFound.into()));
    let manifest = manifest.map_err(failed("read the copy's checkpoint"))?;
    let state = state_file::load(from).map_err(failed("read the copy's state"))?.unwrap_or_default();
    let after = Timeline(state.timeline.0.saturating_add(TIMELINES_SINCE_MAX).min(TIMELINE_LAST));
    copy(from, to, &manifest, after, told)
}

fn copy(
    from: &dyn Disk,
    to: &dyn Disk,
    manifest: &Manifest,
    timeline_at_least: Timeline,
    told: &mut dyn FnMut(u64, u64),
) -> Result<Copied, LogError> {
    let segments = manifest.groups.iter().flat_map(|g| g.segments.iter().map(|s| (g.group, s)));
    let in_all = segments.clone().map(|(_, (_, meta))| meta.length).sum();
    let mut copied = Copied { place: manifest.place, ..Copied::default() };
    for (group, (number, meta)) in segments {
        copy_segment(from, to, group, *number, *meta, &mut copied)?;
        told(copied.bytes, in_all);
    }
    let used = manifest.logs.iter().map(|log| log.next.timeline).max().unwrap_or_default();
    let known = state_file::load(from).map_err(failed("read the state"))?.unwrap_or_default().timeline;
    let timeline = used.max(known).max(timeline_at_least);
    let written = to.sync_dir("").and_then(|()| state_file::store(to, State { timeline, in_doubt: true }));
    // The checkpoint comes last: without it the copy is refused.
    written.and_then(|()| manifest::store(to, manifest)).map_err(failed("write the copy"))?;
    Ok(copied)
}

fn copy_segment(
    from: &dyn Disk,
    to: &dyn Disk,
    group: GroupId,
    number: u64,
    meta: Meta,
    copied: &mut Copied,
) -> Result<(), LogError> {
    let name = segment_name(group, number);
    let source = match from.open(&name) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            copied.unreadable.push(name);
            return Ok(());
        }
        opened => opened.map_err(failed("read history"))?,
    };
    let file = to.create(&name).map_err(failed("write the copy"))?;
    let mut at = 0;
    let mut piece = vec![0; PIECE_BYTES as usize];
    while at < meta.length {
        let wanted = &mut piece[..(meta.length - at).min(PIECE_BYTES) as usize];
        match source.read_at(wanted, at) {
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => {
                copied.unreadable.push(name);
                break;
            }
            read => read.map_err(failed("read history"))?,
        }
        file.write_at(&[IoSlice::new(wanted)], at).map_err(failed("write the copy"))?;
        at += wanted.len() as u64;
    }
    file.sync().map_err(failed("write the copy"))?;
    copied.files += 1;
    copied.bytes += at;
    Ok(())
}

fn failed(doing: &'static str) -> impl Fn(io::Error) -> LogError {
    move |source| LogError::Io { doing: doing.into(), source }
}
