//! The one thread that appends: it numbers, writes once, syncs once, makes visible and answers.

mod control;

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anabranch_types::Timestamp;
use tokio::sync::oneshot;

use super::body::{NewFrame, NewFrames};
use super::frame::{FrameHeader, FrameKind, HEADER_BYTES};
use super::lock;
use super::mutants::{self, Mutant};
use super::options::{Durability, Options};
use super::queue::{Command, Queue, Waited};
use super::shared::Shared;
use super::state_file::{self, State};
use super::tail::{tell_appended, tell_closed};
use super::wal::{Placed, Wal, Write, frame_bytes_max};
use crate::buffers::{Buffer, Buffers};
use crate::disk::Disk;
use crate::{AppendOutcome, LogId, Position, Refusal, Timeline};

/// After the disk was found full, appends are refused without asking it again for this long.
const FULL_RETRY: Duration = Duration::from_millis(500);

/// So long the writer waits for a checkpoint that does not keep up before it refuses.
const AHEAD_WAIT_MAX: Duration = Duration::from_secs(1);

/// Frames that leave memory together.
const MEMORY_STEP_BYTES: u64 = 64 * 1024;

/// The writer's own state.
pub struct Writer {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) options: Options,
    pub(super) shared: Arc<Shared>,
    pub(super) queue: Arc<Queue>,
    pub(super) wal: Wal,
    pub(super) buffers: Buffers,
    /// What the directory knows.
    pub(super) state: State,
    /// Positions may have been lost: the next append begins a new timeline.
    pub(super) raise: bool,
    /// Groups whose frames are in memory, oldest first: the place of the first frame, and bytes.
    pub(super) in_memory: VecDeque<(u64, usize)>,
    pub(super) in_memory_bytes: usize,
    pub(super) answers: Vec<(oneshot::Sender<Vec<AppendOutcome>>, Vec<AppendOutcome>)>,
    pub(super) full_since: Option<Instant>,
    pub(super) next_sync: Option<Instant>,
    pub(super) stopped: bool,
    /// Whether the next checkpoint is due already.
    pub(super) dirty_noted: bool,
    /// How far the last snapshot went.
    pub(super) snapshot_place: u64,
}

impl Writer {
    /// Works until the queue ends or the log is shut down.
    pub fn run(mut self) {
        loop {
            match self.queue.take(self.next_sync) {
                Waited::Ended => return,
                Waited::TimeCame => {
                    self.next_sync = None;
                    if let Err(e) = self.wal.sync() {
                        self.poison(e);
                    }
                }
                Waited::Commands(commands) => {
                    for command in commands {
                        self.take(command);
                    }
                    self.commit(Write::Buffered);
                }
            }
        }
    }

    fn take(&mut self, command: Command) {
        match command {
            Command::Append { frames, answer } => {
                let outcomes = self.append_all(frames);
                self.answers.push((answer, outcomes));
                if self.wal.group_bytes() >= self.options.group_bytes_max as u64 {
                    self.commit(Write::Buffered);
                }
            }
            Command::Create { logs, answer } => {
                let new = logs.into_iter().filter(|id| self.shared.log(*id).is_none()).collect();
                let done = self.about_logs(FrameKind::Create, new);
                reply(answer, done);
            }
            Command::Remove { logs, answer } => {
                let existing = logs.into_iter().filter(|id| self.shared.log(*id).is_some()).collect();
                let done = self.about_logs(FrameKind::Remove, existing);
                reply(answer, done);
            }
            Command::RemoveGroup { group, answer } => {
                let done =
                    self.control(FrameHeader::about(FrameKind::RemoveGroup, LogId { group, index: 0 }));
                reply(answer, done);
            }
            Command::Trim { group, before, answer } => {
                let done = self.trim(group, before);
                reply(answer, done);
            }
            Command::Close { log, answer } => {
                let done = self.close(&log);
                reply(answer, done);
            }
            Command::Checkpoint { segment, answer } => {
                let done = self.snapshot(segment);
                reply(answer, done);
            }
            Command::ShutDown { answer } => {
                let done = self.shut_down();
                reply(answer, done);
            }
        }
    }

