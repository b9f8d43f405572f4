use std::fmt;
use std::io;

use super::survey;
use crate::disk::Disk;
use crate::local::frame::{BLOCK_BYTES, FrameHeader, HEADER_BYTES};
use crate::local::log::OpenError;
use crate::local::scan::scan;
use crate::local::{manifest, recover};

/// A frame as a dump shows it: all but what its records hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DumpedFrame {
    /// In which file.
    pub file: String,
    /// At which byte.
    pub at: u64,
    header: FrameHeader,
}

impl fmt::Display for DumpedFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let FrameHeader { kind, log, first, count, arrival, body_bytes, place, durable, .. } = self.header;
        write!(
            f,
            "{} {} {kind:?} group={} log={} timeline={} offset={} count={count} arrival={arrival} bytes={} \
             place={place} durable={durable}",
            self.file,
            self.at,
            log.group.0,
            log.index,
            first.timeline.0,
            first.offset.0,
            HEADER_BYTES as u64 + u64::from(body_bytes),
        )
    }
}

/// Shows every whole frame: history first, group by group, then the write-ahead log. Changes nothing.
pub fn dump(disk: &dyn Disk, show: &mut dyn FnMut(&DumpedFrame)) -> Result<(), OpenError> {
    let _lock = survey::lock(disk)?;
    let read = |doing| move |source: io::Error| OpenError::Io { doing, source };
    let manifest = manifest::load(disk).map_err(read("read the checkpoint"))?.unwrap_or_default();
    for segment in survey::history(&manifest) {
        dump_history(disk, &segment, show).map_err(read("read a segment of history"))?;
    }
    let segments = survey::write_ahead(disk, manifest.place).map_err(read("read the write-ahead log"))?;
    for (i, segment) in segments.iter().enumerate() {
        let durable = segments.get(i + 1).map_or(0, |next| next.identity.first_place);
        let from = manifest.place.saturating_sub(segment.identity.first_place).max(BLOCK_BYTES);
        let bytes = recover::read_whole(segment).map_err(read("read the write-ahead log"))?;
        for header in scan(&bytes, segment.identity, from, durable).frames {
            let at = header.place - segment.identity.first_place;
            show(&DumpedFrame { file: segment.name.clone(), at, header });
        }
    }
    Ok(())
}

fn dump_history(
    disk: &dyn Disk,
    segment: &crate::local::history::HistorySegment,
    show: &mut dyn FnMut(&DumpedFrame),
) -> io::Result<()> {
    let file = disk.open(&segment.name())?;
    for part in segment.load_index(&*file)?.all() {
        let mut bytes = vec![0; part.bytes as usize];
        file.read_at(&mut bytes, part.at)?;
        let mut at = 0;
        while let Some(header) = bytes.get(at..).and_then(FrameHeader::decode) {
            show(&DumpedFrame { file: segment.name(), at: part.at + at as u64, header });
            at += header.frame_bytes() as usize;
        }
    }
    Ok(())
}
