//! What the machine gives at the moment: the disk's fdatasync, which latencies are judged against, and the processor's SHA-256 and
//! AES-256-GCM, which are the floors under signed requests and sealed records and tell how fast the processor is beside what else runs on it.

use std::fs::File;
use std::hint::black_box;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

use anabranch_governance::kms::{DataKey, NONCE_BYTES, TAG_BYTES};
use anabranch_types::Rng;
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

/// What the processor works on, for its speed.
const WORKED_BYTES: usize = 1_048_576;
const WORKED_TIMES: u32 = 200;
const RECORD_BYTES: usize = 1024;

/// Processor time of SHA-256 of one KiB, in nanoseconds.
pub(super) fn sha256_nanos_per_kib() -> Option<f64> {
    let bytes = vec![0x5a; WORKED_BYTES];
    nanos_per_kib(|| {
        black_box(sha256(black_box(&bytes)));
    })
}

/// Processor time of sealing a record of one KiB with AES-256-GCM, in nanoseconds.
pub(super) fn aes_256_gcm_nanos_per_kib() -> Option<f64> {
    let bytes = vec![0x5a; WORKED_BYTES];
    let mut sealed = vec![0; RECORD_BYTES + TAG_BYTES];
    // Sealed for the time it takes; nobody sees it, so a nonce may serve twice.
    let key = DataKey::random(&Rng::system());
    nanos_per_kib(|| {
        for record in bytes.chunks_exact(RECORD_BYTES) {
            key.seal([0; NONCE_BYTES], &[], black_box(record), &mut sealed);
        }
        black_box(&sealed);
    })
}

/// By the clock that servers are measured with.
fn nanos_per_kib(mut work: impl FnMut()) -> Option<f64> {
    let own = std::process::id();
    let before = cost::cpu(own)?;
    (0..WORKED_TIMES).for_each(|_| work());
    let took = cost::cpu(own)?.saturating_sub(before);
    Some(took.as_nanos() as f64 / f64::from(WORKED_TIMES) / (WORKED_BYTES / 1024) as f64)
}

fn fill(file: &mut File) -> io::Result<()> {
    file.write_all_at(&vec![0; (WRITES * BLOCK_BYTES) as usize], 0)?;
    file.sync_all()
}
