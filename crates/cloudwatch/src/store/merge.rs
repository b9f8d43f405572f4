use std::collections::VecDeque;
use std::sync::Arc;

use anabranch_api::cloudwatch::Error;
use anabranch_log::LogId;
use bytes::Bytes;

use super::chunk;
use super::read::chunks;
use super::recent::{Points, add};
use super::room::Room;
use super::run::{Cached, Run};

/// Chunks that are read of a run at a time.
const CHUNKS_AT_ONCE: usize = 256;

/// The points of several runs, metric by metric.
pub(super) struct Merge<'a> {
    room: &'a Room,
    cursors: Vec<Cursor>,
}

/// How far a run is read.
struct Cursor {
    run: Arc<Run>,
    log: Option<LogId>,
    cached: Option<Arc<Cached>>,
    /// The next chunk.
    next: usize,
    /// Chunks from `next` on; none is one that could not be read.
    ahead: VecDeque<Option<Bytes>>,
}

impl<'a> Merge<'a> {
    pub(super) fn of(room: &'a Room, runs: &[Arc<Run>]) -> Self {
        let memory = room.memory();
        let cursor = |run: &Arc<Run>| Cursor {
            run: Arc::clone(run),
            log: memory.levels.get(&run.level).copied(),
            cached: memory.cached(run),
            next: 0,
            ahead: VecDeque::new(),
        };
        Self { room, cursors: runs.iter().map(cursor).collect() }
    }

    /// The next metric's points; none after the last.
    pub(super) async fn next(&mut self) -> Result<Option<(u32, Points)>, Error> {
        let Some(id) = self.cursors.iter().filter_map(Cursor::id).min() else { return Ok(None) };
        let mut points = Points::new();
        for cursor in self.cursors.iter_mut().filter(|cursor| cursor.id() == Some(id)) {
            while cursor.id() == Some(id) {
                for (key, summary) in cursor.take(self.room).await?.into_iter().flatten() {
                    add(&mut points, key, summary);
                }
            }
        }
        Ok(Some((id, points)))
    }
}

impl Cursor {
    fn id(&self) -> Option<u32> {
        self.run.ids.get(self.next).copied()
    }

    async fn take(
        &mut self,
        room: &Room,
    ) -> Result<Option<Vec<((i64, u8), crate::summary::Summary)>>, Error> {
        if self.ahead.is_empty() {
            let until = self.run.ids.len().min(self.next + CHUNKS_AT_ONCE);
            let read = chunks(&room.logs, self.log, &self.run, self.cached.as_deref(), self.next..until);
            self.ahead = read.await?.into();
        }
        self.next += 1;
        let chunk = self.ahead.pop_front().flatten();
        Ok(chunk.and_then(|chunk| chunk::decode(&chunk)))
    }
}
