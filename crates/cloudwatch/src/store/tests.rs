use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anabranch_api::cloudwatch::StandardUnit;
use anabranch_catalog::SqliteCatalog;
use anabranch_log::disk::RealDisk;
use anabranch_log::local::{LocalLog, Options, Prepare, SEGMENT_BYTES_MIN};
use anabranch_types::{AccountId, Clock, Region, Rng, Timestamp};

use super::room::{METRICS_MAX, RECENT_BYTES_MAX};
use super::run::Level;
use super::{Place, Store};
use crate::datum::{Datum, Measured, Metric};
use crate::grid::{Aggregation, Grid};
use crate::summary::Summary;

/// 2027-01-15T08:00:00Z, the beginning of an hour.
const T0: i64 = 1_800_000_000;
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
const METRICS: usize = 4;

/// A store over a directory, and all that was ever put into it.
struct Fixture {
    log: Arc<LocalLog>,
    store: Store,
    clock: Clock,
    account: AccountId,
    region: Region,
    put: Vec<Datum>,
}

impl Fixture {
    fn open(directory: &Path, clock: Clock, put: Vec<Datum>) -> Self {
        let disk = Arc::new(RealDisk::open(directory.join("log")).unwrap());
        let options = Options {
            clock: clock.clone(),
            prepare: Prepare::WhenNeeded,
            segment_bytes: SEGMENT_BYTES_MIN,
            ..Options::default()
        };
        let log = Arc::new(LocalLog::open(disk, options).unwrap());
        let catalog = Arc::new(SqliteCatalog::open(&directory.join("catalog.db")).unwrap());
        Self {
            store: Store::new(log.clone(), catalog),
            log,
            clock,
            account: "111111111111".parse().unwrap(),
            region: Region::parse("us-east-1").unwrap(),
            put,
        }
    }

    fn new(directory: &Path) -> Self {
        Self::open(directory, Clock::standing(Timestamp::from_seconds(T0)), vec![])
    }

    fn reopened(self, directory: &Path) -> Self {
        let Self { log, store, clock, put, .. } = self;
        drop((log, store));
        Self::open(directory, clock, put)
    }

    fn place(&self) -> Place<'_> {
        Place::of(self.account, &self.region, "App")
    }

    fn now(&self) -> i64 {
        self.clock.now().seconds()
    }

    async fn put(&mut self, data: Vec<Datum>) {
        self.store.append(&self.place(), data.clone(), self.clock.now()).await.unwrap();
        self.put.extend(data);
    }

    /// Goes on in time and does what is to be done then.
    async fn advance(&self, seconds: i64) {
        self.clock.advance_to(Timestamp::from_seconds(self.now() + seconds));
        self.store.hourly(self.clock.now()).await;
    }

    async fn read(&self, metric: &Metric, grid: Grid) -> BTreeMap<(i64, String), Summary> {
        let mut aggregation = Aggregation::over(grid);
        let add = |at, unit: StandardUnit, summary: &Summary| {
            aggregation.add(at, unit, summary);
        };
        self.store.read(&self.place(), metric, grid, self.clock.now(), add).await.unwrap();
        told(&aggregation)
    }

    /// The same from all that was put.
    fn expected(&self, metric: &Metric, grid: Grid) -> BTreeMap<(i64, String), Summary> {
        let mut aggregation = Aggregation::over(grid);
        for datum in self.put.iter().filter(|datum| datum.metric == *metric) {
            aggregation.add(datum.at, datum.unit, &Summary::of(&datum.measured).unwrap());
        }
        told(&aggregation)
    }

    async fn check(&self, from: i64, until: i64, period: i64) {
        for n in 0..METRICS {
            let seconds = Timestamp::from_seconds;
            let grid = Grid::aligned(seconds(from), seconds(until), period);
            let (metric, at) = (metric(n), self.now() - T0);
            assert_eq!(
                self.read(&metric, grid).await,
                self.expected(&metric, grid),
                "{period} s, metric {n}, {at} s in"
            );
        }
    }

    async fn levels(&self) -> Vec<(Level, u64, u64)> {
        let room = self.store.room(&self.place().key()).await.unwrap().unwrap();
        let memory = room.memory();
        memory.runs.iter().map(|run| (run.level, run.covers.start, run.covers.end)).collect()
    }
}

fn told(aggregation: &Aggregation<StandardUnit>) -> BTreeMap<(i64, String), Summary> {
    let periods = aggregation.periods();
    periods.map(|(at, unit, summary)| ((at.seconds(), unit.as_str().to_owned()), summary.clone())).collect()
}

