use std::ops::Range;
use std::sync::Arc;

use anabranch_api::cloudwatch::{Error, StandardUnit};
use anabranch_log::{LogError, LogId, ReadFrom, ReadLimit};
use anabranch_types::Timestamp;
use bytes::Bytes;

use super::chunk;
use super::logs::{Chain, Logs, behind, failed};
use super::memory::Memory;
use super::room::Room;
use super::run::{Cached, Level, Run};
use crate::datum::{Metric, unit_of};
use crate::grid::Grid;
use crate::summary::Summary;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// Chunks of a metric to be read.
struct Piece {
    run: Arc<Run>,
    chunks: Range<usize>,
    log: Option<LogId>,
    cached: Option<Arc<Cached>>,
}

impl Room {
    /// Calls `each` with what is known of a metric in the time of a grid, in no order: what is told several times of one time and unit is to be added up. What
    /// is too old for the grid's period is left out.
    pub(super) async fn read(
        &self,
        metric: &Metric,
        grid: Grid,
        now: Timestamp,
        each: &mut (dyn FnMut(Timestamp, StandardUnit, &Summary) + Send),
    ) -> Result<(), Error> {
        let (from, until) = (grid.start.seconds(), grid.end.seconds());
        let mut tell = |(at, unit): (i64, u8), summary: &Summary| {
            let in_time = (from..until).contains(&at) && is_told(now.seconds() - at, grid.period_seconds);
            if let Some(unit) = unit_of(unit).filter(|_| in_time) {
                each(Timestamp::from_seconds(at), unit, summary);
            }
        };
        let pieces = {
            let memory = self.memory();
            let Some(id) = memory.id(metric) else { return Ok(()) };
            for table in std::iter::once(&memory.recent).chain(memory.flushing.as_deref()) {
                let points = table.points(id).into_iter();
                points
                    .flat_map(|points| points.range((from, 0)..(until, 0)))
                    .for_each(|(key, summary)| tell(*key, summary));
            }
            pieces(&memory, id, grid)
        };
        for piece in pieces {
            let found =
                chunks(&self.logs, piece.log, &piece.run, piece.cached.as_deref(), piece.chunks).await?;
            for chunk in found.into_iter().flatten() {
                let points = chunk::decode(&chunk).unwrap_or_else(|| {
                    tracing::error!("metrics are lost: a chunk is not readable");
                    vec![]
                });
                points.iter().for_each(|(key, summary)| tell(*key, summary));
            }
        }
        Ok(())
    }
}

/// Where a metric's points stand: of runs that hold the same, the one with the fewest points that tell what the grid asks.
fn pieces(memory: &Memory, id: u32, grid: Grid) -> Vec<Piece> {
    let (from, until) = (grid.start.seconds(), grid.end.seconds());
    let fits = |level: Level| {
        grid.period_seconds % level.seconds() == 0 && grid.start.seconds() % level.seconds() == 0
    };
    let mut chosen: Vec<&Arc<Run>> = Vec::new();
    for run in &memory.runs {
        match chosen.last_mut() {
            // Runs that hold the same stand together, the coarser behind the finer.
            Some(last) if last.covers.start == run.covers.start => {
                if fits(run.level) {
                    *last = run;
                }
            }
            _ => chosen.push(run),
        }
    }
    let overlapping = chosen.into_iter().filter(|run| run.overlaps(from, until));
    let pieces = overlapping.map(|run| Piece {
        run: Arc::clone(run),
        chunks: run.chunks_of(id),
        log: memory.levels.get(&run.level).copied(),
        cached: memory.cached(run),
    });
    pieces.filter(|piece| !piece.chunks.is_empty()).collect()
}

/// CloudWatch User Guide, metrics retention: in short periods only what is young is told.
fn is_told(age_seconds: i64, period_seconds: i64) -> bool {
    let oldest = match period_seconds {
        ..60 => 3 * HOUR,
        60..300 => 15 * DAY,
        300..3600 => 63 * DAY,
        _ => 455 * DAY,
    };
    age_seconds <= oldest
}

/// A run's chunks; none is one that is damaged, of which the server's log tells.
pub(super) async fn chunks(
    logs: &Logs,
    log: Option<LogId>,
    run: &Run,
    cached: Option<&Cached>,
    which: Range<usize>,
) -> Result<Vec<Option<Bytes>>, Error> {
    if let Some(found) = cached.and_then(|cached| cached.get(which.clone())) {
        return Ok(found.iter().cloned().map(Some).collect());
    }
    let log = log.ok_or_else(|| failed("read metrics", &"a run's log is not there"))?;
    let mut found: Vec<Option<Bytes>> = Vec::with_capacity(which.len());
    while found.len() < which.len() {
        let next = which.start + found.len();
        let limit = ReadLimit { records_max: which.end - next, bytes_max: super::logs::READ.bytes_max };
        let from = ReadFrom::Position(behind(run.first, next as u64));
        let read = logs.log.read(log, from, limit).await;
        let before = found.len();
        match read {
            Ok(batch) => {
                for (record, id) in batch.records.into_iter().zip(&run.ids[next..which.end]) {
                    if chunk::id_of(&record.record.data) != Some(*id) {
                        break;
                    }
                    found.push(Some(record.record.data));
                }
            }
            Err(error @ LogError::Corrupt { .. }) => tracing::error!(%error, "metrics are lost"),
            Err(error) => return Err(failed("read metrics", &Chain(&error))),
        }
        if found.len() == before {
            tracing::error!(run = run.covers.start, chunk = next, "metrics are lost");
            found.push(None);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_old_is_told_in_long_periods_alone() {
        for (age, period, told) in [
            (3 * HOUR, 1, true),
            (3 * HOUR + 1, 30, false),
            (15 * DAY, 60, true),
            (15 * DAY + 1, 240, false),
            (15 * DAY + 1, 300, true),
            (63 * DAY + 1, 3540, false),
            (63 * DAY + 1, 3600, true),
            (455 * DAY + 1, 86_400, false),
            (-7200, 1, true),
        ] {
            assert_eq!(is_told(age, period), told, "{age} s by {period}");
        }
    }
}
