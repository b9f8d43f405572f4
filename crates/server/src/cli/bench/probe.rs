//! What the disk alone takes to make 4 KiB durable: the figure that latencies are judged against.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

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

fn fill(file: &mut File) -> io::Result<()> {
    file.write_all_at(&vec![0; (WRITES * BLOCK_BYTES) as usize], 0)?;
    file.sync_all()
}
