//! On-demand capacity follows the traffic. Every minute each on-demand stream is looked at: its capacity shall be the greater of 4 MiB/s
//! and twice the greatest minute of the last 30 days. The hottest shard above half its capacity is split; two neighbours that were cold
//! for a day are merged as long as the shards left carry the capacity.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use anabranch_api::kinesis::Error;
use anabranch_types::{Due, HashKey, HashRange, Timestamp};

use crate::Streams;
use crate::changes::Draft;
use crate::limits::{SHARD_IN_BYTES_PER_SECOND, SHARDS_DEFAULT, WARM_THROUGHPUT_MIBPS_MAX};
use crate::reshard::{Piece, Plan};
use crate::stored::{Mode, Peak, Status};
use crate::stream::{Stream, View};

/// How often streams are looked at.
const INTERVAL: Duration = Duration::from_secs(60);
/// A peak counts for so many days.
const PEAK_DAYS: i64 = 30;
const DAY_MS: i64 = 24 * 3600 * 1000;
/// A shard is hot above half its capacity.
const HOT: u64 = SHARD_IN_BYTES_PER_SECOND / 2;
/// A shard is cold below a quarter of its capacity: two of them make one that is not hot.
const COLD: u64 = SHARD_IN_BYTES_PER_SECOND / 4;
/// Neighbours are merged after they were cold for so long.
const COLD_FOR: Duration = Duration::from_secs(24 * 3600);

/// An open shard's last minute.
#[derive(Clone, Copy, Debug)]
struct Load {
    piece: Piece,
    bytes_per_second: u64,
    cold_since: Option<Timestamp>,
}

/// What is to be done with a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Decision {
    Stay,
    Split(Piece),
    Merge(Piece, Piece),
}

/// `loads` stand in the order of their ranges; `shards_min` carry the capacity the stream shall have.
fn decide(loads: &[Load], shards_min: usize, now: Timestamp) -> Decision {
    let divisible = |l: &&Load| l.piece.range.end.0 - l.piece.range.start.0 > 1;
    let hot = loads.iter().filter(|l| l.bytes_per_second > HOT).filter(divisible);
    if let Some(hottest) = hot.max_by_key(|l| l.bytes_per_second)
        && loads.len() < WARM_THROUGHPUT_MIBPS_MAX as usize
    {
        return Decision::Split(hottest.piece);
    }
    if loads.len() <= shards_min {
        return Decision::Stay;
    }
    let cold = |l: &Load| l.cold_since.is_some_and(|since| since + COLD_FOR <= now);
    let pair = loads.windows(2).find(|pair| pair.iter().all(cold));
    pair.map_or(Decision::Stay, |pair| Decision::Merge(pair[0].piece, pair[1].piece))
}

/// The shards that carry what a stream shall be able to take.
fn shards_min(peaks: &[Peak], warm_mibps: Option<u32>, now: Timestamp) -> usize {
    let today = now.millis().div_euclid(DAY_MS);
    let recent = peaks.iter().filter(|p| p.day > today - PEAK_DAYS);
    let peak = recent.map(|p| p.bytes_per_second).max().unwrap_or(0);
    let for_peak = (2 * peak).div_ceil(SHARD_IN_BYTES_PER_SECOND);
    let shards = for_peak.max(u64::from(warm_mibps.unwrap_or(0))).max(u64::from(SHARDS_DEFAULT));
    usize::try_from(shards).unwrap_or(usize::MAX)
}

/// Notes today's peak if it is a greater one by a tenth, and forgets those that count no more; whether anything was noted.
fn note_peak(peaks: &mut Vec<Peak>, bytes_per_second: u64, now: Timestamp) -> bool {
    let day = now.millis().div_euclid(DAY_MS);
    let known = peaks.iter().find(|p| p.day == day).map_or(0, |p| p.bytes_per_second);
    if bytes_per_second <= known + known / 10 {
        return false;
    }
    peaks.retain(|p| p.day > day - PEAK_DAYS && p.day != day);
    peaks.push(Peak { day, bytes_per_second });
    true
}

impl Streams {
    /// Looks at one stream and does what is to be done with it.
    async fn scale(&self, stream: &Stream, elapsed_ms: u64, now: Timestamp) -> Result<(), Error> {
        let view = stream.view();
        let loads = loads(&view, elapsed_ms, now);
        if view.stored.mode != Mode::OnDemand || view.stored.status != Status::Active {
            return Ok(());
        }
        let total = loads.iter().map(|l| l.bytes_per_second).sum();
        let mut peaks = view.stored.peaks.clone();
        if note_peak(&mut peaks, total, now) {
            self.change(stream, |draft| {
                draft.stored.peaks = peaks.clone();
                Ok(())
            })
            .await?;
        }
        let decision = decide(&loads, shards_min(&peaks, view.stored.warm_mibps, now), now);
        if decision == Decision::Stay {
            return Ok(());
        }
        self.reshard(stream, |draft| {
            if still_possible(draft, decision) {
                let mut plan = Plan::new(draft.stored.next_shard);
                match decision {
                    Decision::Split(piece) => drop(plan.split(piece, middle(piece.range))),
                    Decision::Merge(lower, upper) => drop(plan.merge(lower, upper)),
                    Decision::Stay => {}
                }
                draft.begin_reshard(plan, self.transition_end(now));
            }
            Ok(())
        })
        .await
    }

