//! Takes what the write-ahead log holds over into history, and frees what nobody needs any more.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, IoSlice};
use std::sync::Arc;

use anabranch_types::Timestamp;
use tokio::sync::oneshot;

use super::history::{FrameToKeep, GroupHistory, HistorySegment, Meta, Part, RunWriter, segment_name};
use super::manifest::{self, Manifest, ManifestGroup};
use super::options::Options;
use super::queue::{Command, NextSegment, Queue, Snapshot};
use super::read::frame_bytes;
use super::segment::{Origin, Spare};
use super::shared::{NEVER_TRIMMED, Shared};
use super::spares::Spares;
use super::tail::SharedLog;
use super::writer::is_full;
use super::{lock, sync_names};
use crate::{GroupId, LogError};

/// Zeros are written over a removed group's bytes in pieces of this length.
static ZEROES: [u8; 256 * 1024] = [0; 256 * 1024];

/// Does checkpoints, one at a time.
pub struct Checkpoints {
    pub(super) shared: Arc<Shared>,
    pub(super) queue: Arc<Queue>,
    pub(super) spares: Arc<Spares>,
    pub(super) options: Options,
    pub(super) next_segment: u64,
}

/// A run that is durable and that nobody knows of yet.
struct Run {
    /// The segment it was appended to; `None` for a new one.
    segment: Option<Arc<HistorySegment>>,
    number: u64,
    meta: Meta,
    parts: Vec<Part>,
}

/// Whether a checkpoint took everything of removed groups off the disk.
#[derive(PartialEq, Eq)]
enum Cleaned {
    All,
    /// There was no room for a new write-ahead segment, so the present one could not be overwritten.
    NoRoom,
}

impl Checkpoints {
    /// Does one whenever one is wanted, until the log ends.
    pub fn run_all(mut self) {
        while let Some(asked) = self.shared.dirty.wait() {
            let now = self.options.clock.now();
            let (fixed, asked): (Vec<_>, Vec<_>) = asked.into_iter().map(|a| (a.fixed, a.done)).unzip();
            let done = self.run(now, fixed);
            self.shared.dirty.end_writing();
            if let Err(e) = &done {
                if !matches!(e, LogError::ShutDown) {
                    tracing::error!(error = %e, "a checkpoint failed; the next one does its work");
                }
                self.shared.dirty.note(now);
            }
            for answer in asked {
                // Who asked may have gone away.
                let _ = answer.send(match &done {
                    Ok(manifest) => Ok(Arc::clone(manifest)),
                    Err(e) => Err(e.again()),
                });
            }
        }
    }

    /// Does one. When it returns a start reads the write-ahead log from here on only; what was trimmed has left the disk as far as its
    /// segments hold nothing else; of groups that were removed before nothing is left; and what can be used again is. Answers what
    /// is true there. `fixed` are told when that place is fixed.
    fn run(&mut self, now: Timestamp, fixed: Vec<oneshot::Sender<()>>) -> Result<Arc<Manifest>, LogError> {
        let removed = std::mem::take(&mut *lock(&self.shared.removed_groups));
        let mut doomed = std::mem::take(&mut *lock(&self.shared.garbage));
        let done = self.attempt(now, &removed, &mut doomed, fixed);
        if !matches!(done, Ok((Cleaned::All, _))) {
            lock(&self.shared.removed_groups).extend(removed);
        }
        // Also when the rest failed: a trim or a removal is durable in the write-ahead log, and on a full disk this makes room.
        let swept = self.sweep(doomed);
        let (cleaned, manifest) = done?;
        if cleaned == Cleaned::NoRoom {
            self.shared.dirty.note(now);
        }
        swept.map(|()| Arc::new(manifest))
    }

    fn attempt(
        &mut self,
        now: Timestamp,
        removed: &[GroupId],
        doomed: &mut Vec<String>,
        fixed: Vec<oneshot::Sender<()>>,
    ) -> Result<(Cleaned, Manifest), LogError> {
        let segment = if removed.is_empty() {
            NextSegment::Stay
        } else {
            self.clean_spares(removed)?;
            NextSegment::Begin
        };
        let snapshot = self.snapshot(segment)?;
        for fixed in fixed {
            // Who asked may have gone away.
            let _ = fixed.send(());
        }
        doomed.extend(self.take_expired(&snapshot).iter().map(|s| s.name()));
        let mut begun = Vec::new();
        let stored = self.write_runs(&snapshot, now, &mut begun).and_then(|runs| {
            self.synced(sync_names(&*self.shared.disk))?;
            let manifest = self.manifest(&snapshot, &runs);
            self.synced(manifest::store(&*self.shared.disk, &manifest))?;
            Ok((runs, manifest))
        });
        let (runs, manifest) = stored.inspect_err(|_| doomed.append(&mut begun))?;
        self.install(&snapshot, runs);
        self.free(snapshot.place, removed)?;
        Ok((if snapshot.segment == segment { Cleaned::All } else { Cleaned::NoRoom }, manifest))
    }

