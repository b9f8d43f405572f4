//! Reading: from memory without a hop, else from the write-ahead log or from history.

use std::sync::Arc;

use anabranch_types::Timestamp;
use bytes::Bytes;

use super::body::HEAD_BYTES;
use super::checksum::crc32c;
use super::frame::{FrameHeader, HEADER_BYTES};
use super::lock;
use super::mutants::{self, Mutant};
use super::options::Options;
use super::past::Past;
use super::shared::Shared;
use super::tail::{Frame, Log};
use crate::{LogError, LogId, LogState, Offset, Position, ReadBatch, ReadFrom, ReadLimit, Record};

/// How often a read begins again because what it was about to read moved from the write-ahead log into history.
const ATTEMPTS_MAX: usize = 8;

/// Stretches of history that one read joins at the most.
const PIECES_MAX: usize = 256;

/// What a read may do to get at frames that are not in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// Only what does not wait for the disk.
    None,
    /// Wait for the disk.
    Disk,
}

/// One read.
pub struct Reader {
    /// From what.
    pub shared: Arc<Shared>,
    /// From which log.
    pub log: LogId,
    /// From where.
    pub from: ReadFrom,
    /// How much.
    pub limit: ReadLimit,
    /// How much may be kept in memory for it.
    pub options: Options,
}

/// Why frames could not be read.
#[derive(Debug)]
pub enum Unread {
    /// That would wait.
    Waits,
    /// They are not where they were: plan again.
    Moved,
    /// For this reason.
    Failed(LogError),
}

impl From<LogError> for Unread {
    fn from(e: LogError) -> Self {
        Unread::Failed(e)
    }
}

impl Reader {
    /// Reads; `None` if that would wait and may not.
    pub fn read(&self, patience: Patience) -> Result<Option<ReadBatch>, LogError> {
        let Some(mut batch) = self.piece(self.from, self.limit, patience)? else {
            return Ok(None);
        };
        let mut bytes = payload_bytes(&batch.records);
        for _ in 1..PIECES_MAX {
            let left = ReadLimit {
                records_max: self.limit.records_max.saturating_sub(batch.records.len()),
                bytes_max: self.limit.bytes_max.saturating_sub(bytes),
            };
            if batch.next >= batch.state.end || left.records_max == 0 || left.bytes_max == 0 {
                break;
            }
            let more = match self.piece(ReadFrom::Position(batch.next), left, patience) {
                Ok(Some(more)) => more,
                // Nothing but records that were given up came before.
                unread if batch.records.is_empty() => return unread,
                // What was found is answered; what could not be read now is the next read's.
                _ => break,
            };
            let more_bytes = payload_bytes(&more.records);
            if more.next <= batch.next || more_bytes > left.bytes_max && !batch.records.is_empty() {
                break;
            }
            bytes += more_bytes;
            batch.next = more.next;
            batch.records.extend(more.records);
        }
        Ok(Some(batch))
    }

    /// One stretch of history, or what the tail has.
    fn piece(
        &self,
        from: ReadFrom,
        limit: ReadLimit,
        patience: Patience,
    ) -> Result<Option<ReadBatch>, LogError> {
        for _ in 0..ATTEMPTS_MAX {
            match self.attempt(from, limit, patience) {
                Ok(batch) => return Ok(Some(batch)),
                Err(Unread::Waits) => return Ok(None),
                Err(Unread::Failed(e)) => return Err(e),
                Err(Unread::Moved) => {}
            }
        }
        Err(LogError::Io { doing: "read the log".into(), source: std::io::ErrorKind::Interrupted.into() })
    }

