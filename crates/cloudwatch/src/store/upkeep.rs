use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anabranch_api::cloudwatch::Error;
use anabranch_log::{LogId, Position};
use anabranch_types::Timestamp;

use super::logs::{Logs, failed};
use super::manifest::{Change, Entry, Replay};
use super::merge::Merge;
use super::recent::Table;
use super::room::Room;
use super::run::{Cached, Level, Run};
use super::writer::RunWriter;

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
/// CloudWatch User Guide, metrics retention: data of less than a minute are kept for three hours.
const FINE_KEPT: Duration = Duration::from_secs(3 * 3600);
/// So many hours are merged into one run.
const HOURS_MERGED: usize = 6;
/// Data may be two hours ahead of their arrival (CW API MetricDatum, Timestamp).
const AHEAD: Duration = Duration::from_secs(2 * 3600);
/// Bytes of a manifest's changes, beyond which a snapshot is made if it is not longer itself.
const CHANGES_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Bytes of entries that are appended together.
const ENTRIES_BYTES: usize = 4 * 1024 * 1024;
/// Metrics after which others have their turn.
const METRICS_AT_ONCE: usize = 64;

/// Brings data into runs, young runs into old ones, and old ones out. One at a time has it.
pub(super) struct Upkeep {
    manifest: Option<LogId>,
    /// Bytes of the manifest since and of its last snapshot.
    changed_bytes: usize,
    snapshot_bytes: usize,
    /// Nothing but a snapshot may be written next.
    snapshot_due: bool,
    /// Before when each level was trimmed.
    trimmed: BTreeMap<Level, Timestamp>,
}

/// How long a day's run is kept, by its level (CloudWatch User Guide, metrics retention).
fn kept(level: Level) -> Option<Duration> {
    match level {
        Level::Hour | Level::Quarter => None,
        Level::Day => Some(15 * DAY),
        Level::FiveMinutes => Some(63 * DAY),
        Level::Hourly => Some(455 * DAY),
    }
}

fn manifest_key(key: &str) -> String {
    format!("{key}.manifest")
}

/// The logs of the levels that there are.
pub(super) async fn levels(logs: &Logs, key: &str) -> Result<BTreeMap<Level, LogId>, Error> {
    let mut levels = BTreeMap::new();
    for level in Level::ALL {
        if let Some(log) = logs.open(&level_key(key, level)).await? {
            levels.insert(level, log);
        }
    }
    Ok(levels)
}

fn level_key(key: &str, level: Level) -> String {
    format!("{key}.{}", level.name())
}

impl Upkeep {
    pub(super) async fn open(logs: &Logs, key: &str) -> Result<Self, Error> {
        Ok(Self {
            manifest: logs.open(&manifest_key(key)).await?,
            changed_bytes: 0,
            snapshot_bytes: 0,
            snapshot_due: false,
            trimmed: BTreeMap::new(),
        })
    }

    /// What follows from the manifest that was read.
    pub(super) fn after(mut self, replay: &Replay) -> Self {
        self.snapshot_due = replay.is_unfinished();
        self
    }

    pub(super) fn manifest(&self) -> Option<LogId> {
        self.manifest
    }

    /// What is to be done every hour.
    pub(super) async fn hourly(&mut self, room: &Room, now: Timestamp) -> Result<(), Error> {
        // Whoever still read of runs that went has had an hour.
        self.trim(room).await?;
        self.flush_arrived(room, now).await?;
        let hours = runs(room, |run| run.level == Level::Hour && run.arrived + FINE_KEPT <= now);
        let is_old = |run: &Arc<Run>, age| run.arrived + age <= now;
        if hours.len() >= HOURS_MERGED || hours.first().is_some_and(|run| is_old(run, FINE_KEPT + 6 * HOUR)) {
            self.merge(room, hours, &[Level::Quarter]).await?;
        }
        let quarters = runs(room, |run| run.level == Level::Quarter);
        if quarters.first().is_some_and(|run| is_old(run, DAY)) {
            self.merge(room, quarters, &[Level::Day, Level::FiveMinutes, Level::Hourly]).await?;
        }
        let gone = |run: &Run| kept(run.level).is_some_and(|kept| run.arrived + AHEAD + kept < now);
        let gone: Vec<_> = runs(room, gone);
        if !gone.is_empty() {
            self.change(room, vec![], Changed { removed: gone, ..Changed::default() }).await?;
        }
        if self.snapshot_due || self.changed_bytes > CHANGES_BYTES_MAX.max(self.snapshot_bytes) {
            self.snapshot(room).await?;
        }
        Ok(())
    }

