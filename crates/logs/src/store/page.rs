//! Events of one or many streams in the order of time, a page of them.
//!
//! A stream's log is in the order of arrival; times are as their senders have them. A page is made of the chunks that may hold what
//! comes first: those are read, and of what they hold the first are kept, until no chunk is left that could hold an earlier one. Memory is
//! bounded by the page and one chunk, the work by the chunks that overlap with the page.

use std::collections::BTreeMap;
use std::sync::Arc;

use anabranch_log::{LogError, Position, ReadFrom, ReadLimit, RecordLog};
use bytestring::ByteString;

use super::chunks::{CHUNK_BYTES, Chunk};
use super::event::{Event, decode};
use super::place::Place;
use super::stream::Stream;
use crate::errors::Failed;

/// What is read of a chunk at a time.
const READ: ReadLimit = ReadLimit { records_max: 10_000, bytes_max: CHUNK_BYTES as usize };

/// Which end of what is asked for comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Forward,
    Backward,
}

/// What is asked for.
pub(crate) struct Query<'a> {
    pub streams: &'a [Arc<Stream>],
    /// The first place that may be answered.
    pub from: Place,
    /// Behind the last one.
    pub until: Place,
    pub direction: Direction,
    pub events_max: usize,
    pub bytes_max: usize,
    /// When so much was read, what was found is answered, however little.
    pub scan_bytes_max: u64,
    /// Which messages are meant.
    pub meant: &'a (dyn Fn(&str) -> bool + Sync),
}

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// In the order of time, whatever the direction.
    pub events: Vec<Found>,
    /// The first place, in the direction, that was not looked at; none if there is no more.
    pub next: Option<Place>,
}

/// An event with where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub place: Place,
    pub stream: Arc<Stream>,
    pub ingested_ms: i64,
    pub event: Event,
}

/// A chunk, by the first and the last place of it that may hold anything, as seen in the direction.
struct Candidate<'a> {
    first: Place,
    stream: &'a Arc<Stream>,
    from: Position,
    end: Option<Position>,
    bytes: u64,
}

impl Direction {
    /// A place as seen in this direction.
    fn seen(self, place: Place) -> Place {
        match self {
            Direction::Forward => place,
            Direction::Backward => place.flipped(),
        }
    }

    /// From where to where something extends, as seen in this direction.
    fn span(self, first: Place, last: Place) -> (Place, Place) {
        match self {
            Direction::Forward => (first, last),
            Direction::Backward => (last.flipped(), first.flipped()),
        }
    }
}

impl Query<'_> {
    /// Finds the first page. The streams' chunks must be known.
    pub async fn page(&self, log: &dyn RecordLog) -> Result<Page, Failed> {
        if self.from >= self.until {
            return Ok(Page::default());
        }
        let (low, high) = self.direction.span(self.from, self.until.before());
        let mut kept = Kept { low, high, ceiling: None, found: BTreeMap::new(), bytes: 0 };
        let mut scanned = 0;
        for candidate in self.candidates(low, high) {
            if kept.ceiling.is_some_and(|ceiling| candidate.first > ceiling) {
                break;
            }
            if scanned >= self.scan_bytes_max && candidate.first > low {
                kept.cut(candidate.first);
                break;
            }
            scanned += candidate.bytes;
            self.read(log, &candidate, &mut kept).await?;
        }
        let mut events: Vec<Found> = kept.found.into_values().collect();
        if self.direction == Direction::Backward {
            events.reverse();
        }
        Ok(Page { events, next: kept.ceiling.map(|ceiling| self.direction.seen(ceiling)) })
    }

    /// The chunks that may hold what is asked for, in the order of the first they may hold.
    fn candidates(&self, low: Place, high: Place) -> Vec<Candidate<'_>> {
        let mut candidates = Vec::new();
        for stream in self.streams {
            stream.with_chunks(|chunks| {
                for (Chunk { from, first_ms, last_ms, bytes }, end) in chunks.all() {
                    let last = Place::at_time(last_ms.saturating_add(1)).before();
                    let (first, last) = self.direction.span(Place::at_time(first_ms), last);
                    if last >= low && first <= high {
                        candidates.push(Candidate { first, stream, from, end, bytes });
                    }
                }
            });
        }
        candidates.sort_by_key(|candidate| candidate.first);
        candidates
    }

    async fn read(&self, log: &dyn RecordLog, chunk: &Candidate<'_>, kept: &mut Kept) -> Result<(), Failed> {
        let id = chunk.stream.log;
        let mut from = chunk.from;
        loop {
            let batch = match log.read(id, ReadFrom::Position(from), READ).await {
                Ok(batch) => batch,
                Err(LogError::Corrupt { at, resume, .. }) => {
                    tracing::error!(stream = %chunk.stream.name, ?at, "events of a log stream are damaged and left out");
                    match resume.filter(|resume| chunk.end.is_none_or(|end| *resume < end)) {
                        Some(resume) => from = resume,
                        None => return Ok(()),
                    }
                    continue;
                }
                // Deleted meanwhile.
                Err(LogError::Unknown(_)) => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            let nothing_left = batch.records.is_empty() || batch.next >= batch.state.end;
            for record in batch.records {
                if chunk.end.is_some_and(|end| record.position >= end) {
                    return Ok(());
                }
                let events = decode(record.record.data).ok_or(Failed::Damaged)?;
                for (index, event) in events.into_iter().enumerate() {
                    let place = Place::new(event.time_ms, id, record.position, index);
                    if kept.wants(self.direction.seen(place)) && (self.meant)(&event.message) {
                        // Its own copy, or every event kept would hold a chunk in memory.
                        let message = ByteString::from(&*event.message);
                        let event = Event { message, ..event };
                        let (stream, ingested_ms) = (Arc::clone(chunk.stream), record.arrival.millis());
                        let found = Found { place, stream, ingested_ms, event };
                        kept.keep(self.direction.seen(place), found, self);
                    }
                }
            }
            if nothing_left || chunk.end.is_some_and(|end| batch.next >= end) {
                return Ok(());
            }
            from = batch.next;
        }
    }
}

/// What of the page is found so far, by its places as seen in the direction.
struct Kept {
    low: Place,
    high: Place,
    /// From here on something was left out.
    ceiling: Option<Place>,
    found: BTreeMap<Place, Found>,
    bytes: usize,
}

impl Kept {
    fn wants(&self, seen: Place) -> bool {
        self.low <= seen && seen <= self.high && self.ceiling.is_none_or(|ceiling| seen < ceiling)
    }

    fn keep(&mut self, seen: Place, found: Found, query: &Query<'_>) {
        self.bytes += found.event.bytes();
        self.found.insert(seen, found);
        while self.found.len() > query.events_max || self.bytes > query.bytes_max && self.found.len() > 1 {
            let Some((last, left_out)) = self.found.pop_last() else { return };
            self.bytes -= left_out.event.bytes();
            self.ceiling = Some(last);
        }
    }

    fn cut(&mut self, ceiling: Place) {
        let left_out = self.found.split_off(&ceiling);
        self.bytes -= left_out.values().map(|found| found.event.bytes()).sum::<usize>();
        self.ceiling = Some(self.ceiling.map_or(ceiling, |before| before.min(ceiling)));
    }
}
