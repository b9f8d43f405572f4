//! 10,000 metrics over 14 days by the minute, written by the store's own writer, how long GetMetricData takes for 100 of them over a day, and how much
//! memory all of it.
//! `cargo test --release -p anabranch-cloudwatch at_scale -- --ignored --nocapture`; docs/performance.md has what it said.

use std::sync::Arc;
use std::time::Instant;

use anabranch_api::cloudwatch::{Metric as Named, MetricDataQuery, MetricStat};
use anabranch_catalog::SqliteCatalog;
use anabranch_log::RecordLog as _;
use anabranch_log::disk::RealDisk;
use anabranch_log::local::{LocalLog, Options};
use anabranch_types::{AccountId, Clock, Region, Rng, Timestamp};

use super::room::Room;
use super::run::Level;
use super::{Place, Store};
use crate::datum::{Datum, Measured, Metric};
use crate::evaluate::{Evaluator, TimeRange};

const METRICS: usize = 10_000;
const DAYS: i64 = 14;
const ASKED: usize = 100;
const DAY: i64 = 86_400;
const DAYS_LEVELS: [Level; 3] = [Level::Day, Level::FiveMinutes, Level::Hourly];
/// What 100 metrics over a day may take.
const MILLIS_MAX: u128 = 100;
/// What the process may have resident at the most: what `memory` keeps of young runs, and as much again for all else.
const RESIDENT_MIB_MAX: u64 = 256;

/// A line of `/proc/self/status`, in MiB (proc_pid_status(5)).
fn status_mib(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() / 1024
}

fn metric(n: usize) -> Metric {
    Metric::new("AtScale".into(), format!("metric-{n:05}").into(), None)
}

fn query(n: usize) -> MetricDataQuery {
    let name = metric(n).name().clone();
    let named = Named { namespace: Some("AtScale".into()), metric_name: Some(name), dimensions: None };
    let stat = MetricStat { metric: named, period: 60, stat: "Average".into(), unit: None };
    MetricDataQuery { id: format!("m{n}").into(), metric_stat: Some(stat), ..MetricDataQuery::default() }
}

/// One data point of each metric, so that each has its number.
async fn introduce(store: &Store, place: &Place<'_>, now: Timestamp) {
    let data = (0..METRICS).map(|n| Datum {
        metric: metric(n),
        unit: anabranch_api::cloudwatch::StandardUnit::Count,
        at: now,
        resolution_seconds: 60,
        measured: Measured::Values(vec![(1.0, 1.0)]),
    });
    let data: Vec<_> = data.collect();
    for some in data.chunks(1000) {
        store.append(place, some.to_vec(), now).await.unwrap();
    }
}

/// A value to three decimals for each minute of a day, of each metric.
async fn seed(room: &Room, first_day: i64, rng: &Rng) {
    for day in 0..DAYS {
        let from = first_day + day * DAY;
        let mut upkeep = room.upkeep.lock().await;
        let points = |_: u32| {
            let value = |_| (rng.u64() % 1_000_000) as f64 / 1000.0;
            (0..1440)
                .map(|minute| ((from + minute * 60, 15), crate::summary::Summary::value(value(minute), 1.0)))
                .collect()
        };
        let arrived = Timestamp::from_seconds(from + DAY);
        upkeep.write_day(room, METRICS as u32, &points, &DAYS_LEVELS, arrived).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "minutes of seeding: the slice metrics-at-scale runs it"]
async fn a_hundred_metrics_over_a_day_are_told_within_a_tenth_of_a_second_at_scale() {
    let directory = tempfile::tempdir().unwrap();
    let log = Arc::new(
        LocalLog::open(Arc::new(RealDisk::open(directory.path().join("log")).unwrap()), Options::default())
            .unwrap(),
    );
    let catalog = Arc::new(SqliteCatalog::open(&directory.path().join("catalog.db")).unwrap());
    let store = Arc::new(Store::new(log.clone(), catalog.clone()));
    let (account, region): (AccountId, _) =
        ("111111111111".parse().unwrap(), Region::parse("us-east-1").unwrap());
    let place = Place::of(account, &region, "AtScale");
    let now = Clock::machine_now();
    let today = now.seconds().div_euclid(DAY) * DAY;
    introduce(&store, &place, now).await;
    let room = store.room(&place.key()).await.unwrap().unwrap();
    room.upkeep.lock().await.flush_arrived(&room, now).await.unwrap();
    let began = Instant::now();
    seed(&room, today - DAYS * DAY, &Rng::seeded(1)).await;
    println!("seeded {METRICS} metrics x {DAYS} days of minutes in {:.0?}", began.elapsed());
    log.checkpoint().await.unwrap();
    println!("resident while seeding: at most {} MiB", status_mib("VmHWM"));
    drop((room, store));
    // From here on the greatest is counted anew (proc_pid_clear_refs(5)).
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    println!("resident before opening: {} MiB", status_mib("VmRSS"));

    let began = Instant::now();
    let store = Arc::new(Store::new(log.clone(), catalog));
    store.room(&place.key()).await.unwrap().unwrap();
    println!("opened in {:.0?}", began.elapsed());
    let evaluator = Evaluator::new(store);
    let mut worst = 0;
    for (what, step) in [("neighbours", 1), ("scattered", METRICS / ASKED)] {
        let mut millis = Vec::new();
        for turn in 0..10 {
            let start = Timestamp::from_seconds(today - (turn % DAYS + 1) * DAY + 6 * 3600);
            let end = Timestamp::from_seconds((start.seconds() + DAY).min(today));
            let queries: Vec<_> = (0..ASKED).map(|n| query(n * step + turn as usize)).collect();
            let began = Instant::now();
            let series =
                evaluator.query(account, &region, &queries, TimeRange { start, end, now }).await.unwrap();
            millis.push(began.elapsed().as_millis());
            let minutes = (end.seconds() - start.seconds()) / 60;
            assert!(series.iter().all(|series| series.points.len() as i64 == minutes));
        }
        millis.sort_unstable();
        println!("{ASKED} metrics over a day, {what}: median {} ms, worst {} ms", millis[5], millis[9]);
        worst = worst.max(millis[5]);
    }
    let resident = status_mib("VmHWM");
    println!("resident while opening and answering: at most {resident} MiB");
    log.shut_down().await.unwrap();
    assert!(resident < RESIDENT_MIB_MAX, "{resident} MiB are resident");
    assert!(worst < MILLIS_MAX, "the median is {worst} ms");
}
