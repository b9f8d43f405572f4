//! What a store keeps about its runs: a log of changes, and now and then a snapshot after which what came before is let go:
//! docs/formats/metrics.md.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use anabranch_log::{Offset, Position, Timeline};
use anabranch_types::Timestamp;
use bytes::{Buf, BufMut, Bytes, BytesMut};

use super::run::{Level, Run};
use crate::datum::Metric;

/// The version of the format.
const VERSION: u8 = 1;
const KIND_NAME: u8 = 0;
const KIND_CHANGE: u8 = 1;
const KIND_BEGIN: u8 = 2;
const KIND_END: u8 = 3;
/// More of a list than this are not made room for before they are read.
const AT_ONCE_MAX: usize = 4096;

/// One record of the log.
#[derive(Debug, PartialEq)]
pub(super) enum Entry {
    /// A metric has a number, by which runs know it.
    Name(u32, Arc<Metric>),
    /// Runs come and go, together.
    Change(Change),
    /// A snapshot begins: names and one change, which are all there is.
    Begin,
    /// It is whole.
    End,
}

/// Runs that come and go together.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Change {
    /// How many flushes there were.
    pub(super) flushes: u64,
    /// Where data begin that are in no run yet.
    pub(super) unflushed: Position,
    /// Runs that go, by level and the first flush they cover.
    pub(super) removed: Vec<(Level, u64)>,
    pub(super) added: Vec<Arc<Run>>,
}

/// What a log's entries come to.
#[derive(Debug, Default)]
pub(super) struct Kept {
    pub(super) names: BTreeMap<u32, Arc<Metric>>,
    pub(super) runs: Vec<Arc<Run>>,
    pub(super) flushes: u64,
    pub(super) unflushed: Position,
}

impl Kept {
    pub(super) fn apply(&mut self, change: &Change) {
        self.flushes = change.flushes;
        self.unflushed = change.unflushed;
        self.runs.retain(|run| !change.removed.contains(&(run.level, run.covers.start)));
        self.runs.extend(change.added.iter().cloned());
        self.runs.sort_by_key(|run| (run.covers.start, run.level));
    }
}

/// Entries being read.
#[derive(Debug, Default)]
pub(super) struct Replay {
    pub(super) kept: Kept,
    /// A snapshot that has no end yet.
    snapshot: Option<Kept>,
}

impl Replay {
    pub(super) fn entry(&mut self, entry: Entry) {
        let kept = self.snapshot.as_mut().unwrap_or(&mut self.kept);
        match entry {
            Entry::Name(id, metric) => {
                kept.names.insert(id, metric);
            }
            Entry::Change(change) => kept.apply(&change),
            Entry::Begin => self.snapshot = Some(Kept::default()),
            Entry::End => self.kept = self.snapshot.take().unwrap_or_else(|| std::mem::take(&mut self.kept)),
        }
    }

    /// Whether the log ends within a snapshot: then the next entry must begin one.
    pub(super) fn is_unfinished(&self) -> bool {
        self.snapshot.is_some()
    }
}

impl Entry {
    pub(super) fn encode(&self) -> Bytes {
        let mut out = BytesMut::with_capacity(128);
        out.put_u8(VERSION);
        match self {
            Self::Name(id, metric) => {
                out.put_u8(KIND_NAME);
                out.put_u32_le(*id);
                metric.encode(&mut out);
            }
            Self::Change(change) => {
                out.put_u8(KIND_CHANGE);
                out.put_u64_le(change.flushes);
                put_position(&mut out, change.unflushed);
                out.put_u32_le(len(&change.removed));
                for (level, start) in &change.removed {
                    out.put_u8(level.number());
                    out.put_u64_le(*start);
                }
                out.put_u32_le(len(&change.added));
                change.added.iter().for_each(|run| put_run(&mut out, run));
            }
            Self::Begin => out.put_u8(KIND_BEGIN),
            Self::End => out.put_u8(KIND_END),
        }
        out.freeze()
    }

    /// Reads what [`Entry::encode`] wrote; none for anything else.
    pub(super) fn decode(mut from: Bytes) -> Option<Self> {
        if from.try_get_u8().ok()? != VERSION {
            return None;
        }
        let entry = match from.try_get_u8().ok()? {
            KIND_NAME => Self::Name(from.try_get_u32_le().ok()?, Arc::new(Metric::decode(&mut from)?)),
            KIND_CHANGE => Self::Change(Change {
                flushes: from.try_get_u64_le().ok()?,
                unflushed: position(&mut from)?,
                removed: list(&mut from, |from| Some((level(from)?, from.try_get_u64_le().ok()?)))?,
                added: list(&mut from, run)?,
            }),
            KIND_BEGIN => Self::Begin,
            KIND_END => Self::End,
            _ => return None,
        };
        from.is_empty().then_some(entry)
    }
}

fn put_run(out: &mut BytesMut, run: &Run) {
    out.put_u8(run.level.number());
    out.put_u64_le(run.covers.start);
    out.put_u64_le(run.covers.end);
    put_position(out, run.first);
    for time in [run.written.0, run.written.1, run.arrived] {
        out.put_i64_le(time.millis());
    }
    out.put_i64_le(run.times.0);
    out.put_i64_le(run.times.1);
    out.put_u32_le(len(&run.ids));
    let mut last = 0;
    for id in &run.ids {
        put_varint(out, id - last);
        last = *id;
    }
}

