use std::sync::{Mutex, MutexGuard, PoisonError};

use anabranch_log::{LogId, LogState, Offset, Position, ReadFrom, ReadLimit, RecordLog};

use super::chunks::{Chunk, Chunks, read_header, read_index_entry};
use crate::directory::Group;
use crate::errors::Failed;
use crate::stored::StoredStream;

/// What is read of an index at a time.
const INDEX_READ: ReadLimit = ReadLimit { records_max: 10_000, bytes_max: 1024 * 1024 };
/// A stream's last batch.
const LAST_READ: ReadLimit = ReadLimit { records_max: 1, bytes_max: 1 };

/// A log stream that exists.
#[derive(Debug)]
pub(crate) struct Stream {
    pub name: String,
    pub log: LogId,
    pub created_ms: i64,
    /// Held by whoever appends to it or looks up what it holds, so that its chunks grow in the order of its log.
    pub writing: tokio::sync::Mutex<()>,
    known: Mutex<Known>,
}

/// What is known of what a stream holds.
#[derive(Debug, Default)]
struct Known {
    chunks: Chunks,
    /// Where the last closed chunk ends that the index told.
    closed_until: Option<Position>,
    /// Whether the last batch was looked at, behind which chunks grow as they are written.
    is_whole: bool,
}

impl Stream {
    pub fn new(stored: StoredStream, log: LogId) -> Self {
        let StoredStream { name, created_ms, .. } = stored;
        Self { name, log, created_ms, writing: tokio::sync::Mutex::default(), known: Mutex::default() }
    }

    /// Looks at its chunks or grows them.
    pub fn with_chunks<T>(&self, look: impl FnOnce(&mut Chunks) -> T) -> T {
        look(&mut self.known().chunks)
    }

    /// Makes its chunks known.
    pub async fn load(&self, group: &Group, log: &dyn RecordLog) -> Result<(), Failed> {
        if self.known().is_whole {
            return Ok(());
        }
        let _writing = self.writing.lock().await;
        self.load_writing(group, log).await
    }

    /// The same, for who holds `writing`.
    pub async fn load_writing(&self, group: &Group, log: &dyn RecordLog) -> Result<(), Failed> {
        load_index(group, log).await?;
        if self.known().is_whole {
            return Ok(());
        }
        let state = log.state(self.log)?;
        let last = last_chunk(log, self.log, &state).await?;
        let mut known = self.known();
        if state.start < state.end {
            let from = known.closed_until.unwrap_or(state.start);
            let open = last.unwrap_or_else(|| unknown(from));
            if open.from > from {
                known.chunks.take_closed(unknown(from));
            }
            known.chunks.set_open(open);
        }
        known.is_whole = true;
        Ok(())
    }

    /// Takes in what the index tells. What it has left out may hold anything.
    fn take_indexed(&self, chunk: Chunk, end: Position, state: &LogState) {
        if end <= state.start {
            return;
        }
        let mut known = self.known();
        let expected = known.closed_until.unwrap_or(state.start);
        if chunk.from > expected {
            known.chunks.take_closed(unknown(expected));
        }
        known.chunks.take_closed(chunk);
        known.closed_until = Some(end);
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A chunk of which only the beginning is known, so that it is read whatever is asked for.
fn unknown(from: Position) -> Chunk {
    Chunk { from, first_ms: 0, last_ms: Chunk::UNKNOWN_MS, bytes: 0 }
}

/// Makes the closed chunks of all of a group's streams known, once.
pub(crate) async fn load_index(group: &Group, log: &dyn RecordLog) -> Result<(), Failed> {
    let read = async {
        let mut from = ReadFrom::Position(Position::default());
        loop {
            let batch = log.read(group.index_log(), from, INDEX_READ).await?;
            for record in &batch.records {
                let Some((number, chunk, end)) = read_index_entry(record.record.data.clone()) else {
                    continue;
                };
                if let Some(stream) = group.stream_of(number) {
                    stream.take_indexed(chunk, end, &log.state(stream.log)?);
                }
            }
            if batch.records.is_empty() || batch.next >= batch.state.end {
                return Ok(());
            }
            from = ReadFrom::Position(batch.next);
        }
    };
    group.indexed.get_or_try_init(|| read).await.copied()
}

/// The chunk that a stream's last batch lies in.
async fn last_chunk(log: &dyn RecordLog, id: LogId, state: &LogState) -> Result<Option<Chunk>, Failed> {
    let Some(last) = state.end.offset.0.checked_sub(1) else { return Ok(None) };
    let last = Position { timeline: state.end.timeline, offset: Offset(last) };
    let batch = log.read(id, ReadFrom::Position(last), LAST_READ).await?;
    Ok(batch.records.first().and_then(|record| read_header(record.record.headers.clone(), record.position)))
}