fn metric(n: usize) -> Metric {
    Metric::new("App".into(), format!("m{n}").into(), None)
}

/// Integers, whose sums do not depend on the order.
fn datum(n: usize, at: i64, resolution_seconds: u8, value: i64) -> Datum {
    let step = i64::from(resolution_seconds);
    Datum {
        metric: metric(n),
        unit: if value % 2 == 0 { StandardUnit::Count } else { StandardUnit::Bytes },
        at: Timestamp::from_seconds(at.div_euclid(step) * step),
        resolution_seconds,
        measured: Measured::Values(vec![(value as f64, 1.0), ((value % 7) as f64, 2.0)]),
    }
}

#[tokio::test]
async fn what_was_put_is_read_whatever_run_it_is_in() {
    let directory = tempfile::tempdir().unwrap();
    let mut f = Fixture::new(directory.path());
    let rng = Rng::seeded(7);
    let draw = |below: u64| (rng.u64() % below) as i64;
    for step in 0..70 {
        let mut data = Vec::new();
        for _ in 0..40 {
            let late = if draw(10) == 0 { draw(3 * DAY as u64) } else { draw(HOUR as u64) };
            let resolution = if draw(4) == 0 { 1 } else { 60 };
            data.push(datum(draw(METRICS as u64) as usize, f.now() - late, resolution, draw(1000)));
        }
        f.put(data).await;
        if draw(5) == 0 {
            f = f.reopened(directory.path());
        }
        f.check(f.now() - 3 * HOUR, f.now() + 60, 1).await;
        // Hours at first, then several at once: some data are younger than others when they are merged.
        f.advance(if step < 40 { HOUR } else { 5 * HOUR }).await;
        if step % 9 == 0 {
            for period in [60, 300, 3600, 7200] {
                f.check(T0 - 3 * DAY, f.now() + 60, period).await;
                f.check(T0 + 10 * HOUR + 60, f.now() - 7 * HOUR, period).await;
            }
        }
    }
    f = f.reopened(directory.path());
    f.check(T0 - 3 * DAY, f.now(), 60).await;
    let levels: Vec<Level> = f.levels().await.into_iter().map(|(level, ..)| level).collect();
    for level in Level::ALL {
        assert!(levels.contains(&level), "{level:?} of {levels:?}");
    }
    assert!(levels.len() < 40, "{levels:?}");
}

#[tokio::test]
async fn old_runs_go_and_with_them_their_bytes() {
    let directory = tempfile::tempdir().unwrap();
    let mut f = Fixture::new(directory.path());
    f.put((0..600).map(|n| datum(0, T0 - n * 60, 60, n)).collect()).await;
    f.advance(HOUR).await;
    assert_eq!(f.levels().await, [(Level::Hour, 0, 1)]);
    f.advance(10 * HOUR).await;
    assert_eq!(f.levels().await, [(Level::Quarter, 0, 1)]);
    f.advance(DAY).await;
    assert_eq!(f.levels().await, [(Level::Day, 0, 1), (Level::FiveMinutes, 0, 1), (Level::Hourly, 0, 1)]);
    f.check(T0 - DAY, T0 + 60, 60).await;
    f.advance(15 * DAY).await;
    assert_eq!(f.levels().await, [(Level::FiveMinutes, 0, 1), (Level::Hourly, 0, 1)]);
    f.check(T0 - DAY, T0 + 60, 300).await;
    let grid = |period| Grid::aligned(Timestamp::from_seconds(T0 - DAY), Timestamp::from_seconds(T0), period);
    assert!(f.read(&metric(0), grid(60)).await.is_empty(), "too old for minutes");
    f.advance(60 * DAY).await;
    assert_eq!(f.levels().await, [(Level::Hourly, 0, 1)]);
    f = f.reopened(directory.path());
    f.check(T0 - DAY, T0 + 60, 3600).await;
    assert!(f.read(&metric(0), grid(300)).await.is_empty(), "too old for five minutes");
    f.advance(400 * DAY).await;
    assert_eq!(f.levels().await, []);
    f.advance(HOUR).await;
    let room = f.store.room(&f.place().key()).await.unwrap().unwrap();
    let levels = room.memory().levels.clone();
    for (level, log) in levels {
        use anabranch_log::{ReadFrom, RecordLog as _};
        let start = anabranch_log::Position::default();
        let read = f.log.read(log, ReadFrom::Position(start), super::logs::READ).await.unwrap();
        assert_eq!(read.records.len(), 0, "{level:?}");
    }
    f.put(vec![datum(1, f.now(), 60, 5)]).await;
    f.check(f.now() - 60, f.now() + 60, 60).await;
}

