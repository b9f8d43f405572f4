//! Reading from history.

use std::io;
use std::sync::Arc;

use anabranch_types::Timestamp;
use bytes::Bytes;

use super::frame::{FrameHeader, FrameKind, HEADER_BYTES};
use super::history::{HistorySegment, Index, Part};
use super::options::Options;
use super::read::{Patience, Unread, checksum_holds};
use super::shared::Shared;
use super::tail::Frame;
use crate::disk::DiskFile;
use crate::{LogError, LogId, Position, ReadLimit};

/// Bytes read from a segment with one call at the most.
const READ_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// More bytes than this are left to a thread that may take its time although they are in the page cache: a read takes about half a
/// millisecond for each MiB, with its checksum, and holds up whatever else the caller's thread has to do.
const AT_ONCE_BYTES_MAX: usize = 1024 * 1024;

/// A reader of one log's history.
pub struct Past<'a> {
    /// From what.
    pub shared: &'a Shared,
    /// From which log.
    pub log: LogId,
    /// Whether it may wait for the disk.
    pub patience: Patience,
    /// Where history ends.
    pub first_here: Position,
    /// How many indexes may be kept in memory.
    pub options: &'a Options,
}

/// Parts of one segment that stand together in its file.
struct Stretch {
    file: Box<dyn DiskFile>,
    parts: Vec<Part>,
}