    fn attempt(&self, from: ReadFrom, limit: ReadLimit, patience: Patience) -> Result<ReadBatch, Unread> {
        let log = self.shared.log(self.log).ok_or(LogError::Unknown(self.log))?;
        let not_before = self.shared.trimmed_before(self.log.group);
        let (from, state) = match place(&log, from)? {
            Place::Here(from, state) => (from, state),
            Place::Past(from, time, state) => {
                let past = Past {
                    shared: &self.shared,
                    log: self.log,
                    patience,
                    first_here: lock(&log.tail).first_here(),
                    options: &self.options,
                };
                let (frames, buffer_bytes) = past.frames(from, not_before.max(time), limit)?;
                if !frames.is_empty() {
                    let mut batch = collect(frames, from, state, limit);
                    leave(buffer_bytes, &mut batch.records);
                    return Ok(batch);
                }
                // All of it is trimmed: what is left begins here.
                (from.max(lock(&log.tail).first_here()), state)
            }
        };
        let mut frames = plan(&log, from, limit)?;
        let loaded_bytes = self.load(&mut frames, patience)?;
        let mut batch = collect(frames, from, state, limit);
        leave(loaded_bytes, &mut batch.records);
        Ok(batch)
    }

    /// Reads what is not in memory. How many bytes it was.
    fn load(&self, frames: &mut Vec<Frame>, patience: Patience) -> Result<usize, Unread> {
        let mut loaded_bytes = 0;
        for i in 0..frames.len() {
            if frames[i].bytes.is_some() {
                continue;
            }
            match load_frame(&self.shared, self.log, &frames[i], patience) {
                Ok(bytes) => {
                    loaded_bytes += bytes.len();
                    frames[i].bytes = Some(bytes);
                }
                Err(Unread::Failed(LogError::Corrupt { .. })) if i > 0 => {
                    // What stands before the damage is served; the next read meets it.
                    frames.truncate(i);
                    break;
                }
                Err(e) => return Err(e),
            }
        }
        Ok(loaded_bytes)
    }
}

/// Where a read begins.
enum Place {
    /// Among the frames that the tail knows.
    Here(Position, LogState),
    /// In history: at or behind the position, and not before the time.
    Past(Position, Timestamp, LogState),
}

fn place(log: &Log, from: ReadFrom) -> Result<Place, LogError> {
    let tail = lock(&log.tail);
    let state = tail.state().ok_or(LogError::Unknown(log.id))?;
    Ok(match from {
        ReadFrom::Position(position) => {
            let from = position.max(state.start);
            if from < tail.first_here() {
                Place::Past(from, Timestamp::from_millis(i64::MIN), state)
            } else {
                Place::Here(from, state)
            }
        }
        ReadFrom::Time(time) => match tail.first_at(time) {
            Some(from) => Place::Here(from, state),
            None => Place::Past(state.start, time, state),
        },
    })
}

/// The frames from `from` on that hold what is asked for. `Corrupt` if what stands there is damaged.
fn plan(log: &Log, from: Position, limit: ReadLimit) -> Result<Vec<Frame>, Unread> {
    let tail = lock(&log.tail);
    if from < tail.first_here() && tail.state().is_some_and(|s| from >= s.start) {
        return Err(Unread::Moved);
    }
    let mut frames: Vec<Frame> = Vec::new();
    let (mut records, mut bytes) = (0, 0);
    for frame in tail.frames_from(from) {
        let expected = frames.last().map_or(from, Frame::end);
        if frame.first.offset > expected.offset {
            // A gap in the offsets is damage: nothing else leaves one.
            if frames.is_empty() {
                return Err(LogError::Corrupt { log: log.id, at: from, resume: Some(frame.first) }.into());
            }
            break;
        }
        let skipped = if frames.is_empty() { skipped(frame, from) } else { 0 };
        if !frames.is_empty() && (records >= limit.records_max || bytes >= limit.bytes_max) {
            break;
        }
        records += frame.count as usize - skipped;
        if skipped == 0 {
            bytes += frame.payload_bytes_max();
        }
        frames.push(frame.clone());
    }
    Ok(frames)
}

fn skipped(frame: &Frame, from: Position) -> usize {
    if from <= frame.first { 0 } else { (from.offset.0 - frame.first.offset.0) as usize }
}

