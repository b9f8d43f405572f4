use std::io;

use super::checksum::crc32c;
use super::frame::{u16_at, u32_at};
use super::replace::replace;
use crate::Timeline;
use crate::disk::Disk;

const NAME: &str = "state";
const MAGIC: [u8; 4] = *b"ABRs";
const VERSION: u32 = 1;
const BYTES: usize = 32;
const IN_DOUBT: u16 = 1;

/// What a directory knows of itself besides its records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// The directory's timeline counter.
    pub timeline: Timeline,
    /// Positions may have been given that are lost: the next start's first append begins a new timeline. Set before a torn tail is
    /// cut and before the first append that is acknowledged before it is durable; cleared by a clean stop.
    pub in_doubt: bool,
}

/// The state a directory is in; `None` for a directory that is new.
pub fn load(disk: &dyn Disk) -> io::Result<Option<State>> {
    let file = match disk.open(NAME) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(e),
    };
    let mut bytes = [0; BYTES];
    file.read_at(&mut bytes, 0)?;
    decode(&bytes).map(Some)
}

/// Replaces the state; durable when this returns.
pub fn store(disk: &dyn Disk, state: State) -> io::Result<()> {
    replace(disk, NAME, &encode(state))
}

fn encode(state: State) -> [u8; BYTES] {
    let mut out = [0; BYTES];
    out[..4].copy_from_slice(&MAGIC);
    out[4..8].copy_from_slice(&VERSION.to_le_bytes());
    out[8..10].copy_from_slice(&state.timeline.0.to_le_bytes());
    out[10..12].copy_from_slice(&if state.in_doubt { IN_DOUBT } else { 0 }.to_le_bytes());
    let crc = crc32c(&out[..BYTES - 4]);
    out[BYTES - 4..].copy_from_slice(&crc.to_le_bytes());
    out
}

fn decode(bytes: &[u8; BYTES]) -> io::Result<State> {
    if bytes[..4] != MAGIC || u32_at(bytes, BYTES - 4) != crc32c(&bytes[..BYTES - 4]) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the file `state` is damaged"));
    }
    if u32_at(bytes, 4) != VERSION {
        return Err(io::Error::new(
            io::ErrorKind::Unsupported,
            format!(
                "the directory was written in format {}, this program knows {VERSION}: use a newer one",
                u32_at(bytes, 4)
            ),
        ));
    }
    Ok(State { timeline: Timeline(u16_at(bytes, 8)), in_doubt: u16_at(bytes, 10) & IN_DOUBT != 0 })
}