impl Past<'_> {
    /// The frames with what comes at or after `from` and arrived not before `not_before`, none if there is nothing; and the length of the
    /// buffer that they stand in.
    pub fn frames(
        &self,
        from: Position,
        not_before: Timestamp,
        limit: ReadLimit,
    ) -> Result<(Vec<Frame>, usize), Unread> {
        let Some(stretch) = self.find(from, not_before, limit)? else {
            return Ok((Vec::new(), 0));
        };
        let (Some(first), Some(last)) = (stretch.parts.first(), stretch.parts.last()) else {
            return Ok((Vec::new(), 0));
        };
        let length = (last.end_at() - first.at) as usize;
        let bytes = match self.read_at(&*stretch.file, length, first.at) {
            Err(Unread::Failed(LogError::Io { source, .. })) if is_damage(&source) => {
                // The file is cut short. What stands before the cut is read alone.
                if stretch.parts.len() > 1 {
                    let alone = ReadLimit { records_max: 0, bytes_max: 0 };
                    return self.frames(from, not_before, alone);
                }
                let at = first.first.max(from);
                return Err(LogError::Corrupt { log: self.log, at, resume: Some(first.end()) }.into());
            }
            read => Bytes::from(read?),
        };
        let mut frames: Vec<Frame> = Vec::new();
        for part in &stretch.parts {
            let start = (part.at - first.at) as usize;
            for found in frames_of(self.log, part, &bytes.slice(start..start + part.bytes as usize)) {
                match found {
                    Found::Whole(frame) | Found::Lost(frame)
                        if frame.end() > from && frame.arrival >= not_before =>
                    {
                        frames.push(frame);
                    }
                    Found::Damaged(_, resume) if resume > from && !frames.is_empty() => {
                        return Ok((frames, length));
                    }
                    Found::Damaged(at, resume) if resume > from => {
                        let at = at.max(from);
                        return Err(LogError::Corrupt { log: self.log, at, resume: Some(resume) }.into());
                    }
                    _ => {}
                }
            }
        }
        Ok((frames, length))
    }

    /// The first parts that hold what is asked for.
    fn find(
        &self,
        from: Position,
        not_before: Timestamp,
        limit: ReadLimit,
    ) -> Result<Option<Stretch>, Unread> {
        let first_here = self.first_here;
        let Some(history) = self.shared.history(self.log.group) else {
            return Ok(None);
        };
        let mut before: Option<Part> = None;
        let mut damaged = false;
        for segment in history.segments() {
            if segment.meta().last_arrival < not_before {
                continue;
            }
            let index = match self.index(&segment) {
                Err(Unread::Failed(LogError::Io { source, .. })) if is_damage(&source) => {
                    // The file is gone, cut short or flipped. What comes behind it is served.
                    tracing::error!(file = segment.name(), error = %source, "a segment of history is damaged");
                    damaged = true;
                    continue;
                }
                index => index?,
            };
            let parts = index.parts(self.log.index);
            let first = parts.partition_point(|p| p.end() <= from || p.last_arrival < not_before);
            let Some(found) = parts.get(first) else {
                before = parts.last().copied().or(before);
                continue;
            };
            let previous = first.checked_sub(1).map(|i| parts[i]).or(before);
            let gap = previous.is_some_and(|previous| {
                previous.last_arrival >= not_before
                    && previous.end() <= from
                    && found.first.offset > from.offset.max(previous.end().offset)
            });
            if gap || damaged && found.first.offset > from.offset {
                let corrupt = LogError::Corrupt { log: self.log, at: from, resume: Some(found.first) };
                return Err(corrupt.into());
            }
            let file = self.open(&segment)?;
            return Ok(Some(Stretch { file, parts: together(&parts[first..], from, limit) }));
        }
        let gap = before.is_some_and(|previous| {
            previous.last_arrival >= not_before
                && previous.end() <= from
                && first_here.offset > from.offset.max(previous.end().offset)
        });
        if gap || damaged && from < first_here {
            return Err(LogError::Corrupt { log: self.log, at: from, resume: Some(first_here) }.into());
        }
        Ok(None)
    }

    fn open(&self, segment: &HistorySegment) -> Result<Box<dyn DiskFile>, Unread> {
        self.shared.disk.open(&segment.name()).map_err(|e| match e.kind() {
            // Retention has passed it meanwhile.
            io::ErrorKind::NotFound if self.is_gone(segment) => Unread::Moved,
            _ => failed("open a segment of history", e),
        })
    }

    fn is_gone(&self, segment: &HistorySegment) -> bool {
        let history = self.shared.history(self.log.group);
        !history.is_some_and(|h| h.segments().iter().any(|s| s.number == segment.number))
    }

    fn index(&self, segment: &HistorySegment) -> Result<Arc<Index>, Unread> {
        if let Some(index) = segment.index() {
            return Ok(index);
        }
        if self.patience == Patience::None {
            return Err(Unread::Waits);
        }
        let file = self.open(segment)?;
        let index =
            segment.load_index(&*file).map_err(|e| failed("read the index of a segment of history", e))?;
        self.shared.note_index(index.bytes(), self.options.index_bytes_max);
        Ok(index)
    }

    fn read_at(&self, file: &dyn DiskFile, length: usize, at: u64) -> Result<Vec<u8>, Unread> {
        let doing = "read a segment of history";
        if self.patience == Patience::None && length > AT_ONCE_BYTES_MAX {
            return Err(Unread::Waits);
        }
        let mut bytes = vec![0; length];
        match self.patience {
            Patience::Disk => file.read_at(&mut bytes, at).map_err(|e| failed(doing, e))?,
            Patience::None => match file.read_cached_at(&mut bytes, at) {
                Ok(true) => {}
                Ok(false) => return Err(Unread::Waits),
                Err(e) => return Err(failed(doing, e)),
            },
        }
        Ok(bytes)
    }
}

