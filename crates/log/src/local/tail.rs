//! What one log keeps in memory: where its frames are, and the frames themselves while the budget allows.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use anabranch_types::Timestamp;
use bytes::Bytes;

use super::body::{HEAD_BYTES, Records};
use super::frame::{FrameHeader, HEADER_BYTES};
use super::lock;
use super::manifest::ManifestLog;
use crate::{LogId, LogState, Offset, Position, TailEvent, TailListener};

/// A log that exists.
pub struct Log {
    /// Which one.
    pub id: LogId,
    /// What the writer gives out next. Ahead of `tail` while a group is being committed.
    pub numbering: Mutex<Numbering>,
    /// What is visible.
    pub tail: Mutex<Tail>,
}

/// What the writer knows of a log.
#[derive(Clone, Copy, Debug, Default)]
pub struct Numbering {
    /// The next record's offset, and the last one's timeline.
    pub next: Position,
    /// The last record's arrival.
    pub last_arrival: Option<Timestamp>,
    /// Nothing comes any more.
    pub closed: bool,
    /// It does not exist any more.
    pub removed: bool,
}

/// What is visible of a log.
#[derive(Default)]
pub struct Tail {
    frames: VecDeque<Frame>,
    /// The bytes of frames before this place are not in memory.
    kept_from: u64,
    start: Position,
    end: Position,
    last_arrival: Option<Timestamp>,
    closed: bool,
    removed: bool,
    listeners: Vec<(u64, TailListener)>,
    listeners_ever: u64,
}

/// One frame of records.
#[derive(Clone)]
pub struct Frame {
    /// The first record's position.
    pub first: Position,
    /// Records in it.
    pub count: u32,
    /// Their arrival.
    pub arrival: Timestamp,
    /// Where it stands in the write-ahead log.
    pub place: u64,
    /// Header and body together.
    pub frame_bytes: u32,
    /// The frame, while it is in memory.
    pub bytes: Option<Bytes>,
}

impl Frame {
    /// The position behind its last record.
    pub fn end(&self) -> Position {
        Position {
            timeline: self.first.timeline,
            offset: Offset(self.first.offset.0 + u64::from(self.count)),
        }
    }

    /// The frame that a header begins.
    pub fn of(header: &FrameHeader, bytes: Option<Bytes>) -> Self {
        Self {
            first: header.first,
            count: header.count,
            arrival: header.arrival,
            place: header.place,
            frame_bytes: header.frame_bytes() as u32,
            bytes,
        }
    }

    /// Its keys and data are not longer.
    pub fn payload_bytes_max(&self) -> usize {
        (self.frame_bytes as usize).saturating_sub(HEADER_BYTES + HEAD_BYTES * self.count as usize)
    }

    /// Its records, given its bytes.
    pub fn records(&self, bytes: &Bytes) -> Records {
        Records::new(bytes.slice(HEADER_BYTES..), self.first, self.count, self.arrival)
    }
}

/// Who is told about something that became visible.
pub type Listeners = Vec<TailListener>;

impl Log {
    /// A log without records, whose first one will be of timeline `first.timeline` or later.
    pub fn empty(id: LogId, first: Position) -> Self {
        Self {
            id,
            numbering: Mutex::new(Numbering { next: first, ..Numbering::default() }),
            tail: Mutex::new(Tail { start: first, end: first, ..Tail::default() }),
        }
    }

    /// A log as a checkpoint knew it.
    pub fn known(known: &ManifestLog) -> Self {
        let ManifestLog { id, start, next, last_arrival, closed } = *known;
        Self {
            id,
            numbering: Mutex::new(Numbering { next, last_arrival, closed, removed: false }),
            tail: Mutex::new(Tail { start, end: next, last_arrival, closed, ..Tail::default() }),
        }
    }

    /// What a checkpoint is to know of it. Called by the writer, when everything numbered is visible.
    pub fn known_now(&self) -> ManifestLog {
        let numbering = *lock(&self.numbering);
        let start = lock(&self.tail).start;
        let Numbering { next, last_arrival, closed, .. } = numbering;
        ManifestLog { id: self.id, start, next, last_arrival, closed }
    }

    /// Makes a frame of records visible. Who wants to be told.
    pub fn append(&self, header: &FrameHeader, bytes: Option<Bytes>) -> Listeners {
        let mut tail = lock(&self.tail);
        let frame = Frame::of(header, bytes);
        if tail.start == tail.end {
            tail.start = frame.first;
        }
        tail.end = frame.end();
        tail.last_arrival = Some(frame.arrival);
        tail.frames.push_back(frame);
        tail.listening()
    }

    /// Makes the log's end visible.
    pub fn close(&self, at: Position) -> Listeners {
        let mut tail = lock(&self.tail);
        tail.closed = true;
        if tail.start == tail.end {
            tail.start = at;
        }
        tail.end = at;
        tail.listening()
    }