    /// Numbers frames and gives them their places, all in one group; visible and durable only after [`Writer::commit`].
    fn append_all(&mut self, new: NewFrames) -> Vec<AppendOutcome> {
        let NewFrames { frames, mut buffer } = new;
        // A gap before a frame is shorter than a header.
        let bytes = buffer.bytes().len() + frames.len() * HEADER_BYTES;
        if let Err(why) = self.make_ready(FrameKind::Records, bytes as u64) {
            let refused = |f: Result<NewFrame, Refusal>| AppendOutcome::Refused(f.err().unwrap_or(why));
            return frames.into_iter().map(refused).collect();
        }
        let now = self.options.clock.now();
        let mut placed = Vec::with_capacity(frames.len());
        let outcomes = frames
            .into_iter()
            .map(|frame| match frame {
                Ok(frame) => self.append(frame, now, &mut buffer, &mut placed),
                Err(why) => AppendOutcome::Refused(why),
            })
            .collect();
        let bytes = buffer.share();
        for NewFrame { log, header, at } in placed {
            let bytes = bytes.slice(at..at + header.frame_bytes() as usize);
            self.wal.push(Placed { header, bytes, log: Some(log) });
        }
        outcomes
    }

    fn append(
        &mut self,
        mut frame: NewFrame,
        now: Timestamp,
        buffer: &mut Buffer,
        placed: &mut Vec<NewFrame>,
    ) -> AppendOutcome {
        let mut numbering = lock(&frame.log.numbering);
        if numbering.removed {
            return AppendOutcome::Refused(Refusal::Unknown);
        }
        if numbering.closed {
            return AppendOutcome::Closed;
        }
        let arrival = self.arrival(now, numbering.last_arrival);
        let first = Position { timeline: self.state.timeline, offset: numbering.next.offset };
        numbering.last_arrival = Some(arrival);
        numbering.next = first;
        numbering.next.offset.0 += u64::from(frame.header.count);
        drop(numbering);
        frame.header.first = first;
        frame.header.arrival = arrival;
        self.wal.place(&mut frame.header);
        buffer.set_at(frame.at, &frame.header.encode());
        placed.push(frame);
        AppendOutcome::Appended { first, arrival }
    }

    /// Now, or the last arrival where the machine's clock went back.
    fn arrival(&self, now: Timestamp, last: Option<Timestamp>) -> Timestamp {
        match last {
            Some(last) if last > now => {
                if self.shared.counters().arrivals_clamped.fetch_add(1, Ordering::Relaxed) == 0 {
                    tracing::warn!(ms = last.millis_since(now), "the machine's clock went back");
                }
                last
            }
            _ => now,
        }
    }

    /// Sees to it that a frame of that length can be placed.
    fn make_ready(&mut self, kind: FrameKind, frame_bytes: u64) -> Result<(), Refusal> {
        if self.shared.is_poisoned() {
            return Err(Refusal::Poisoned);
        }
        if self.stopped {
            return Err(Refusal::ShutDown);
        }
        if let Err(e) = self.note_state() {
            return Err(self.no_room(e));
        }
        if self.wal.has_room(kind, frame_bytes) {
            return Ok(());
        }
        if frame_bytes > frame_bytes_max(self.options.segment_bytes) {
            return Err(Refusal::TooLarge);
        }
        if kind == FrameKind::Records && self.full_since.is_some_and(|since| since.elapsed() < FULL_RETRY) {
            return Err(Refusal::DiskFull);
        }
        if kind == FrameKind::Records && self.is_too_far_ahead() {
            self.shared.dirty.want_now();
            self.shared.dirty.wait_written(AHEAD_WAIT_MAX);
            if self.is_too_far_ahead() {
                return Err(Refusal::Overloaded);
            }
        }
        self.write_group(Write::Synced);
        if self.shared.is_poisoned() {
            return Err(Refusal::Poisoned);
        }
        match self.wal.next_segment() {
            Ok(()) => {
                self.full_since = None;
                Ok(())
            }
            Err(e) => Err(self.no_room(e)),
        }
    }

    fn is_too_far_ahead(&self) -> bool {
        self.wal.end_place() - self.shared.checkpointed() > self.options.ahead_bytes_max
    }

    /// A full disk refuses; anything else poisons.
    fn no_room(&mut self, error: io::Error) -> Refusal {
        if is_full(&error) {
            if self.full_since.is_none() {
                tracing::error!("the disk is full: appends are refused");
            }
            self.full_since = Some(Instant::now());
            return Refusal::DiskFull;
        }
        self.poison(error);
        Refusal::Poisoned
    }

    /// Notes durably, before the first append, what the directory must know of it.
    fn note_state(&mut self) -> io::Result<()> {
        let wanted = State {
            timeline: if self.raise { Timeline(self.state.timeline.0 + 1) } else { self.state.timeline },
            in_doubt: self.options.durability != Durability::Sync
                && !mutants::is(Mutant::TimelineNotRaisedAfterKill),
        };
        if wanted != self.state {
            state_file::store(&*self.disk, wanted)?;
            self.state = wanted;
            self.raise = false;
        }
        Ok(())
    }

