use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use anabranch_log::{LogId, Position};
use anabranch_types::Timestamp;

use super::manifest::{Change, Kept};
use super::recent::Table;
use super::run::{Cached, Level, Run};
use crate::datum::{Datum, Metric, unit_number};
use crate::summary::Summary;

/// What chunks of young runs take in memory at the most, for each account and region: the rest is read from the log.
const CACHED_BYTES_MAX: usize = 128 * 1024 * 1024;

/// What a room holds in memory.
#[derive(Debug, Default)]
pub(super) struct Memory {
    ids: HashMap<Arc<Metric>, u32>,
    known: BTreeMap<u32, Known>,
    /// Not yet in a run.
    pub(super) recent: Table,
    /// Being written to a run.
    pub(super) flushing: Option<Arc<Table>>,
    pub(super) runs: Vec<Arc<Run>>,
    pub(super) flushes: u64,
    /// Where data begin that are in no run yet and are not being written to one.
    unflushed: Position,
    /// Where runs stand.
    pub(super) levels: BTreeMap<Level, LogId>,
    /// The youngest last.
    cached: VecDeque<((Level, u64), Arc<Cached>)>,
}

/// A metric.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) metric: Arc<Metric>,
    /// The time of its last point.
    pub(super) last: Timestamp,
    /// Whether the manifest has its number.
    named: bool,
}

impl Memory {
    pub(super) fn of(kept: Kept, levels: BTreeMap<Level, LogId>) -> Self {
        let (flushes, unflushed) = (kept.flushes, kept.unflushed);
        let mut memory = Self { flushes, unflushed, levels, ..Self::default() };
        for (id, metric) in kept.names {
            memory.ids.insert(Arc::clone(&metric), id);
            memory.known.insert(id, Known { metric, last: Timestamp::default(), named: true });
        }
        // What a run tells of one of its metrics is when the last point of any of them was.
        for run in &kept.runs {
            let last = Timestamp::from_seconds(run.times.1);
            for id in &run.ids {
                if let Some(known) = memory.known.get_mut(id) {
                    known.last = known.last.max(last);
                }
            }
        }
        memory.runs = kept.runs;
        memory
    }

    /// Takes in a datum; its metric gets a number if it has none.
    pub(super) fn take(&mut self, datum: Datum) {
        let Some(summary) = Summary::of(&datum.measured) else { return };
        let (at, key) = (datum.at, (datum.at.seconds(), unit_number(datum.unit)));
        let id = self.id_or_new(datum.metric);
        if let Some(known) = self.known.get_mut(&id) {
            known.last = known.last.max(at);
        }
        self.recent.add(id, key, summary);
    }

    pub(super) fn id_or_new(&mut self, metric: Metric) -> u32 {
        if let Some(id) = self.ids.get(&metric) {
            return *id;
        }
        let id = self.known.last_key_value().map_or(0, |(last, _)| last + 1);
        let metric = Arc::new(metric);
        self.ids.insert(Arc::clone(&metric), id);
        self.known.insert(id, Known { metric, last: Timestamp::default(), named: false });
        id
    }

    pub(super) fn id(&self, metric: &Metric) -> Option<u32> {
        self.ids.get(metric).copied()
    }

    pub(super) fn metrics(&self) -> usize {
        self.known.len()
    }

    pub(super) fn known(&self) -> impl Iterator<Item = &Known> {
        self.known.values()
    }

    /// Metrics whose numbers the manifest does not have yet.
    pub(super) fn unnamed(&self) -> Vec<(u32, Arc<Metric>)> {
        let unnamed = self.known.iter().filter(|(_, known)| !known.named);
        unnamed.map(|(id, known)| (*id, Arc::clone(&known.metric))).collect()
    }

    pub(super) fn note_named(&mut self, names: &[(u32, Arc<Metric>)]) {
        for (id, _) in names {
            if let Some(known) = self.known.get_mut(id) {
                known.named = true;
            }
        }
    }

    /// How many flushes there were, and where data begin that are in no run.
    pub(super) fn flushed(&self) -> (u64, Position) {
        (self.flushes, self.unflushed)
    }

    /// Forgets metrics that have no point any more; those that are left.
    pub(super) fn forget(&mut self) -> Vec<(u32, Arc<Metric>)> {
        let mut used: Vec<u32> = self.runs.iter().flat_map(|run| run.ids.iter().copied()).collect();
        used.extend(self.recent.series().map(|(id, _)| id));
        used.extend(self.flushing.iter().flat_map(|table| table.series().map(|(id, _)| id)));
        used.sort_unstable();
        used.dedup();
        self.known.retain(|id, _| used.binary_search(id).is_ok());
        let known = &self.known;
        self.ids.retain(|_, id| known.contains_key(id));
        self.known.iter().map(|(id, known)| (*id, Arc::clone(&known.metric))).collect()
    }

    /// Does what the manifest was told.
    pub(super) fn apply(&mut self, change: Change) {
        let removed = change.removed.clone();
        let mut kept = Kept { runs: std::mem::take(&mut self.runs), ..Kept::default() };
        kept.apply(&change);
        self.runs = kept.runs;
        self.flushes = change.flushes;
        self.unflushed = change.unflushed;
        self.cached.retain(|(run, _)| !removed.contains(run));
    }

    /// Keeps a run's chunks for reading, and lets go of those of the oldest runs where that is too much.
    pub(super) fn cache(&mut self, run: &Run, chunks: Cached) {
        self.cached.push_back(((run.level, run.covers.start), Arc::new(chunks)));
        let bytes = |chunks: &Cached| chunks.iter().map(|chunk| chunk.len()).sum::<usize>();
        let mut total: usize = self.cached.iter().map(|(_, chunks)| bytes(chunks)).sum();
        while total > CACHED_BYTES_MAX {
            let Some((_, chunks)) = self.cached.pop_front() else { return };
            total -= bytes(&chunks);
        }
    }

    pub(super) fn cached(&self, run: &Run) -> Option<Arc<Cached>> {
        let key = (run.level, run.covers.start);
        self.cached.iter().find(|(cached, _)| *cached == key).map(|(_, chunks)| Arc::clone(chunks))
    }
}
