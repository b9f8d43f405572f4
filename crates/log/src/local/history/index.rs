use std::collections::BTreeMap;
use std::io;

use super::part::Part;
use crate::disk::DiskFile;
use crate::local::checksum::crc32c;
use crate::local::frame::{FrameHeader, FrameKind, HEADER_BYTES, u64_at};

/// What a segment holds: each log's parts, in order.
#[derive(Clone, Debug, Default)]
pub struct Index {
    parts: BTreeMap<u32, Vec<Part>>,
    entries: usize,
}

impl Index {
    /// A log's parts.
    pub fn parts(&self, log: u32) -> &[Part] {
        self.parts.get(&log).map_or(&[], Vec::as_slice)
    }

    /// Every part, log by log.
    pub fn all(&self) -> impl Iterator<Item = &Part> {
        self.parts.values().flatten()
    }

    /// Adds a later run's parts.
    pub fn extend(&mut self, parts: &[Part]) {
        for part in parts {
            self.parts.entry(part.log).or_default().push(*part);
        }
        self.entries += parts.len();
    }

    /// Roughly what it takes in memory.
    pub fn bytes(&self) -> usize {
        self.entries * size_of::<Part>() + self.parts.len() * 64
    }
}

/// An index frame's body: where the index of the run before it begins (0 for none), then the parts.
pub fn encode(previous_at: u64, parts: &[Part]) -> Vec<u8> {
    let mut body = Vec::with_capacity(8 + parts.len() * Part::ENTRY_BYTES);
    body.extend_from_slice(&previous_at.to_le_bytes());
    parts.iter().for_each(|p| body.extend_from_slice(&p.encode()));
    body
}

/// A segment's index: follows the chain of its runs' indexes back from the one at `last_at`.
pub fn load_index(file: &dyn DiskFile, last_at: u64) -> io::Result<Index> {
    let mut runs = Vec::new();
    let mut at = last_at;
    while at != 0 {
        let (previous_at, parts) = load_run(file, at)?;
        if previous_at >= at {
            return Err(damaged(at));
        }
        runs.push(parts);
        at = previous_at;
    }
    let mut index = Index::default();
    runs.iter().rev().for_each(|parts| index.extend(parts));
    Ok(index)
}

fn load_run(file: &dyn DiskFile, at: u64) -> io::Result<(u64, Vec<Part>)> {
    let mut header = [0; HEADER_BYTES];
    file.read_at(&mut header, at)?;
    let header = FrameHeader::decode(&header)
        .filter(|h| h.kind == FrameKind::Index && h.place == at)
        .ok_or_else(|| damaged(at))?;
    let mut body = vec![0; header.body_bytes as usize];
    file.read_at(&mut body, at + HEADER_BYTES as u64)?;
    let (entries, rest) = body.get(8..).ok_or_else(|| damaged(at))?.as_chunks::<{ Part::ENTRY_BYTES }>();
    if crc32c(&body) != header.body_crc || !rest.is_empty() {
        return Err(damaged(at));
    }
    let parts: Option<Vec<Part>> = entries.iter().map(Part::decode).collect();
    Ok((u64_at(&body, 0), parts.ok_or_else(|| damaged(at))?))
}

fn damaged(at: u64) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the index at {at} is damaged"))
}

#[cfg(test)]
mod tests {
    use anabranch_types::Timestamp;

    use super::*;
    use crate::local::body::tests::{hex, printed};
    use crate::{Offset, Position, Timeline};

    #[test]
    fn the_page_prints_what_is_written_and_it_reads_back() {
        let time = Timestamp::from_millis(1_700_000_000_123);
        let part = Part {
            log: 3,
            first: Position { timeline: Timeline(1), offset: Offset(41) },
            count: 2,
            at: 4096,
            bytes: 158,
            first_arrival: time,
            last_arrival: time,
        };
        let bytes = encode(0, &[part]);
        assert_eq!(printed("hex index"), bytes, "{}", hex(&bytes));
        let entry: &[u8; Part::ENTRY_BYTES] = bytes[8..].try_into().unwrap();
        assert_eq!(Part::decode(entry), Some(part));
    }
}