    /// Writes all that arrived to a run.
    pub(super) async fn flush_arrived(&mut self, room: &Room, now: Timestamp) -> Result<(), Error> {
        let (table, through, arrived) = {
            let _alone = room.arrivals.write().await;
            let state = room.logs.log.state(room.data).map_err(|e| failed("write metrics", &e))?;
            let Some(table) = swap(room) else { return Ok(()) };
            (table, state.end, state.last_arrival.unwrap_or(now))
        };
        self.flush_table(room, &table, through, arrived).await
    }

    /// Writes what is in memory to a run: all data that stand before `through`, the last of which arrived at `arrived`.
    pub(super) async fn flush(
        &mut self,
        room: &Room,
        through: Position,
        arrived: Timestamp,
    ) -> Result<(), Error> {
        let Some(table) = swap(room) else { return Ok(()) };
        self.flush_table(room, &table, through, arrived).await
    }

    async fn flush_table(
        &mut self,
        room: &Room,
        table: &Arc<Table>,
        through: Position,
        arrived: Timestamp,
    ) -> Result<(), Error> {
        let flushed = self.write_table(room, table, through, arrived).await;
        if flushed.is_err() {
            let mut memory = room.memory();
            if let Some(table) = memory.flushing.take() {
                memory.recent.add_all(&table);
            }
            return flushed;
        }
        room.logs.trim(room.data, arrived).await
    }

    async fn write_table(
        &mut self,
        room: &Room,
        table: &Arc<Table>,
        through: Position,
        arrived: Timestamp,
    ) -> Result<(), Error> {
        let mut writer = self.writer(room, Level::Hour).await?;
        for (n, (id, points)) in table.series().enumerate() {
            writer.push(id, points).await?;
            if n % METRICS_AT_ONCE == 0 {
                tokio::task::yield_now().await;
            }
        }
        let flush = room.memory().flushes;
        let written = writer.finish(flush..flush + 1, arrived).await?;
        let names = room.memory().unnamed();
        let entries = names.iter().map(|(id, metric)| Entry::Name(*id, Arc::clone(metric))).collect();
        let flushed = Some((flush + 1, through));
        self.change(
            room,
            entries,
            Changed { flushed, added: written.into_iter().collect(), removed: vec![] },
        )
        .await?;
        room.memory().note_named(&names);
        Ok(())
    }

    async fn merge(&mut self, room: &Room, from: Vec<Arc<Run>>, to: &[Level]) -> Result<(), Error> {
        let (Some(first), Some(last)) = (from.first(), from.last()) else { return Ok(()) };
        let (covers, arrived) = (first.covers.start..last.covers.end, last.arrived);
        let mut writers = Vec::with_capacity(to.len());
        for level in to {
            writers.push(self.writer(room, *level).await?);
        }
        let mut merge = Merge::of(room, &from);
        let mut n = 0;
        while let Some((id, points)) = merge.next().await? {
            for (level, writer) in to.iter().zip(&mut writers) {
                let points = super::recent::coarser(points.clone(), level.seconds());
                writer.push(id, &points).await?;
            }
            n += 1;
            if n % METRICS_AT_ONCE == 0 {
                tokio::task::yield_now().await;
            }
        }
        let mut added = Vec::with_capacity(to.len());
        for writer in writers {
            added.extend(writer.finish(covers.clone(), arrived).await?);
        }
        self.change(room, vec![], Changed { added, removed: from, flushed: None }).await
    }

    /// Writes a day of points of the metrics with the lowest numbers as a merge would, for measuring.
    #[cfg(test)]
    pub(super) async fn write_day(
        &mut self,
        room: &Room,
        metrics: u32,
        points: &(dyn Fn(u32) -> super::recent::Points + Sync),
        to: &[Level],
        arrived: Timestamp,
    ) -> Result<(), Error> {
        let (flushes, unflushed) = room.memory().flushed();
        let mut writers = Vec::with_capacity(to.len());
        for level in to {
            writers.push(self.writer(room, *level).await?);
        }
        for id in 0..metrics {
            let points = points(id);
            for (level, writer) in to.iter().zip(&mut writers) {
                writer.push(id, &super::recent::coarser(points.clone(), level.seconds())).await?;
            }
        }
        let mut added = Vec::with_capacity(to.len());
        for writer in writers {
            added.extend(writer.finish(flushes..flushes + 1, arrived).await?);
        }
        let flushed = Some((flushes + 1, unflushed));
        self.change(room, vec![], Changed { added, removed: vec![], flushed }).await
    }

    async fn writer(&self, room: &Room, level: Level) -> Result<RunWriter, Error> {
        let known = room.memory().levels.get(&level).copied();
        let log = match known {
            Some(log) => log,
            None => room.logs.open_or_make(&level_key(&room.key, level)).await?,
        };
        room.memory().levels.insert(level, log);
        Ok(RunWriter::new(Arc::clone(&room.logs), log, level))
    }