    /// Writes what was placed, makes it visible and answers.
    fn commit(&mut self, at_least: Write) {
        let at_once =
            self.options.durability == Durability::Memory || mutants::is(Mutant::AcknowledgeBeforeSync);
        if at_once && at_least == Write::Buffered && !self.shared.is_poisoned() {
            for i in 0..self.wal.group().len() {
                let Placed { header, bytes, log } = &self.wal.group()[i];
                let placed = Placed { header: *header, bytes: bytes.clone(), log: log.clone() };
                self.publish(placed);
            }
            self.answer();
            self.note_dirty();
            if let Err(e) = self.wal.write(self.write_as_asked(Write::Buffered)) {
                self.poison(e);
            }
        } else {
            self.write_group(at_least);
            self.answer();
        }
        self.forget_oldest();
    }

    /// Writes the group, as durably as the mode asks or `at_least`, and makes it visible.
    fn write_group(&mut self, at_least: Write) {
        if self.shared.is_poisoned() {
            return;
        }
        let write = self.write_as_asked(at_least);
        if !self.wal.group().is_empty() {
            self.note_dirty();
        }
        match self.wal.write(write) {
            Ok(placed) => placed.into_iter().for_each(|p| self.publish(p)),
            Err(e) => self.poison(e),
        }
        if let Durability::Interval(every) = self.options.durability
            && self.wal.is_unsynced()
            && self.next_sync.is_none()
        {
            self.next_sync = Some(Instant::now() + every);
        }
    }

    fn write_as_asked(&self, at_least: Write) -> Write {
        match self.options.durability {
            Durability::Sync => Write::Synced,
            Durability::Interval(_) | Durability::Memory => at_least,
        }
    }

    fn publish(&mut self, Placed { header, bytes, log }: Placed) {
        let Some(log) = log else {
            let listeners = self.shared.apply(&header);
            if header.kind == FrameKind::Close {
                tell_closed(&listeners, header.first);
            }
            return;
        };
        match self.in_memory.back_mut().filter(|(from, _)| header.place - *from < MEMORY_STEP_BYTES) {
            Some((_, together)) => *together += bytes.len(),
            None => self.in_memory.push_back((header.place, bytes.len())),
        }
        self.in_memory_bytes += bytes.len();
        let listeners = log.append(&header, Some(bytes));
        self.shared.count_records(header.count);
        tell_appended(&listeners, &header);
    }

    /// Sends the answers of what was committed.
    fn answer(&mut self) {
        for (answer, outcomes) in self.answers.drain(..) {
            let outcomes = if self.shared.is_poisoned() { poisoned(&outcomes) } else { outcomes };
            // Who asked may have gone away; what was appended stays.
            let _ = answer.send(outcomes);
        }
    }

    /// Keeps the frames in memory within their budget: when it is used up the older half goes, log by log, since visiting a log for
    /// every frame would cost more than the frame.
    fn forget_oldest(&mut self) {
        if self.in_memory_bytes > self.options.tail_bytes_max {
            while self.in_memory_bytes > self.options.tail_bytes_max / 2
                && let Some((_, bytes)) = self.in_memory.pop_front()
            {
                self.in_memory_bytes -= bytes;
            }
            let kept_from = self.in_memory.front().map_or(self.wal.end_place(), |(from, _)| *from);
            let checkpointed = self.shared.checkpointed();
            self.shared.for_each_log(|log| log.forget_bytes(kept_from, checkpointed));
        }
        self.shared.counters().tail_bytes.store(self.in_memory_bytes as u64, Ordering::Relaxed);
    }

    /// Sees to it that a checkpoint follows.
    fn note_dirty(&mut self) {
        if !self.dirty_noted {
            self.dirty_noted = true;
            self.shared.dirty.note(self.options.clock.now());
        }
        let ahead = self.wal.end_place() - self.snapshot_place;
        if ahead >= self.options.checkpoint_bytes {
            self.snapshot_place = self.wal.end_place();
            self.shared.dirty.want_now();
        }
    }

    fn poison(&mut self, error: io::Error) {
        self.next_sync = None;
        self.shared.poison(error);
    }
}

/// What becomes of appends that were numbered and then could not be written.
fn poisoned(outcomes: &[AppendOutcome]) -> Vec<AppendOutcome> {
    let turned = |outcome: &AppendOutcome| match outcome {
        AppendOutcome::Appended { .. } => AppendOutcome::Refused(Refusal::Poisoned),
        other => other.clone(),
    };
    outcomes.iter().map(turned).collect()
}

/// Whether an error says that there is no room.
pub fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

fn reply<T>(answer: oneshot::Sender<T>, done: T) {
    // Who asked may have gone away; what was done stays.
    let _ = answer.send(done);
}