/// A part's frames, each checked. Behind a header that is damaged nobody knows where the next frame begins, and what looks like one may
/// be somebody's data: the rest of the part is lost with it.
pub fn frames_of(log: LogId, part: &Part, bytes: &Bytes) -> Vec<Found> {
    let mut found = Vec::new();
    let (mut at, mut expected) = (0, part.first);
    while at < bytes.len() {
        let Some(header) = kept_frame(log, &bytes[at..]).filter(|h| h.first == expected) else {
            found.push(Found::Damaged(expected, part.end()));
            break;
        };
        let end = at + header.frame_bytes() as usize;
        let frame = Frame::of(&header, bytes.get(at..end).map(|_| bytes.slice(at..end)));
        let behind = frame.end();
        found.push(match bytes.get(at + HEADER_BYTES..end) {
            Some(body) if checksum_holds(body, header.body_crc) && header.kind == FrameKind::Lost => {
                Found::Lost(frame)
            }
            Some(body) if checksum_holds(body, header.body_crc) => Found::Whole(frame),
            _ => Found::Damaged(expected, behind),
        });
        (at, expected) = (end, behind);
    }
    found
}

/// The header of a frame of a log's records, or of those that were given up.
fn kept_frame(log: LogId, bytes: &[u8]) -> Option<FrameHeader> {
    let kept = |h: &FrameHeader| matches!(h.kind, FrameKind::Records | FrameKind::Lost) && h.log == log;
    FrameHeader::decode(bytes).filter(kept)
}

/// What stands in a part.
pub enum Found {
    /// A frame.
    Whole(Frame),
    /// A frame in whose place a repair said that its records are given up: one without records.
    Lost(Frame),
    /// From where to where it cannot be read.
    Damaged(Position, Position),
}

/// The parts from the first on that stand together, as many as may be needed from `from` on.
fn together(parts: &[Part], from: Position, limit: ReadLimit) -> Vec<Part> {
    let bytes_max = (limit.bytes_max as u64).min(READ_BYTES_MAX);
    let mut out: Vec<Part> = Vec::new();
    let (mut bytes, mut records) = (0, 0);
    for part in parts {
        match out.last() {
            Some(last) => {
                let enough = bytes >= bytes_max || records >= limit.records_max;
                if enough || last.end_at() != part.at || part.first.offset != last.end().offset {
                    break;
                }
                bytes += u64::from(part.bytes);
                records += part.count as usize;
            }
            // It may be asked for from its middle on, and its records may differ in size: it counts if it has plenty.
            None => {
                let count =
                    part.end().offset.0 - from.offset.0.clamp(part.first.offset.0, part.end().offset.0);
                let share = u64::from(part.bytes) * count / u64::from(part.count.max(1));
                (bytes, records) = (if share / 2 >= bytes_max { share } else { 0 }, count as usize);
            }
        }
        out.push(*part);
    }
    out
}

/// Whether an error says that a file is not what it was.
pub fn is_damage(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData
    )
}

fn failed(doing: &str, source: io::Error) -> Unread {
    Unread::Failed(LogError::Io { doing: doing.into(), source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Offset, Timeline};

    #[test]
    fn no_more_parts_are_read_than_may_be_needed() {
        const MIB: usize = 1 << 20;
        let position = |offset| Position { timeline: Timeline(0), offset: Offset(offset) };
        let part = |i: u64| Part {
            log: 0,
            first: position(100 * i),
            count: 100,
            at: 4096 + 4 * MIB as u64 * i,
            bytes: 4 * MIB as u32,
            first_arrival: Timestamp::default(),
            last_arrival: Timestamp::default(),
        };
        let parts: Vec<Part> = (0..5).map(part).collect();
        // From where, records and bytes asked for, parts.
        let cases = [
            (0, 1000, MIB, 1),
            (40, 1000, MIB, 1),
            (60, 1000, MIB, 2),
            (99, 1000, MIB, 2),
            (0, 1000, 8 * MIB, 3),
            (0, 100, 8 * MIB, 1),
            (1, 100, 8 * MIB, 2),
            (0, 1000, 100 * MIB, 5),
            (99, 0, 0, 1),
        ];
        for (from, records_max, bytes_max, expected) in cases {
            let found = together(&parts, position(from), ReadLimit { records_max, bytes_max });
            assert_eq!(found.len(), expected, "{from} {records_max} {bytes_max}");
        }
    }
}