    /// Makes a change durable, and then true.
    async fn change(&mut self, room: &Room, mut entries: Vec<Entry>, changed: Changed) -> Result<(), Error> {
        if self.snapshot_due {
            self.snapshot(room).await?;
        }
        let (flushes, unflushed) = changed.flushed.unwrap_or_else(|| room.memory().flushed());
        let change = || Change {
            flushes,
            unflushed,
            removed: changed.removed.iter().map(|run| (run.level, run.covers.start)).collect(),
            added: changed.added.iter().map(|(run, _)| Arc::clone(run)).collect(),
        };
        entries.push(Entry::Change(change()));
        self.changed_bytes += self.write(room, &entries).await?.0;
        let mut memory = room.memory();
        memory.apply(change());
        if changed.flushed.is_some() {
            memory.flushing = None;
        }
        for (run, chunks) in changed.added {
            if let Some(chunks) = chunks {
                memory.cache(&run, chunks);
            }
        }
        Ok(())
    }

    /// Writes all that there is anew, and lets go of what came before.
    pub(super) async fn snapshot(&mut self, room: &Room) -> Result<(), Error> {
        let entries = {
            let mut memory = room.memory();
            let names = memory.forget();
            let (flushes, unflushed) = memory.flushed();
            let change = Change { flushes, unflushed, removed: vec![], added: memory.runs.clone() };
            memory.note_named(&names);
            let names = names.into_iter().map(|(id, metric)| Entry::Name(id, metric));
            let rest = [Entry::Change(change), Entry::End];
            std::iter::once(Entry::Begin).chain(names).chain(rest).collect::<Vec<_>>()
        };
        // Until it is whole nothing else may be written.
        self.snapshot_due = true;
        let (bytes, began) = self.write(room, &entries).await?;
        self.snapshot_due = false;
        (self.snapshot_bytes, self.changed_bytes) = (bytes, 0);
        match self.manifest {
            Some(manifest) => room.logs.trim(manifest, began).await,
            None => Ok(()),
        }
    }

    /// Appends entries to the manifest: their bytes, and when the first arrived.
    async fn write(&mut self, room: &Room, entries: &[Entry]) -> Result<(usize, Timestamp), Error> {
        let manifest = match self.manifest {
            Some(manifest) => manifest,
            None => *self.manifest.insert(room.logs.open_or_make(&manifest_key(&room.key)).await?),
        };
        let (mut total, mut began) = (0, None);
        let (mut waiting, mut waiting_bytes) = (vec![], 0);
        for (n, entry) in (1..).zip(entries) {
            let bytes = entry.encode();
            waiting_bytes += bytes.len();
            waiting.push(bytes);
            if waiting_bytes >= ENTRIES_BYTES || n == entries.len() {
                total += waiting_bytes;
                waiting_bytes = 0;
                let arrived = room.logs.append(manifest, std::mem::take(&mut waiting)).await?;
                began.get_or_insert(arrived);
            }
        }
        Ok((total, began.unwrap_or_default()))
    }

    /// Lets go of the bytes of runs that are gone.
    async fn trim(&mut self, room: &Room) -> Result<(), Error> {
        let levels = room.memory().levels.clone();
        for (level, log) in levels {
            let first = runs(room, |run| run.level == level).iter().map(|run| run.written.0).min();
            let state = room.logs.log.state(log).map_err(|e| failed("let go of old metrics", &e))?;
            // A moment later than the last one, all are gone.
            let all = state.last_arrival.map(|last| last + Duration::from_millis(1));
            let Some(before) = first.or(all) else { continue };
            if self.trimmed.get(&level) != Some(&before) {
                room.logs.trim(log, before).await?;
                self.trimmed.insert(level, before);
            }
        }
        Ok(())
    }
}

/// What is about to change.
#[derive(Default)]
struct Changed {
    /// How many flushes there are then, and where data begin that are in no run.
    flushed: Option<(u64, Position)>,
    added: Vec<(Arc<Run>, Option<Cached>)>,
    removed: Vec<Arc<Run>>,
}

/// Takes what is recent to be flushed; none if there is nothing.
fn swap(room: &Room) -> Option<Arc<Table>> {
    let mut memory = room.memory();
    if memory.recent.is_empty() {
        return None;
    }
    let table = Arc::new(std::mem::take(&mut memory.recent));
    memory.flushing = Some(Arc::clone(&table));
    Some(table)
}

/// The runs of a kind, the oldest first.
fn runs(room: &Room, of: impl Fn(&Run) -> bool) -> Vec<Arc<Run>> {
    room.memory().runs.iter().filter(|run| of(run)).cloned().collect()
}
