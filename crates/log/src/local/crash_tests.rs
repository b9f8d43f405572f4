//! Random work on a simulated disk whose power is cut at a step, checked against a model after each recovery.

mod model;
mod work;

use std::sync::Arc;
use std::time::Duration;

use anabranch_types::Clock;

use super::{Durability, LocalLog, OpenError, Options, Prepare};
use crate::conformance::block_on;
use crate::disk::SimulatedDisk;
use model::Model;
use work::{Ended, Work};

const SEGMENT_BYTES: u64 = 64 * 1024;
const OPERATIONS: u64 = 14;

fn options(durability: Durability, clock: &Clock) -> Options {
    Options {
        durability,
        first_segment_bytes: SEGMENT_BYTES,
        segment_bytes: SEGMENT_BYTES,
        tail_bytes_max: 16 * 1024,
        checkpoint_bytes: u64::MAX,
        ahead_bytes_max: u64::MAX,
        history_segment_bytes: 24 * 1024,
        history_segment_span: Duration::from_millis(500),
        index_bytes_max: 1000,
        prepare: Prepare::WhenNeeded,
        clock: clock.clone(),
        ..Options::default()
    }
}

/// Which faults a run meets between its pieces of work.
#[derive(Clone, Copy, Debug)]
struct Run {
    seed: u64,
    durability: Durability,
    /// How many power cuts, each followed by a recovery and further work.
    cuts: u64,
}

/// One run: work until the power goes at a step chosen by the seed, recover, check, work on. How many cuts happened.
fn run(run: Run) -> u64 {
    let clock = Clock::test(0);
    let mut chance = work::Chance::new(run.seed);
    let mut model = Model::new(run.durability);
    let mut disk = SimulatedDisk::new();
    let mut happened = 0;
    for cut in 0..=run.cuts {
        if cut < run.cuts {
            disk.cut_power_at(disk.steps() + 1 + chance.below(60));
        }
        let ended = match open(&disk, run.durability, &clock) {
            Ok(log) => {
                block_on(model.check(&log, &format!("{run:?}, before cut {cut}")));
                block_on(Work { log, disk: &disk, clock: &clock, run }.go(&mut chance, &mut model))
            }
            Err(e) => {
                assert!(!disk.has_power(), "{run:?}, before cut {cut}: {e:?}");
                Ended::PowerGone
            }
        };
        if ended == Ended::PowerGone {
            happened += 1;
            model.power_was_cut();
            disk = disk.after_power_cut(chance.next());
        }
    }
    // The same chance again without faults: everything that counts must be readable at last.
    let disk = disk.after_power_cut(chance.next());
    model.power_was_cut();
    let log = open(&disk, run.durability, &clock).unwrap_or_else(|e| panic!("{run:?}, at last: {e:?}"));
    block_on(model.check(&log, &format!("{run:?}, at last")));
    happened + 1
}

fn open(disk: &SimulatedDisk, durability: Durability, clock: &Clock) -> Result<Arc<LocalLog>, OpenError> {
    let log = LocalLog::open(Arc::new(disk.clone()), options(durability, clock))?;
    // Cut power tears; it damages nothing that was durable.
    let recovered = log.recovered();
    assert!(recovered.damage.is_empty() && recovered.missing.is_empty(), "{recovered:?}");
    Ok(Arc::new(log))
}

/// Runs until so many power cuts happened.
fn crash(points: u64, first_seed: u64, durability: Durability) {
    let (mut happened, mut seed) = (0, first_seed);
    while happened < points {
        happened += self::run(Run { seed, durability, cuts: 3 });
        seed += 1;
    }
    println!("{happened} power cuts in {} runs, {durability:?}", seed - first_seed);
}

/// How many power cuts the long lane asks for.
fn long_points() -> u64 {
    std::env::var("ANABRANCH_CRASH_POINTS").ok().and_then(|n| n.parse().ok()).unwrap_or(100_000)
}

const LATER: Durability = Durability::Interval(Duration::from_secs(3600));

#[test]
fn a_power_cut_at_any_step_loses_nothing_acknowledged() {
    crash(1_500, 0, Durability::Sync);
}

#[test]
fn a_power_cut_gives_no_position_twice_when_syncs_come_later() {
    crash(700, 0, LATER);
}

#[test]
fn a_power_cut_gives_no_position_twice_when_memory_acknowledges() {
    crash(700, 0, Durability::Memory);
}

#[test]
#[ignore = "long lane: cargo test --release -p anabranch-log -- --ignored long_"]
fn long_power_cuts_lose_nothing_acknowledged() {
    crash(long_points(), 1 << 32, Durability::Sync);
}

#[test]
#[ignore = "long lane: cargo test --release -p anabranch-log -- --ignored long_"]
fn long_power_cuts_give_no_position_twice() {
    crash(long_points() / 2, 1 << 33, LATER);
    crash(long_points() / 2, 1 << 34, Durability::Memory);
}
