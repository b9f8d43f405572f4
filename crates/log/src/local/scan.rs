//! Reads a write-ahead segment's frames and tells a torn tail from damage.

use super::checksum::crc32c;
use super::frame::{BLOCK_BYTES, FrameHeader, HEADER_BYTES, next_start};
use super::mutants::{self, Mutant};

/// Which use of which file is scanned.
#[derive(Clone, Copy, Debug)]
pub struct Identity {
    /// The segment's incarnation.
    pub incarnation: u64,
    /// The place of its first byte.
    pub first_place: u64,
}

/// What a segment holds.
#[derive(Debug, Default)]
pub struct Scan {
    /// The whole frames that count, in order; where each begins is in its header.
    pub frames: Vec<FrameHeader>,
    /// Parts that were durable and cannot be read: from, to, in the file.
    pub damage: Vec<(u64, u64)>,
    /// Where the last frame that counts ends, rounded up to a block.
    pub end: u64,
    /// Whether something was written behind `end` that does not count.
    pub torn: bool,
}

/// Scans a segment's bytes from `from` on, where a group began. `durable` is a place that is known from elsewhere to have been durable: a later segment's beginning.
pub fn scan(bytes: &[u8], identity: Identity, from: u64, durable: u64) -> Scan {
    let mut scan = Scan::default();
    let mut at = from;
    loop {
        at = next_start(at);
        if let Some(header) = frame_at(bytes, identity, at) {
            at += header.frame_bytes();
            scan.frames.push(header);
            continue;
        }
        let whole = at.next_multiple_of(BLOCK_BYTES).min(bytes.len() as u64);
        match resume(bytes, identity, at) {
            Resume::At(next) => {
                scan.damage.push((at, next));
                at = next;
            }
            Resume::Never { torn } => {
                let known = durable.saturating_sub(identity.first_place).min(bytes.len() as u64);
                if known > whole {
                    scan.damage.push((at, known));
                }
                scan.torn = torn && known <= whole;
                scan.end = whole.max(known);
                return scan;
            }
        }
    }
}

/// The whole frame that begins there.
pub fn frame_at(bytes: &[u8], identity: Identity, at: u64) -> Option<FrameHeader> {
    let start = usize::try_from(at).ok()?;
    let header = FrameHeader::decode(bytes.get(start..)?)?;
    let ours = header.incarnation == identity.incarnation && header.place == identity.first_place + at;
    let body = bytes.get(start + HEADER_BYTES..)?.get(..header.body_bytes as usize)?;
    let ours = ours || mutants::is(Mutant::RecycledFrameIsLive);
    (ours && crc32c(body) == header.body_crc).then_some(header)
}

enum Resume {
    /// What stands before this block was durable and is damaged.
    At(u64),
    /// Nothing behind it counts.
    Never { torn: bool },
}

/// Whether a block behind `damaged` begins with a frame that says that what stands there was durable.
fn resume(bytes: &[u8], identity: Identity, damaged: u64) -> Resume {
    let mut torn = false;
    let mut first_whole = None;
    let mut block = damaged - damaged % BLOCK_BYTES;
    if damaged == block {
        torn |= bytes.get(block as usize..).is_some_and(|b| FrameHeader::looks_like(b, identity.incarnation));
    } else {
        torn |=
            bytes.get(damaged as usize..).is_some_and(|b| FrameHeader::looks_like(b, identity.incarnation));
    }
    loop {
        block += BLOCK_BYTES;
        let Some(rest) = usize::try_from(block).ok().and_then(|b| bytes.get(b..)).filter(|r| !r.is_empty())
        else {
            return Resume::Never { torn };
        };
        if !FrameHeader::looks_like(rest, identity.incarnation) {
            continue;
        }
        torn = true;
        let Some(header) = frame_at(bytes, identity, block) else {
            continue;
        };
        if header.durable > identity.first_place + damaged {
            return Resume::At(first_whole.filter(|w| *w > damaged).unwrap_or(block));
        }
        first_whole.get_or_insert(block);
    }
}