    /// Drops the bytes of frames before `kept_from` from memory, and the frames if history holds everything before `checkpointed`.
    pub fn forget_bytes(&self, kept_from: u64, checkpointed: u64) {
        let mut tail = lock(&self.tail);
        let end = tail.frames.partition_point(|f| f.place < kept_from);
        let begin = tail.frames.partition_point(|f| f.place < tail.kept_from);
        tail.frames.range_mut(begin.min(end)..end).for_each(|frame| frame.bytes = None);
        tail.kept_from = kept_from;
        tail.forget_checkpointed(checkpointed);
    }

    /// Forgets the frames before `checkpointed` that are not in memory: history holds them.
    pub fn forget_checkpointed(&self, checkpointed: u64) {
        lock(&self.tail).forget_checkpointed(checkpointed);
    }

    /// Whether there are frames that stand in the write-ahead log from `from` on and before `to`.
    pub fn has_frames_between(&self, from: u64, to: u64) -> bool {
        let tail = lock(&self.tail);
        let first = tail.frames.partition_point(|f| f.place < from);
        tail.frames.get(first).is_some_and(|f| f.place < to)
    }

    /// The frames that stand in the write-ahead log from `from` on and before `to`.
    pub fn frames_between(&self, from: u64, to: u64) -> Vec<Frame> {
        let tail = lock(&self.tail);
        let first = tail.frames.partition_point(|f| f.place < from);
        tail.frames.range(first..).take_while(|f| f.place < to).cloned().collect()
    }

    /// Makes frames that arrived before `before` unreadable. Those in history stay where they are; readers pass over them.
    pub fn trim(&self, before: Timestamp) {
        let mut tail = lock(&self.tail);
        let known = tail.frames.len();
        while tail.frames.front().is_some_and(|f| f.arrival < before) {
            tail.frames.pop_front();
        }
        if tail.last_arrival.is_none_or(|last| last < before) {
            tail.start = tail.end;
        } else if let Some(first) = tail.frames.front().map(|f| f.first).filter(|_| tail.frames.len() < known)
        {
            tail.start = first;
        }
    }

    /// Makes everything unreadable.
    pub fn remove(&self) {
        lock(&self.numbering).removed = true;
        let mut tail = lock(&self.tail);
        tail.removed = true;
        tail.frames = VecDeque::new();
        tail.listeners = Vec::new();
    }

    /// How far it goes, or `None` once it is removed.
    pub fn state(&self) -> Option<LogState> {
        lock(&self.tail).state()
    }

    /// Registers a listener: the position from which on it is told, and its number for [`Log::unfollow`].
    pub fn follow(&self, listener: TailListener) -> Option<(Position, u64)> {
        let mut tail = lock(&self.tail);
        if tail.removed {
            return None;
        }
        tail.listeners_ever += 1;
        let number = tail.listeners_ever;
        tail.listeners.push((number, listener));
        Some((tail.end, number))
    }

    /// Forgets a listener.
    pub fn unfollow(&self, number: u64) {
        lock(&self.tail).listeners.retain(|(n, _)| *n != number);
    }
}

impl Tail {
    fn forget_checkpointed(&mut self, checkpointed: u64) {
        while self.frames.front().is_some_and(|f| f.bytes.is_none() && f.place < checkpointed) {
            self.frames.pop_front();
        }
    }

    fn listening(&self) -> Listeners {
        self.listeners.iter().map(|(_, l)| l.clone()).collect()
    }

    /// How far the log goes, or `None` once it is removed.
    pub fn state(&self) -> Option<LogState> {
        (!self.removed).then_some(LogState {
            start: self.start,
            end: self.end,
            last_arrival: self.last_arrival,
            closed: self.closed,
        })
    }

    /// The frames from the one that holds the first record at or after `from` on.
    pub fn frames_from(&self, from: Position) -> impl Iterator<Item = &Frame> {
        self.frames.range(self.frames.partition_point(|f| f.end() <= from)..)
    }

    /// Where the frames that are known here begin; what can be read before it is in history.
    pub fn first_here(&self) -> Position {
        self.frames.front().map_or(self.end, |f| f.first)
    }

    /// The first position known here that arrived at `time` or later; the end if nothing did. `None` if it may be in history.
    pub fn first_at(&self, time: Timestamp) -> Option<Position> {
        if self.last_arrival.is_none_or(|last| last < time) {
            return Some(self.end);
        }
        let index = self.frames.partition_point(|f| f.arrival < time);
        let found = self.frames.get(index).map(|f| f.first)?;
        (index > 0 || found <= self.start).then_some(found)
    }
}

/// Tells `listeners` that a frame of records was appended.
pub fn tell_appended(listeners: &[TailListener], header: &FrameHeader) {
    let end = Frame::of(header, None).end();
    listeners.iter().for_each(|tell| tell(&TailEvent::Appended(end)));
}

/// Tells `listeners` where the log ended.
pub fn tell_closed(listeners: &[TailListener], at: Position) {
    listeners.iter().for_each(|tell| tell(&TailEvent::Closed(at)));
}

/// A shared log.
pub type SharedLog = Arc<Log>;
