use std::io;
use std::ops::ControlFlow;

use anabranch_types::Timestamp;
use bytes::Bytes;

use super::survey;
use crate::disk::Disk;
use crate::local::body::Records;
use crate::local::frame::{BLOCK_BYTES, FrameHeader, FrameKind, HEADER_BYTES};
use crate::local::history::HistorySegment;
use crate::local::log::OpenError;
use crate::local::past::is_damage;
use crate::local::read::checksum_holds;
use crate::local::scan::scan;
use crate::local::{manifest, recover};
use crate::{LogId, Position, Record};

/// A frame as a dump shows it. What its records hold is shown to who asks for [`DumpedFrame::records`] alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DumpedFrame {
    /// In which file.
    pub file: String,
    /// At which byte.
    pub at: u64,
    /// Its length.
    pub bytes: u64,
    /// What it says.
    pub kind: FrameKind,
    /// What it is about.
    pub log: LogId,
    /// Its records' number.
    pub count: u32,
    /// Its first record's position, or where the log was closed.
    pub first: Position,
    /// When it arrived; of a trim, what arrived before is gone.
    pub arrival: Timestamp,
    /// Its place in the write-ahead log.
    pub place: u64,
    /// What was durable when it was written.
    pub durable: u64,
    body: Bytes,
}

impl DumpedFrame {
    fn of(header: &FrameHeader, file: &str, at: u64, body: Bytes) -> Self {
        let FrameHeader { kind, log, first, count, arrival, place, durable, .. } = *header;
        let bytes = header.frame_bytes();
        Self { file: file.to_owned(), at, bytes, kind, log, count, first, arrival, place, durable, body }
    }

    /// Its records; none if it is no frame of records.
    pub fn records(&self) -> impl Iterator<Item = Record> {
        let count = if self.kind == FrameKind::Records { self.count } else { 0 };
        Records::new(self.body.clone(), self.first, count, self.arrival)
    }
}

/// Shows every whole frame until `show` has seen enough: history first, group by group, then the write-ahead log. Changes nothing.
/// What cannot be read is left out; [`super::verify`] tells of it.
pub fn dump(disk: &dyn Disk, show: &mut dyn FnMut(&DumpedFrame) -> ControlFlow<()>) -> Result<(), OpenError> {
    let _lock = survey::lock(disk)?;
    let read = |doing| move |source: io::Error| OpenError::Io { doing, source };
    let manifest = manifest::load(disk).map_err(read("read the checkpoint"))?.unwrap_or_default();
    for segment in survey::history(&manifest) {
        match dump_history(disk, &segment, show) {
            Ok(ControlFlow::Continue(())) => {}
            Ok(ControlFlow::Break(())) => return Ok(()),
            Err(e) if is_damage(&e) => {}
            Err(e) => return Err(read("read a segment of history")(e)),
        }
    }
    let segments = survey::write_ahead(disk, manifest.place).map_err(read("read the write-ahead log"))?;
    for (i, segment) in segments.iter().enumerate() {
        let durable = segments.get(i + 1).map_or(0, |next| next.identity.first_place);
        let from = manifest.place.saturating_sub(segment.identity.first_place).max(BLOCK_BYTES);
        let bytes = Bytes::from(recover::read_whole(segment).map_err(read("read the write-ahead log"))?);
        for header in scan(&bytes, segment.identity, from, durable).frames {
            let at = header.place - segment.identity.first_place;
            let body = bytes.slice(at as usize + HEADER_BYTES..(at + header.frame_bytes()) as usize);
            if show(&DumpedFrame::of(&header, &segment.name, at, body)).is_break() {
                return Ok(());
            }
        }
    }
    Ok(())
}

fn dump_history(
    disk: &dyn Disk,
    segment: &HistorySegment,
    show: &mut dyn FnMut(&DumpedFrame) -> ControlFlow<()>,
) -> io::Result<ControlFlow<()>> {
    let file = disk.open(&segment.name())?;
    for part in segment.load_index(&*file)?.all() {
        let mut bytes = vec![0; part.bytes as usize];
        file.read_at(&mut bytes, part.at)?;
        let (bytes, mut at) = (Bytes::from(bytes), 0);
        while let Some(header) = bytes.get(at..).and_then(FrameHeader::decode) {
            let end = at + header.frame_bytes() as usize;
            if bytes.get(at + HEADER_BYTES..end).is_some_and(|body| checksum_holds(body, header.body_crc)) {
                let body = bytes.slice(at + HEADER_BYTES..end);
                let frame = DumpedFrame::of(&header, &segment.name(), part.at + at as u64, body);
                if show(&frame).is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
            at = end.min(bytes.len());
        }
    }
    Ok(ControlFlow::Continue(()))
}
