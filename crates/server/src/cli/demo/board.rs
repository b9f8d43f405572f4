//! What was sent and what was read so far, by shard: written by senders and readers, looked at by the table and the verdict.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Instant;

use anabranch_api::kinesis::Record;
use anabranch_types::{SequenceNumber, ShardId};
use tokio::sync::Notify;

use super::latency::{Histogram, Pairing};
use super::tally::{Tally, Total, keys_that_differ};
use crate::cli::put_records::Acknowledged;

/// Shared by everybody in the demo.
#[derive(Debug, Default)]
pub(super) struct Board {
    state: Mutex<State>,
    /// Told whenever something was read.
    read: Notify,
}

#[derive(Debug, Default)]
struct State {
    shards: BTreeMap<ShardId, Shard>,
    refusals: u64,
}

#[derive(Debug, Default)]
struct Shard {
    sent: Tally,
    sent_through: Option<SequenceNumber>,
    read: Tally,
    read_through: Option<SequenceNumber>,
    pairing: Pairing,
}

/// One shard, or all of them, at one moment.
#[derive(Clone, Debug, Default)]
pub(super) struct Count {
    pub(super) sent: u64,
    pub(super) read: u64,
    pub(super) read_bytes: u64,
    pub(super) latencies: Histogram,
}

/// How what was read compares with what was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) sent: Total,
    pub(super) read: Total,
    /// Partition keys whose records came in another order, or are not the same.
    pub(super) keys_that_differ: usize,
}

impl Verdict {
    /// Whether the same records came back, in the same order per key.
    pub(super) fn is_equal(&self) -> bool {
        self.sent == self.read && self.keys_that_differ == 0
    }
}

impl Board {
    /// A record was acknowledged. Of one shard they are told in the order of their numbers.
    pub(super) fn sent(&self, acknowledged: &Acknowledged<'_>) {
        let mut state = self.state();
        let shard = state.shards.entry(acknowledged.shard).or_default();
        let entry = acknowledged.entry;
        shard.sent.add(entry.partition_key.as_deref().unwrap_or_default(), &entry.data);
        shard.sent_through = shard.sent_through.max(Some(acknowledged.sequence_number));
        shard.pairing.sent(acknowledged.sent);
    }

    /// So many records were refused, and will be sent again.
    pub(super) fn refused(&self, records: u64) {
        self.state().refusals += records;
    }

    /// Records of a shard came back, at `now`.
    pub(super) fn read(&self, shard: ShardId, records: &[Record], now: Instant) {
        let mut state = self.state();
        let shard = state.shards.entry(shard).or_default();
        for record in records {
            shard.read.add(record.partition_key.as_deref().unwrap_or_default(), &record.data);
            shard.read_through = shard.read_through.max(Some(record.sequence_number));
            shard.pairing.read(now);
        }
        drop(state);
        self.read.notify_waiters();
    }

    /// Waits until of every shard the last record acknowledged was read. Every sender must have ended.
    pub(super) async fn caught_up(&self) {
        loop {
            let next = self.read.notified();
            if self.state().shards.values().all(|shard| shard.read_through >= shard.sent_through) {
                return;
            }
            next.await;
        }
    }

    /// How many records were read, for whoever waits for progress.
    pub(super) fn records_read(&self) -> u64 {
        self.state().shards.values().map(|shard| shard.read.records()).sum()
    }

    /// How many refusals there were.
    pub(super) fn refusals(&self) -> u64 {
        self.state().refusals
    }

    /// The shards that appeared so far, in the order of their ids.
    pub(super) fn counts(&self) -> Vec<(ShardId, Count)> {
        let count = |shard: &Shard| Count {
            // What came back is in, even if the answer that says so is still on its way.
            sent: shard.sent.records().max(shard.read.records()),
            read: shard.read.records(),
            read_bytes: shard.read.bytes(),
            latencies: shard.pairing.latencies.clone(),
        };
        self.state().shards.iter().map(|(id, shard)| (*id, count(shard))).collect()
    }

    /// The comparison, as things stand.
    pub(super) fn verdict(&self) -> Verdict {
        let state = self.state();
        Verdict {
            sent: Total::of(state.shards.values().map(|shard| &shard.sent)),
            read: Total::of(state.shards.values().map(|shard| &shard.read)),
            keys_that_differ: state.shards.values().map(|s| keys_that_differ(&s.sent, &s.read)).sum(),
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics while holding the board")
    }
}

impl Count {
    /// All shards together.
    pub(super) fn sum<'a>(counts: impl IntoIterator<Item = &'a Count>) -> Self {
        counts.into_iter().fold(Self::default(), |mut sum, count| {
            sum.sent += count.sent;
            sum.read += count.read;
            sum.read_bytes += count.read_bytes;
            sum.latencies.merge(&count.latencies);
            sum
        })
    }
}
