use std::ops::Range;
use std::sync::Arc;

use anabranch_api::cloudwatch::Error;
use anabranch_log::{LogId, Position};
use anabranch_types::Timestamp;
use bytes::Bytes;

use super::chunk;
use super::logs::{Logs, behind, failed};
use super::recent::Points;
use super::run::{Cached, Level, Run};

/// Bytes of chunks that are appended at a time.
const APPEND_BYTES: usize = 4 * 1024 * 1024;

/// Writes one run, metric by metric.
pub(super) struct RunWriter {
    logs: Arc<Logs>,
    log: LogId,
    level: Level,
    first: Option<Position>,
    written: Option<(Timestamp, Timestamp)>,
    times: Option<(i64, i64)>,
    ids: Vec<u32>,
    waiting: Vec<Bytes>,
    waiting_bytes: usize,
    appended: u64,
    /// Those of young runs, which are read most.
    kept: Option<Cached>,
}

impl RunWriter {
    pub(super) fn new(logs: Arc<Logs>, log: LogId, level: Level) -> Self {
        Self {
            logs,
            log,
            level,
            first: None,
            written: None,
            times: None,
            ids: vec![],
            waiting: vec![],
            waiting_bytes: 0,
            appended: 0,
            kept: matches!(level, Level::Hour | Level::Quarter).then(Vec::new),
        }
    }

    /// Writes a metric's points; their numbers ascend.
    pub(super) async fn push(&mut self, id: u32, points: &Points) -> Result<(), Error> {
        let (Some(((first, _), _)), Some(((last, _), _))) =
            (points.first_key_value(), points.last_key_value())
        else {
            return Ok(());
        };
        let times = self.times.get_or_insert((*first, *last));
        *times = (times.0.min(*first), times.1.max(*last));
        for chunk in chunk::encode(id, points) {
            self.waiting_bytes += chunk.len();
            self.ids.push(id);
            self.waiting.push(chunk);
        }
        if self.waiting_bytes >= APPEND_BYTES {
            self.append().await?;
        }
        Ok(())
    }

    /// Ends the run, which counts once the manifest knows it; none if nothing was written. The chunks of a young one are there for the cache.
    pub(super) async fn finish(
        mut self,
        covers: Range<u64>,
        arrived: Timestamp,
    ) -> Result<Option<(Arc<Run>, Option<Cached>)>, Error> {
        self.append().await?;
        let (Some(first), Some(written), Some(times)) = (self.first, self.written, self.times) else {
            return Ok(None);
        };
        let run = Run { level: self.level, covers, first, written, times, arrived, ids: self.ids };
        Ok(Some((Arc::new(run), self.kept)))
    }

    async fn append(&mut self) -> Result<(), Error> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let waiting = std::mem::take(&mut self.waiting);
        self.waiting_bytes = 0;
        if let Some(kept) = &mut self.kept {
            kept.extend(waiting.iter().cloned());
        }
        let count = waiting.len() as u64;
        let (at, arrival) = self.logs.append_many(self.log, waiting).await?;
        let first = *self.first.get_or_insert(at);
        if at != behind(first, self.appended) {
            return Err(failed("write metrics", &"chunks do not stand one behind the other"));
        }
        self.appended += count;
        let written = self.written.get_or_insert((arrival, arrival));
        written.1 = arrival;
        Ok(())
    }
}
