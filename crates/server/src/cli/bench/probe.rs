//! What the machine gives at the moment: the disk's fdatasync, which latencies are judged against, and the processor's SHA-256, which
//! is the floor under signed requests and tells how fast the processor is beside what else runs on it.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

use anabranch_wire::sigv4::sha256;

use super::cost;
use super::figures::Latencies;

const BLOCK_BYTES: u64 = 4096;
const WRITES: u64 = 400;
/// Between two writes, so that the probe itself does not fill the disk's queue.
const PAUSE: Duration = Duration::from_millis(1);

/// Times fdatasync after each of 400 writes of 4 KiB into a file in `dir` that was filled with zeros before.
pub(super) fn probe(dir: &Path) -> io::Result<Latencies> {
    let mut file = tempfile::tempfile_in(dir)?;
    fill(&mut file)?;
    let block = [0x5a; BLOCK_BYTES as usize];
    let mut latencies = Latencies::default();
    for at in 0..WRITES {
        let begun = Instant::now();
        file.write_all_at(&block, at * BLOCK_BYTES)?;
        file.sync_data()?;
        latencies.note(begun.elapsed());
        std::thread::sleep(PAUSE);
    }
    Ok(latencies)
}

/// What is hashed for the processor's speed.
const HASHED_BYTES: usize = 1_048_576;
const HASHED_TIMES: u32 = 200;

/// Processor time of SHA-256 of one KiB, in nanoseconds, by the clock that servers are measured with.
pub(super) fn sha256_nanos_per_kib() -> Option<f64> {
    let bytes = vec![0x5a; HASHED_BYTES];
    let own = std::process::id();
    let before = cost::cpu(own)?;
    let mut sum = [0; 32];
    for _ in 0..HASHED_TIMES {
        sum = std::hint::black_box(sha256(std::hint::black_box(&bytes)));
    }
    std::hint::black_box(sum);
    let took = cost::cpu(own)?.saturating_sub(before);
    Some(took.as_nanos() as f64 / f64::from(HASHED_TIMES) / (HASHED_BYTES / 1024) as f64)
}

fn fill(file: &mut File) -> io::Result<()> {
    file.write_all_at(&vec![0; (WRITES * BLOCK_BYTES) as usize], 0)?;
    file.sync_all()
}