    /// Removes files for good. What cannot be removed, or must stay for a backup, is garbage until the next checkpoint.
    fn sweep(&self, mut doomed: Vec<String>) -> Result<(), LogError> {
        if doomed.is_empty() {
            return Ok(());
        }
        if self.shared.is_held() {
            lock(&self.shared.garbage).extend(doomed);
            return Ok(());
        }
        while let Some(name) = doomed.last() {
            if let Err(e) = self.remove(name) {
                lock(&self.shared.garbage).extend(doomed);
                return Err(e);
            }
            doomed.pop();
        }
        self.synced(sync_names(&*self.shared.disk))
    }

    fn snapshot(&self, segment: NextSegment) -> Result<Snapshot, LogError> {
        let (answer, answered) = oneshot::channel();
        let command = Command::Checkpoint { segment, answer };
        self.queue.send(command).map_err(|_| LogError::ShutDown)?;
        answered.blocking_recv().unwrap_or(Err(LogError::ShutDown))
    }

    /// Writes what came since the last checkpoint, a run for each group.
    fn write_runs(
        &mut self,
        snapshot: &Snapshot,
        now: Timestamp,
        begun: &mut Vec<String>,
    ) -> Result<BTreeMap<GroupId, Run>, LogError> {
        let from = self.shared.checkpointed();
        let mut runs = BTreeMap::new();
        for logs in snapshot.logs.chunk_by(|(a, _), (b, _)| a.id.group == b.id.group) {
            let group = logs[0].0.id.group;
            let new: Vec<&SharedLog> = logs
                .iter()
                .map(|(log, _)| log)
                .filter(|l| l.has_frames_between(from, snapshot.place))
                .collect();
            if !new.is_empty()
                && let Some(run) = self.write_run(group, &new, from..snapshot.place, now, begun)?
            {
                runs.insert(group, run);
            }
        }
        Ok(runs)
    }

    fn write_run(
        &mut self,
        group: GroupId,
        logs: &[&SharedLog],
        places: std::ops::Range<u64>,
        now: Timestamp,
        begun: &mut Vec<String>,
    ) -> Result<Option<Run>, LogError> {
        let disk = self.shared.disk.clone();
        let current =
            self.shared.history(group).and_then(|h| h.segments().pop()).filter(|s| self.takes(s, now));
        let number = current.as_ref().map_or(self.next_segment, |s| s.number);
        let mut writer = match &current {
            Some(segment) => RunWriter::append(&*disk, segment),
            None => {
                self.next_segment += 1;
                begun.push(segment_name(group, number));
                RunWriter::create(&*disk, group, number)
            }
        }
        .map_err(cannot_write)?;
        for log in logs {
            for frame in log.frames_between(places.start, places.end) {
                let bytes = match frame_bytes(&self.shared, log.id, &frame) {
                    Ok(bytes) => bytes,
                    Err(LogError::Corrupt { .. }) => {
                        tracing::error!(?log.id, ?frame.first, "a damaged frame is left out of history");
                        continue;
                    }
                    Err(e) => return Err(e),
                };
                let keep = FrameToKeep {
                    first: frame.first,
                    count: frame.count,
                    arrival: frame.arrival,
                    bytes: &bytes,
                };
                writer.add(log.id.index, &keep).map_err(cannot_write)?;
            }
        }
        if writer.is_empty() {
            return Ok(None);
        }
        let (file, meta, parts) = writer.finish().map_err(cannot_write)?;
        self.synced(file.sync())?;
        Ok(Some(Run { segment: current, number, meta, parts }))
    }

    /// Whether a segment takes another run.
    fn takes(&self, segment: &HistorySegment, now: Timestamp) -> bool {
        let meta = segment.meta();
        meta.length < self.options.history_segment_bytes
            && now < meta.first_arrival + self.options.history_segment_span
    }

    /// Takes out what retention has passed and what no log is left of.
    fn take_expired(&self, snapshot: &Snapshot) -> Vec<Arc<HistorySegment>> {
        let alive: BTreeSet<GroupId> = snapshot.logs.iter().map(|(log, _)| log.id.group).collect();
        let of_group = |history: Arc<GroupHistory>| {
            let trimmed = snapshot.trims.get(&history.group).copied().unwrap_or(NEVER_TRIMMED);
            let alive = alive.contains(&history.group);
            history.take(|segment| segment.meta().last_arrival < trimmed || !alive)
        };
        self.shared.histories().into_iter().flat_map(of_group).collect()
    }

