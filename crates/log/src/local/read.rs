//! Reading: what is planned under the log's lock, and how frames come from memory or from the disk.

use std::io;

use bytes::Bytes;

use super::checksum::crc32c;
use super::frame::{FrameHeader, HEADER_BYTES};
use super::lock;
use super::shared::Shared;
use super::tail::{Frame, Log};
use crate::{LogError, LogId, LogState, Offset, Position, ReadBatch, ReadFrom, ReadLimit};

/// Frames that hold what a reader asked for.
pub struct Plan {
    /// Of which log.
    log: LogId,
    from: Position,
    frames: Vec<Frame>,
    state: LogState,
    limit: ReadLimit,
}

/// What a read may do to get at frames that are not in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// Only what does not wait for the disk.
    None,
    /// Wait for the disk.
    Disk,
}

/// Which frames to read. `Corrupt` if what stands at `from` is damaged.
pub fn plan(log: &Log, from: ReadFrom, limit: ReadLimit) -> Result<Plan, LogError> {
    let tail = lock(&log.tail);
    let state = tail.state().ok_or(LogError::Unknown(log.id))?;
    let from = match from {
        ReadFrom::Position(position) => position.max(state.start),
        ReadFrom::Time(time) => tail.first_at(time),
    };
    let mut frames: Vec<Frame> = Vec::new();
    let (mut records, mut bytes) = (0, 0);
    for frame in tail.frames_from(from) {
        let expected = frames.last().map_or(from, Frame::end);
        if frame.first.offset > expected.offset {
            // A gap in the offsets is damage: nothing else leaves one.
            if frames.is_empty() {
                return Err(LogError::Corrupt { log: log.id, at: from, resume: Some(frame.first) });
            }
            break;
        }
        let skipped = if frames.is_empty() { skipped(frame, from) } else { 0 };
        if !frames.is_empty() && (records >= limit.records_max || bytes >= limit.bytes_max) {
            break;
        }
        records += frame.count as usize - skipped;
        if skipped == 0 {
            bytes += frame.frame_bytes as usize - frame.overhead_bytes_min();
        }
        frames.push(frame.clone());
    }
    Ok(Plan { log: log.id, from, frames, state, limit })
}

fn skipped(frame: &Frame, from: Position) -> usize {
    if from <= frame.first { 0 } else { (from.offset.0 - frame.first.offset.0) as usize }
}

impl Plan {
    /// Reads what is not in memory. `false` if that would wait and may not.
    pub fn load(&mut self, shared: &Shared, patience: Patience) -> Result<bool, LogError> {
        for i in 0..self.frames.len() {
            if self.frames[i].bytes.is_some() {
                continue;
            }
            match load_frame(shared, self.log, &self.frames[i], patience) {
                Ok(Some(bytes)) => self.frames[i].bytes = Some(bytes),
                Ok(None) => return Ok(false),
                Err(LogError::Corrupt { .. }) if i > 0 => {
                    // What stands before the damage is served; the next read meets it.
                    self.frames.truncate(i);
                    return Ok(true);
                }
                Err(e) => return Err(e),
            }
        }
        Ok(true)
    }

    /// The records, once everything is in memory.
    pub fn collect(self) -> ReadBatch {
        let mut out = ReadBatch { records: Vec::new(), next: self.from, state: self.state };
        let mut bytes = 0;
        for frame in &self.frames {
            let Some(frame_bytes) = &frame.bytes else { break };
            let mut records = frame.records(frame_bytes);
            if self.from > frame.first && self.from.timeline == frame.first.timeline {
                records.skip_to(self.from.offset);
            }
            while let Some(next_bytes) = records.next_bytes() {
                bytes += next_bytes;
                let full = out.records.len() >= self.limit.records_max || bytes > self.limit.bytes_max;
                if full && !out.records.is_empty() {
                    return out;
                }
                let Some(record) = records.next() else { break };
                out.next = Position { offset: Offset(record.position.offset.0 + 1), ..record.position };
                out.records.push(record);
            }
        }
        out
    }
}

/// A frame from its write-ahead segment, checked; `None` if that would wait and may not.
fn load_frame(
    shared: &Shared,
    log: LogId,
    frame: &Frame,
    patience: Patience,
) -> Result<Option<Bytes>, LogError> {
    let io_error = |source: io::Error| LogError::Io { doing: "read the log".into(), source };
    let (segment, at) =
        shared.segment_at(frame.place).ok_or_else(|| io_error(io::ErrorKind::NotFound.into()))?;
    let mut bytes = vec![0; frame.frame_bytes as usize];
    match patience {
        Patience::None => {
            if !segment.file.read_cached_at(&mut bytes, at).map_err(io_error)? {
                return Ok(None);
            }
        }
        Patience::Disk => segment.file.read_at(&mut bytes, at).map_err(io_error)?,
    }
    if is_frame(&bytes, log, frame) {
        Ok(Some(bytes.into()))
    } else {
        Err(LogError::Corrupt { log, at: frame.first, resume: Some(frame.end()) })
    }
}

/// Whether the bytes are this frame, whole.
fn is_frame(bytes: &[u8], log: LogId, frame: &Frame) -> bool {
    FrameHeader::decode(bytes).is_some_and(|header| {
        header.place == frame.place
            && header.log == log
            && header.first == frame.first
            && bytes.get(HEADER_BYTES..).is_some_and(|body| crc32c(body) == header.body_crc)
    })
}