fn run(from: &mut Bytes) -> Option<Arc<Run>> {
    let level = level(from)?;
    let covers: Range<u64> = from.try_get_u64_le().ok()?..from.try_get_u64_le().ok()?;
    let first = position(from)?;
    let [written_first, written_last, arrived] = [time(from)?, time(from)?, time(from)?];
    let times = (from.try_get_i64_le().ok()?, from.try_get_i64_le().ok()?);
    let mut last = 0_u32;
    let ids = list(from, |from| {
        last = last.checked_add(varint(from)?)?;
        Some(last)
    })?;
    let written = (written_first, written_last);
    (!covers.is_empty()).then(|| Arc::new(Run { level, covers, first, written, times, arrived, ids }))
}

fn list<T>(from: &mut Bytes, mut each: impl FnMut(&mut Bytes) -> Option<T>) -> Option<Vec<T>> {
    let count = from.try_get_u32_le().ok()? as usize;
    let mut all = Vec::with_capacity(count.min(AT_ONCE_MAX));
    for _ in 0..count {
        all.push(each(from)?);
    }
    Some(all)
}

/// Runs and chunks are counted in memory: far fewer than 2^32.
fn len<T>(list: &[T]) -> u32 {
    u32::try_from(list.len()).unwrap_or(u32::MAX)
}

fn level(from: &mut Bytes) -> Option<Level> {
    Level::ALL.get(usize::from(from.try_get_u8().ok()?)).copied()
}

fn time(from: &mut Bytes) -> Option<Timestamp> {
    from.try_get_i64_le().ok().map(Timestamp::from_millis)
}

fn put_position(out: &mut BytesMut, position: Position) {
    out.put_u16_le(position.timeline.0);
    out.put_u64_le(position.offset.0);
}

fn position(from: &mut Bytes) -> Option<Position> {
    let timeline = Timeline(from.try_get_u16_le().ok()?);
    Some(Position { timeline, offset: Offset(from.try_get_u64_le().ok()?) })
}

/// Seven bits a byte, the lowest first.
fn put_varint(out: &mut BytesMut, mut number: u32) {
    while number >= 0x80 {
        out.put_u8(number as u8 | 0x80);
        number >>= 7;
    }
    out.put_u8(number as u8);
}

fn varint(from: &mut Bytes) -> Option<u32> {
    let mut number = 0_u64;
    for shift in (0..35).step_by(7) {
        let byte = from.try_get_u8().ok()?;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            // One spelling for each number.
            return u32::try_from(number).ok().filter(|_| byte != 0 || shift == 0);
        }
    }
    None
}

/// A door for `fuzz/`: what is read is written as it was.
#[cfg(feature = "fuzzing")]
pub(crate) fn fuzz(bytes: &[u8]) {
    if let Some(entry) = Entry::decode(Bytes::copy_from_slice(bytes)) {
        assert_eq!(entry.encode(), bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(level: Level, covers: Range<u64>) -> Arc<Run> {
        Arc::new(Run {
            level,
            covers,
            first: Position { timeline: Timeline(2), offset: Offset(77) },
            written: (Timestamp::from_millis(5), Timestamp::from_millis(6)),
            times: (-60, 120),
            arrived: Timestamp::from_millis(4),
            ids: vec![0, 3, 3, 200, 70_000],
        })
    }

    fn name(id: u32) -> Entry {
        Entry::Name(id, Arc::new(Metric::new("N".into(), format!("m{id}").into(), None)))
    }

    fn change(flushes: u64, removed: Vec<(Level, u64)>, added: Vec<Arc<Run>>) -> Entry {
        let unflushed = Position { timeline: Timeline(1), offset: Offset(flushes * 10) };
        Entry::Change(Change { flushes, unflushed, removed, added })
    }

    #[test]
    fn what_was_written_is_read_and_nothing_else() {
        let added = vec![run(Level::Day, 0..4), run(Level::Hourly, 0..4)];
        for entry in [name(7), change(4, vec![(Level::Quarter, 2)], added), Entry::Begin, Entry::End] {
            let bytes = entry.encode();
            for cut in 0..bytes.len() {
                assert_eq!(Entry::decode(bytes.slice(..cut)), None, "cut at {cut}");
            }
            assert_eq!(Entry::decode([&bytes[..], b"x"].concat().into()), None);
            assert_eq!(Entry::decode(bytes), Some(entry));
        }
    }

    #[test]
    fn a_snapshot_counts_once_it_is_whole() {
        let mut replay = Replay::default();
        replay.entry(name(1));
        replay.entry(change(1, vec![], vec![run(Level::Hour, 0..1)]));
        replay.entry(change(2, vec![], vec![run(Level::Hour, 1..2)]));
        replay.entry(Entry::Begin);
        replay.entry(name(2));
        replay.entry(change(3, vec![], vec![run(Level::Day, 0..3)]));
        assert!(replay.is_unfinished());
        assert_eq!((replay.kept.flushes, replay.kept.runs.len(), replay.kept.names.len()), (2, 2, 1));
        // A crash came between: it is begun anew.
        replay.entry(Entry::Begin);
        replay.entry(name(3));
        replay.entry(change(2, vec![], vec![run(Level::Quarter, 0..2)]));
        replay.entry(Entry::End);
        assert!(!replay.is_unfinished());
        assert_eq!(replay.kept.runs, [run(Level::Quarter, 0..2)]);
        assert_eq!(replay.kept.names.keys().collect::<Vec<_>>(), [&3]);
        let merged =
            change(3, vec![(Level::Quarter, 0)], vec![run(Level::Day, 0..2), run(Level::Hour, 2..3)]);
        replay.entry(merged);
        assert_eq!(replay.kept.runs, [run(Level::Day, 0..2), run(Level::Hour, 2..3)]);
        assert_eq!((replay.kept.flushes, replay.kept.unflushed.offset), (3, Offset(30)));
    }
}
