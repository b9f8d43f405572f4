//! Over a history segment from its beginning on, where its index cannot be read.

use std::collections::BTreeMap;
use std::io;

use anabranch_types::Timestamp;

use crate::disk::DiskFile;
use crate::local::checksum::crc32c;
use crate::local::frame::{BLOCK_BYTES, FrameHeader, FrameKind, HEADER_BYTES, block_end};
use crate::local::history::Meta;
use crate::local::tail::Frame;
use crate::{GroupId, LogId};

/// Nothing is known of a segment.
pub const NOTHING: Meta = Meta {
    length: 0,
    last_index_at: 0,
    first_arrival: Timestamp::from_millis(0),
    last_arrival: Timestamp::from_millis(0),
};

/// Each log's frames, in order, with where they stand in the file.
pub type Frames = BTreeMap<u32, Vec<(u64, Frame)>>;

/// How far the last finished run goes, and the greatest place of the write-ahead log in it.
pub fn last_run(file: &dyn DiskFile) -> io::Result<Option<(Meta, u64)>> {
    let (mut place, mut seen_place, mut last) = (0, 0, None);
    walk(file, |at, header| match header.kind {
        FrameKind::Index => {
            let end = at + header.frame_bytes();
            last = Some(Meta { length: block_end(end), last_index_at: at, ..NOTHING });
            place = seen_place;
        }
        _ => seen_place = seen_place.max(header.place + header.frame_bytes()),
    })?;
    Ok(last.map(|meta| (meta, place)))
}

/// Each log's whole frames before `length`, in order, with where they stand.
pub fn frames(file: &dyn DiskFile, group: GroupId, length: u64) -> io::Result<Frames> {
    let mut found: Vec<(u64, FrameHeader)> = Vec::new();
    walk(file, |at, header| {
        if header.kind != FrameKind::Index && header.log.group == group && at < length {
            found.push((at, *header));
        }
    })?;
    let mut frames = Frames::new();
    for (at, header) in found {
        let mut body = vec![0; header.body_bytes as usize];
        let is_read = match file.read_at(&mut body, at + HEADER_BYTES as u64) {
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => false,
            read => read.map(|()| true)?,
        };
        let LogId { index, .. } = header.log;
        let of_log = frames.entry(index).or_default();
        // Places in a segment only grow; what does not fit is left of something that was never finished.
        let follows = of_log.last().is_none_or(|(_, last)| last.end() <= header.first);
        if is_read && follows && crc32c(&body) == header.body_crc {
            of_log.push((at, Frame::of(&header, None)));
        }
    }
    Ok(frames)
}

/// The header that stands there, whole.
pub fn header_at(file: &dyn DiskFile, at: u64) -> io::Result<Option<FrameHeader>> {
    let mut header = [0; HEADER_BYTES];
    match file.read_at(&mut header, at) {
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        read => read.map(|()| FrameHeader::decode(&header)),
    }
}

/// Shows every header of records and of indexes.
fn walk(file: &dyn DiskFile, mut show: impl FnMut(u64, &FrameHeader)) -> io::Result<()> {
    let (length, mut at) = (file.length()?, BLOCK_BYTES);
    while at + HEADER_BYTES as u64 <= length {
        match header_at(file, at)? {
            Some(header) if header.kind != FrameKind::Index || header.place == at => {
                show(at, &header);
                at += header.frame_bytes();
            }
            // A run's end, or damage: the next run begins with a block.
            _ => at = block_end(at + 1),
        }
    }
    Ok(())
}
