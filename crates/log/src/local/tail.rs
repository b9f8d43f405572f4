//! What one log keeps in memory: where its frames are, and the frames themselves while the budget allows.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use anabranch_types::Timestamp;
use bytes::Bytes;

use super::body::{HEAD_BYTES, Records};
use super::frame::{FrameHeader, HEADER_BYTES};
use super::lock;
use crate::{LogId, LogState, Offset, Position, Record, TailEvent, TailListener};

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
    /// How many frames once stood before `frames`.
    passed: u64,
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

    /// The least that its bytes hold besides keys and data.
    pub fn overhead_bytes_min(&self) -> usize {
        HEADER_BYTES + HEAD_BYTES * self.count as usize
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

    /// Makes a frame of records visible. The frame's number, counted over the log's life, and who wants to be told.
    pub fn append(&self, header: &FrameHeader, bytes: Option<Bytes>) -> (u64, Listeners) {
        let mut tail = lock(&self.tail);
        let frame = Frame {
            first: header.first,
            count: header.count,
            arrival: header.arrival,
            place: header.place,
            frame_bytes: header.frame_bytes() as u32,
            bytes,
        };
        if tail.frames.is_empty() {
            tail.start = frame.first;
        }
        tail.end = frame.end();
        tail.last_arrival = Some(frame.arrival);
        tail.frames.push_back(frame);
        (tail.passed + tail.frames.len() as u64 - 1, tail.listening())
    }

    /// Makes the log's end visible.
    pub fn close(&self, at: Position) -> Listeners {
        let mut tail = lock(&self.tail);
        tail.closed = true;
        tail.end = at;
        if tail.frames.is_empty() {
            tail.start = at;
        }
        tail.listening()
    }

    /// Drops the bytes of a frame from memory.
    pub fn forget_bytes(&self, frame: u64) {
        let mut tail = lock(&self.tail);
        let index = frame.checked_sub(tail.passed).and_then(|i| usize::try_from(i).ok());
        if let Some(frame) = index.and_then(|i| tail.frames.get_mut(i)) {
            frame.bytes = None;
        }
    }

    /// Makes frames that arrived before `before` unreadable.
    pub fn trim(&self, before: Timestamp) {
        let mut tail = lock(&self.tail);
        while tail.frames.front().is_some_and(|f| f.arrival < before) {
            tail.frames.pop_front();
            tail.passed += 1;
        }
        tail.start = tail.frames.front().map_or(tail.end, |f| f.first);
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

    /// The first position that arrived at `time` or later; the end if nothing did.
    pub fn first_at(&self, time: Timestamp) -> Position {
        let index = self.frames.partition_point(|f| f.arrival < time);
        self.frames.get(index).map_or(self.end, |f| f.first)
    }
}

/// Tells `listeners` what was appended.
pub fn tell_appended(listeners: &[TailListener], header: &FrameHeader, bytes: &Bytes) {
    if listeners.is_empty() {
        return;
    }
    let records = Records::new(bytes.slice(HEADER_BYTES..), header.first, header.count, header.arrival);
    let event = TailEvent::Appended(records.collect::<Vec<Record>>().into());
    listeners.iter().for_each(|tell| tell(&event));
}

/// Tells `listeners` where the log ended.
pub fn tell_closed(listeners: &[TailListener], at: Position) {
    listeners.iter().for_each(|tell| tell(&TailEvent::Closed(at)));
}

/// A shared log.
pub type SharedLog = Arc<Log>;