    fn manifest(&self, snapshot: &Snapshot, runs: &BTreeMap<GroupId, Run>) -> Manifest {
        let mut groups: BTreeMap<GroupId, ManifestGroup> = BTreeMap::new();
        let groups_of = |group| {
            let trimmed_before = snapshot.trims.get(&group).copied().unwrap_or(NEVER_TRIMMED);
            ManifestGroup { group, trimmed_before, segments: Vec::new() }
        };
        for history in self.shared.histories() {
            let group = groups.entry(history.group).or_insert_with(|| groups_of(history.group));
            group.segments = history.segments().iter().map(|s| (s.number, s.meta())).collect();
        }
        for (log, _) in &snapshot.logs {
            if snapshot.trims.contains_key(&log.id.group) {
                groups.entry(log.id.group).or_insert_with(|| groups_of(log.id.group));
            }
        }
        for (group, run) in runs {
            let group = groups.entry(*group).or_insert_with(|| groups_of(*group));
            group.segments.retain(|(number, _)| *number != run.number);
            group.segments.push((run.number, run.meta));
        }
        Manifest {
            place: snapshot.place,
            incarnation: snapshot.incarnation,
            next_segment: self.next_segment,
            groups: groups.into_values().collect(),
            logs: snapshot.logs.iter().map(|(_, known)| *known).collect(),
        }
    }

    /// Lets readers find the runs, and forgets the frames that history now holds.
    fn install(&self, snapshot: &Snapshot, runs: BTreeMap<GroupId, Run>) {
        for (group, Run { segment, number, meta, parts }) in runs {
            match segment {
                Some(segment) => segment.extend(meta, &parts),
                None => {
                    let new = Arc::new(HistorySegment::begun(group, number, meta, &parts));
                    self.shared.add_history(group, new);
                }
            }
        }
        self.shared.set_checkpointed(snapshot.place);
        snapshot.logs.iter().for_each(|(log, _)| log.forget_checkpointed(snapshot.place));
    }

    /// Overwrites what waits to be used again and holds bytes of removed groups.
    fn clean_spares(&self, removed: &[GroupId]) -> Result<(), LogError> {
        for mut spare in self.spares.take_used() {
            self.clean(&mut spare, removed)?;
            self.give(spare)?;
        }
        Ok(())
    }

    /// Frees the write-ahead segments before `place`; bytes of removed groups are overwritten first.
    fn free(&self, place: u64, removed: &[GroupId]) -> Result<(), LogError> {
        for segment in self.shared.take_segments_before(place) {
            if segment.origin == Origin::Recovered {
                self.remove(&segment.name)?;
                continue;
            }
            let mut spare = segment.as_spare();
            self.clean(&mut spare, removed)?;
            self.give(spare)?;
        }
        Ok(())
    }

    fn give(&self, spare: Spare) -> Result<(), LogError> {
        match self.spares.give(spare) {
            Ok(()) => Ok(()),
            Err(superfluous) => self.remove(&superfluous.name),
        }
    }

    fn clean(&self, spare: &mut Spare, removed: &[GroupId]) -> Result<(), LogError> {
        if spare.groups.iter().any(|g| removed.contains(g)) {
            overwrite(spare).map_err(cannot_write)?;
            self.synced(spare.file.sync())?;
            spare.groups.clear();
        }
        Ok(())
    }

    /// A file may be gone already, from an attempt that failed later.
    fn remove(&self, name: &str) -> Result<(), LogError> {
        match self.shared.disk.remove(name) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(cannot_write(e)),
            _ => Ok(()),
        }
    }

    /// A failed sync poisons the log, here as in the writer.
    fn synced(&self, synced: io::Result<()>) -> Result<(), LogError> {
        synced.map_err(|e| {
            if is_full(&e) {
                return cannot_write(e);
            }
            self.shared.poison(e);
            LogError::Poisoned
        })
    }
}

fn overwrite(segment: &Spare) -> io::Result<()> {
    let mut at = 0;
    while at < segment.length {
        let piece = (segment.length - at).min(ZEROES.len() as u64);
        segment.file.write_at(&[IoSlice::new(&ZEROES[..piece as usize])], at)?;
        at += piece;
    }
    Ok(())
}

fn cannot_write(source: io::Error) -> LogError {
    LogError::Io { doing: "write a checkpoint".into(), source }
}