#[tokio::test]
async fn a_start_reads_no_more_than_what_is_in_no_run() {
    let directory = tempfile::tempdir().unwrap();
    let mut f = Fixture::new(directory.path());
    for n in 0..5 {
        f.put(vec![datum(n % METRICS, f.now(), 60, 3)]).await;
        f.advance(HOUR).await;
    }
    f.put(vec![datum(1, f.now(), 60, 9)]).await;
    f = f.reopened(directory.path());
    f.check(T0 - HOUR, f.now() + 60, 60).await;
    let room = f.store.room(&f.place().key()).await.unwrap().unwrap();
    let in_memory: usize = room.memory().recent.series().map(|(_, points)| points.len()).sum();
    assert_eq!(in_memory, 1);
}

#[tokio::test]
async fn snapshots_keep_what_is_used_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let mut f = Fixture::new(directory.path());
    f.put(vec![datum(0, T0, 60, 3)]).await;
    for _ in 0..40 {
        f.advance(12 * DAY).await;
    }
    f.put(vec![datum(1, f.now(), 60, 3)]).await;
    f.advance(HOUR).await;
    let room = f.store.room(&f.place().key()).await.unwrap().unwrap();
    room.upkeep.lock().await.snapshot(&room).await.unwrap();
    assert_eq!(room.memory().metrics(), 1, "the first has no points any more");
    drop(room);
    f.clock.advance_to(f.clock.now() + Duration::from_secs(1));
    f.put(vec![datum(2, f.now(), 60, 4)]).await;
    f.advance(HOUR).await;
    f = f.reopened(directory.path());
    f.check(f.now() - DAY, f.now() + 60, 60).await;
    let room = f.store.room(&f.place().key()).await.unwrap().unwrap();
    assert_eq!(room.memory().metrics(), 2);
}

#[tokio::test]
async fn data_are_written_to_a_run_before_they_take_more_memory_than_they_may() {
    const CALLS: usize = 30;
    const METRICS: usize = 1000;
    const VALUES: u32 = 150;
    let directory = tempfile::tempdir().unwrap();
    let f = Fixture::new(directory.path());
    let measured = Measured::Values((0..VALUES).map(|value| (f64::from(value), 1.0)).collect());
    let (mut most, mut all, mut before) = (0, 0, 0);
    for call in 0..CALLS {
        let data = (0..METRICS).map(|n| Datum {
            metric: metric(n),
            unit: StandardUnit::Count,
            at: Timestamp::from_seconds(T0 + 60 * call as i64),
            resolution_seconds: 60,
            measured: measured.clone(),
        });
        f.store.append(&f.place(), data.collect(), f.clock.now()).await.unwrap();
        let room = f.store.room(&f.place().key()).await.unwrap().unwrap();
        let bytes = room.memory().recent.bytes();
        all += bytes.saturating_sub(before);
        (most, before) = (most.max(bytes), bytes);
    }
    let of_a_call = METRICS * (VALUES as usize * 16 + 128);
    assert!(most <= RECENT_BYTES_MAX + of_a_call && all > RECENT_BYTES_MAX, "{most} at the most of {all}");
    assert_eq!(f.levels().await.len(), 1);
    let seconds = Timestamp::from_seconds;
    let read = f.read(&metric(7), Grid::aligned(seconds(T0), seconds(T0 + 3600), 60)).await;
    let counts: Vec<f64> = read.values().map(|summary| summary.samples).collect();
    assert_eq!(counts, vec![f64::from(VALUES); CALLS]);
}

#[tokio::test]
async fn metrics_too_many_are_refused_and_those_that_are_there_go_on() {
    let directory = tempfile::tempdir().unwrap();
    let f = Fixture::new(directory.path());
    let put = async |from: usize, count: usize| {
        let data = (from..from + count).map(|n| datum(n, T0, 60, 2)).collect();
        f.store.append(&f.place(), data, f.clock.now()).await
    };
    for thousand in 0..METRICS_MAX / 1000 {
        put(thousand * 1000, 1000).await.unwrap();
    }
    let refused = put(METRICS_MAX, 1).await.map_err(anabranch_api::ApiError::from);
    assert_eq!(refused.unwrap_err().code, "LimitExceededFault");
    assert!(put(METRICS_MAX - 1, 2).await.is_err(), "all of a call or none");
    put(METRICS_MAX - 1000, 1000).await.unwrap();
    let room = f.store.room(&f.place().key()).await.unwrap().unwrap();
    assert_eq!(room.memory().metrics(), METRICS_MAX);
}