/// The records of frames that are in memory.
fn collect(frames: Vec<Frame>, from: Position, state: LogState, limit: ReadLimit) -> ReadBatch {
    let mut out = ReadBatch { records: Vec::new(), next: from, state };
    let mut bytes = 0;
    for frame in &frames {
        let Some(frame_bytes) = &frame.bytes else { break };
        let mut records = frame.records(frame_bytes);
        if from > frame.first && from.timeline == frame.first.timeline {
            records.skip_to(from.offset);
        }
        while let Some(next_bytes) = records.next_bytes() {
            bytes += next_bytes;
            let full = out.records.len() >= limit.records_max || bytes > limit.bytes_max;
            if full && !out.records.is_empty() {
                return out;
            }
            let Some(record) = records.next() else { break };
            out.next = Position { offset: Offset(record.position.offset.0 + 1), ..record.position };
            out.records.push(record);
        }
        // One whose records were given up has none.
        out.next = out.next.max(frame.end());
    }
    out
}

/// Copies records out of the buffer that was read for them if they are less than half of it: whoever keeps records keeps no more than twice
/// what they are.
fn leave(buffer_bytes: usize, records: &mut [Record]) {
    let around_bytes = records.len() * (HEADER_BYTES + HEAD_BYTES);
    if payload_bytes(records) + around_bytes >= buffer_bytes / 2 {
        return;
    }
    for Record { record, .. } in records {
        for part in record.key.iter_mut().chain([&mut record.headers, &mut record.data]) {
            *part = Bytes::copy_from_slice(part);
        }
    }
}

fn payload_bytes(records: &[Record]) -> usize {
    records.iter().map(|r| r.record.key.as_ref().map_or(0, Bytes::len) + r.record.data.len()).sum()
}

/// A frame's bytes, from memory or the disk, for a checkpoint.
pub fn frame_bytes(shared: &Shared, log: LogId, frame: &Frame) -> Result<Bytes, LogError> {
    if let Some(bytes) = &frame.bytes {
        return Ok(bytes.clone());
    }
    match load_frame(shared, log, frame, Patience::Disk) {
        Ok(bytes) => Ok(bytes),
        Err(Unread::Failed(e)) => Err(e),
        Err(Unread::Waits | Unread::Moved) => {
            Err(LogError::Corrupt { log, at: frame.first, resume: Some(frame.end()) })
        }
    }
}

/// A frame from its write-ahead segment, checked.
fn load_frame(shared: &Shared, log: LogId, frame: &Frame, patience: Patience) -> Result<Bytes, Unread> {
    let io_error = |source| LogError::Io { doing: "read the write-ahead log".into(), source };
    let (segment, at) = shared.segment_at(frame.place).ok_or(Unread::Moved)?;
    let mut bytes = vec![0; frame.frame_bytes as usize];
    match patience {
        Patience::None => {
            if !segment.file.read_cached_at(&mut bytes, at).map_err(io_error)? {
                return Err(Unread::Waits);
            }
        }
        Patience::Disk => segment.file.read_at(&mut bytes, at).map_err(io_error)?,
    }
    if is_frame(&bytes, log, frame) {
        Ok(bytes.into())
    } else if frame.place < shared.checkpointed() {
        // Its segment was freed and used again while this was read.
        Err(Unread::Moved)
    } else {
        Err(LogError::Corrupt { log, at: frame.first, resume: Some(frame.end()) }.into())
    }
}

/// Whether a body is what its header says.
pub fn checksum_holds(body: &[u8], crc: u32) -> bool {
    crc32c(body) == crc || mutants::is(Mutant::ChecksumNotChecked)
}

/// Whether the bytes are this frame, whole.
fn is_frame(bytes: &[u8], log: LogId, frame: &Frame) -> bool {
    FrameHeader::decode(bytes).is_some_and(|header| {
        header.place == frame.place
            && header.log == log
            && header.first == frame.first
            && bytes.get(HEADER_BYTES..).is_some_and(|body| checksum_holds(body, header.body_crc))
    })
}
