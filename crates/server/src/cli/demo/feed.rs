//! Lines into the stream, as fast as its shards allow: one lane per shard, as the Kinesis Producer Library does it.
//!
//! A lane has one call under way at a time, so of one shard what is acknowledged is in the order of its numbers.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anabranch_api::kinesis::PutRecordsRequestEntry;
use anabranch_types::{HashKey, StreamName};
use md5::{Digest, Md5};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::board::Board;
use super::source::{Line, Lines};
use crate::cli::Failure;
use crate::cli::put_records::{self, PutError};
use crate::client::Kinesis;

/// What one shard takes per second (AWS: "Quotas and limits").
const SHARD_RECORDS_PER_SECOND: f64 = 1_000.0;
const SHARD_BYTES_PER_SECOND: f64 = 1_048_576.0;
/// How long lines are gathered for one call.
const GATHER: Duration = Duration::from_millis(25);
/// What a lane may make up for after a pause.
const CATCH_UP_MAX: Duration = Duration::from_millis(100);
/// Lines waiting for a lane.
const LINES_WAITING_MAX: usize = 256;

/// What feeding needs.
pub(super) struct Feed {
    pub(super) kinesis: Kinesis,
    pub(super) stream: StreamName,
    /// The last hash key of each shard, ascending.
    pub(super) shard_ends: Vec<HashKey>,
    pub(super) board: Arc<Board>,
    /// Turns true when nothing more shall be sent.
    pub(super) stop: watch::Receiver<bool>,
}

impl Feed {
    /// Sends the lines until they end or `stop` says so; done when everything sent is acknowledged.
    pub(super) async fn run(self, lines: Lines) -> Result<(), Failure> {
        let mut lanes = JoinSet::new();
        let mut entrances = Vec::new();
        for _ in &self.shard_ends {
            let (entrance, waiting) = mpsc::channel(LINES_WAITING_MAX);
            entrances.push(entrance);
            let (kinesis, stream) = (self.kinesis.clone(), self.stream.clone());
            let lane =
                Lane { kinesis, stream, board: Arc::clone(&self.board), stop: self.stop.clone(), waiting };
            lanes.spawn(lane.run());
        }
        let (ends, mut stop) = (self.shard_ends, self.stop);
        let (tell, told) = tokio::sync::oneshot::channel();
        // Reading may block for ever, as standard input does; then the thread ends with the process.
        thread::spawn(move || tell.send(hand_out(lines, &ends, &entrances)));
        while let Some(lane) = lanes.join_next().await {
            lane??;
        }
        if *stop.borrow_and_update() {
            return Ok(());
        }
        told.await?.map_err(|error| format!("cannot read the input: {error}").into())
    }
}

/// Gives each line to the lane of its shard, until the lines or the lanes end.
fn hand_out(mut lines: Lines, ends: &[HashKey], lanes: &[mpsc::Sender<Line>]) -> std::io::Result<()> {
    while let Some(line) = lines.next_line()? {
        let lane = lane_of(&line.partition_key, ends);
        if lanes[lane].blocking_send(line).is_err() {
            break;
        }
    }
    Ok(())
}

/// Which of the shards, by their last hash keys, takes this partition key (AWS: the MD5 of the key as a number of 128 bits).
fn lane_of(partition_key: &str, ends: &[HashKey]) -> usize {
    let hash = HashKey(u128::from_be_bytes(Md5::digest(partition_key.as_bytes()).into()));
    ends.partition_point(|end| *end < hash).min(ends.len() - 1)
}

struct Lane {
    kinesis: Kinesis,
    stream: StreamName,
    board: Arc<Board>,
    stop: watch::Receiver<bool>,
    waiting: mpsc::Receiver<Line>,
}

impl Lane {
    async fn run(mut self) -> Result<(), PutError> {
        let mut pace = Pace { free_at: Instant::now() };
        loop {
            let first = tokio::select! {
                biased;
                _ = self.stop.wait_for(|stop| *stop) => return Ok(()),
                line = self.waiting.recv() => match line {
                    Some(line) => line,
                    None => return Ok(()),
                },
            };
            tokio::time::sleep_until(pace.free_at.max(Instant::now() + GATHER)).await;
            let batch = self.batch(first);
            pace.spend(batch.len(), batch.iter().map(entry_bytes).sum(), Instant::now());
            let board = &self.board;
            let refusals =
                put_records::put_all(&self.kinesis, &self.stream, batch, |a| board.sent(&a)).await?;
            board.refused(refusals);
        }
    }

    /// The line and what waits behind it.
    fn batch(&mut self, first: Line) -> Vec<PutRecordsRequestEntry> {
        let mut batch = vec![entry(first)];
        let mut bytes = entry_bytes(&batch[0]);
        // The next line may be as long as a record.
        while batch.len() < put_records::RECORDS_MAX && bytes + RECORD_BYTES_MAX <= put_records::BYTES_MAX {
            let Ok(line) = self.waiting.try_recv() else { break };
            batch.push(entry(line));
            bytes += batch.last().map_or(0, entry_bytes);
        }
        batch
    }
}

/// AWS: PutRecordsRequestEntry, with its key.
const RECORD_BYTES_MAX: usize = 1_048_576;

fn entry(line: Line) -> PutRecordsRequestEntry {
    PutRecordsRequestEntry {
        data: line.data,
        partition_key: Some(line.partition_key),
        ..PutRecordsRequestEntry::default()
    }
}

fn entry_bytes(entry: &PutRecordsRequestEntry) -> usize {
    entry.data.len() + entry.partition_key.as_ref().map_or(0, |key| key.len())
}

/// When a lane may send again.
struct Pace {
    free_at: Instant,
}

impl Pace {
    /// So much is sent now: the lane is free again when the shard had the time for it.
    fn spend(&mut self, records: usize, bytes: usize, now: Instant) {
        let seconds = (records as f64 / SHARD_RECORDS_PER_SECOND).max(bytes as f64 / SHARD_BYTES_PER_SECOND);
        let earliest = now.checked_sub(CATCH_UP_MAX).unwrap_or(now);
        self.free_at = self.free_at.max(earliest) + Duration::from_secs_f64(seconds);
    }
}

#[cfg(test)]
mod tests {
    use anabranch_types::HashRange;

    use super::*;

    #[test]
    fn a_line_goes_to_the_shard_that_takes_its_key() {
        let ranges: Vec<HashRange> = HashRange::divide(3).collect();
        let ends: Vec<HashKey> = ranges.iter().map(|range| range.end).collect();
        let mut met = [0; 3];
        for number in 0..300 {
            let key = format!("key-{number}");
            let hash = HashKey(u128::from_be_bytes(Md5::digest(key.as_bytes()).into()));
            let lane = lane_of(&key, &ends);
            assert!(ranges[lane].contains(hash), "{key}");
            met[lane] += 1;
        }
        assert!(met.iter().all(|count| *count > 50), "{met:?}");
    }

    #[test]
    fn a_lane_keeps_to_what_its_shard_takes() {
        let start = Instant::now();
        let mut pace = Pace { free_at: start };
        pace.spend(500, 1_000, start);
        assert_eq!(pace.free_at, start + Duration::from_millis(500));
        pace.spend(1, 1_048_576, start + Duration::from_millis(500));
        assert_eq!(pace.free_at, start + Duration::from_millis(1_500));
        // After a long pause a tenth of a second is made up for, not everything.
        pace.spend(1_000, 0, start + Duration::from_secs(60));
        assert_eq!(pace.free_at, start + Duration::from_millis(60_900));
    }
}