    async fn scale_all(&self, elapsed_ms: u64, now: Timestamp) {
        for stream in self.directory.all() {
            if let Err(error) = self.scale(&stream, elapsed_ms, now).await {
                tracing::warn!(stream = %stream.arn, %error, "a stream could not be scaled");
            }
        }
    }
}

/// Whether the shards are still open that were looked at.
fn still_possible(draft: &Draft, decision: Decision) -> bool {
    let open = |p: Piece| draft.shards.iter().any(|s| s.index == p.index && s.closed.is_none());
    let active = draft.stored.status == Status::Active && draft.stored.mode == Mode::OnDemand;
    active
        && match decision {
            Decision::Stay => true,
            Decision::Split(piece) => open(piece),
            Decision::Merge(lower, upper) => open(lower) && open(upper),
        }
}

fn middle(range: HashRange) -> HashKey {
    HashKey(range.start.0 + (range.end.0 - range.start.0) / 2 + 1)
}

/// Takes the last minute's bytes of every open shard.
fn loads(view: &View, elapsed_ms: u64, now: Timestamp) -> Vec<Load> {
    let load = |shard: &Arc<crate::stream::Shard>| {
        let bytes = shard.live.put_bytes.swap(0, Ordering::Relaxed);
        let bytes_per_second = bytes.saturating_mul(1000) / elapsed_ms.max(1);
        Load {
            piece: Piece { index: shard.stored.index, range: shard.stored.range() },
            bytes_per_second,
            cold_since: shard.live.cold_since(bytes_per_second < COLD, now),
        }
    };
    view.open.iter().map(load).collect()
}

/// Scaling as work that falls due.
pub(crate) struct Scaling {
    streams: Arc<Streams>,
    last_ms: AtomicI64,
}

impl Scaling {
    pub fn new(streams: Arc<Streams>) -> Self {
        let now = streams.clock.now();
        Self { streams, last_ms: AtomicI64::new(now.millis()) }
    }

    fn last(&self) -> Timestamp {
        Timestamp::from_millis(self.last_ms.load(Ordering::Relaxed))
    }
}

impl Due for Scaling {
    fn next_due(&self) -> Option<Timestamp> {
        Some(self.last() + INTERVAL)
    }

    fn run(&self, now: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let elapsed_ms = now.millis_since(self.last());
        self.last_ms.store(now.millis(), Ordering::Relaxed);
        Box::pin(self.streams.scale_all(elapsed_ms, now))
    }

    /// It never becomes earlier.
    fn on_earlier(&self, _: Arc<dyn Fn() + Send + Sync>) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::{Bench, bench};

    /// A minute in which the stream is put `mibps` MiB a second, spread over its hash keys.
    async fn minute_of(bench: &Bench, mibps: u64) {
        let open = bench.streams.directory.all()[0].view().open.clone();
        for shard in &open {
            let range = shard.stored.range();
            let share = (range.end.0 - range.start.0) / (u128::MAX / 1_000_000);
            let bytes = mibps * 60 * 1024 * 1024 * u64::try_from(share).unwrap() / 1_000_000;
            shard.live.put_bytes.store(bytes.min(60 * SHARD_IN_BYTES_PER_SECOND), Ordering::Relaxed);
        }
        bench.advance(INTERVAL).await;
    }

    fn open_shards(bench: &Bench) -> usize {
        bench.streams.directory.all()[0].view().open.len()
    }

    #[tokio::test]
    async fn a_stream_grows_with_its_traffic_and_shrinks_a_month_later() {
        let bench = bench().await;
        bench.create_on_demand("s").await;
        for _ in 0..20 {
            minute_of(&bench, 7).await;
        }
        assert_eq!(open_shards(&bench), 16);
        let bench = bench.restarted().await;
        bench.advance(Duration::from_secs(2 * 24 * 3600)).await;
        assert!(open_shards(&bench) >= 14, "twice the peak is kept");
        bench.advance(Duration::from_secs(30 * 24 * 3600)).await;
        assert_eq!(open_shards(&bench), 4);
    }

    #[tokio::test]
    async fn a_provisioned_stream_stays_as_it_is() {
        let bench = bench().await;
        bench.create("s", 1).await;
        for _ in 0..3 {
            minute_of(&bench, 10).await;
        }
        assert_eq!(open_shards(&bench), 1);
    }

    #[test]
    fn a_peak_is_noted_when_it_grows_and_forgotten_after_thirty_days() {
        let day = |n: i64| Timestamp::from_millis(n * DAY_MS);
        let mut peaks = Vec::new();
        assert!(note_peak(&mut peaks, 100, day(1)));
        assert!(!note_peak(&mut peaks, 109, day(1)));
        assert!(note_peak(&mut peaks, 120, day(1)));
        assert!(note_peak(&mut peaks, 10, day(2)));
        assert_eq!(peaks.len(), 2);
        let mib = SHARD_IN_BYTES_PER_SECOND;
        let peaks = [Peak { day: 1, bytes_per_second: 3 * mib }];
        assert_eq!(shards_min(&peaks, None, day(30)), 6);
        assert_eq!(shards_min(&peaks, None, day(31)), 4);
        assert_eq!(shards_min(&peaks, Some(9), day(31)), 9);
    }
}
