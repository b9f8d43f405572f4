//! What the sending of metrics costs with 4,000 shards, each with all its metrics: an hour of minutes under a clock that stands, on a real disk, with
//! what CloudWatch then does every hour.
//! `cargo test --release -p anabranch-streams sampler -- --ignored --nocapture`; docs/performance.md has what it said.

use anabranch_api::kinesis::{EnableEnhancedMonitoring, MetricsName};

use super::*;
use crate::harness::{bench_on_disk, name};

const STREAMS: usize = 4;
const SHARDS: i32 = 1000;
const MINUTES: u32 = 60;
/// Of a core.
const SHARE_MAX: f64 = 0.01;
/// What a tick of the kernel's account is (sysconf(3): `_SC_CLK_TCK` is 100 on Linux).
const TICK: Duration = Duration::from_millis(10);

/// User and system time of this process, all its threads (proc_pid_stat(5): fields 14 and 15).
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    // The second field is the program's name, which may hold anything but is in brackets.
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks: u32 = fields[11..13].iter().map(|field| field.parse::<u32>().unwrap()).sum();
    TICK * ticks
}

/// What a busy minute leaves behind: every metric of each stream and of each shard has samples.
fn measure(stream: &Stream, minute: u32) {
    let (view, bytes) = (stream.view(), u64::from(minute) * 7 + 1000);
    for shard in &view.shards {
        stream.note_put(&shard.live, 10, bytes);
        stream.note_read(&shard.live, 10, bytes, u64::from(minute % 13));
        stream.note_write_refused(&shard.live, 1);
        stream.note_read_refused(&shard.live);
    }
    stream.note_put_record(Duration::from_micros(300), Some(bytes));
    stream.note_get_records(Duration::from_micros(200), true);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement: the slice metrics-sampler runs it"]
async fn the_sampler_costs_below_a_hundredth_of_a_core_at_4000_shards() {
    let directory = tempfile::tempdir().unwrap();
    let b = bench_on_disk(directory.path()).await;
    for n in 0..STREAMS {
        let stream = format!("s{n}");
        b.create(&stream, SHARDS).await;
        let enable = EnableEnhancedMonitoring {
            stream_name: Some(name(&stream)),
            shard_level_metrics: vec![MetricsName::All],
            ..EnableEnhancedMonitoring::default()
        };
        b.call(enable).await.unwrap();
    }
    let monitoring = Monitoring::new(Arc::clone(&b.streams));
    let upkeep = b.cloudwatch.due(b.clock.now());
    let (mut cost, mut worst) = (Duration::ZERO, Duration::ZERO);
    for minute in 0..MINUTES {
        b.streams.directory.all().iter().for_each(|stream| measure(stream, minute));
        b.clock.advance_to(b.clock.now() + INTERVAL);
        let (now, begun) = (b.clock.now(), processor_time());
        monitoring.run(now).await;
        if upkeep.next_due().is_some_and(|due| due <= now) {
            upkeep.run(now).await;
        }
        let took = processor_time() - begun;
        (cost, worst) = (cost + took, worst.max(took));
    }
    let share = cost.as_secs_f64() / (INTERVAL * MINUTES).as_secs_f64();
    println!(
        "{} shards, {MINUTES} minutes: {cost:.2?} of processor time, {:.3} % of a core; the costliest minute {worst:.2?}",
        STREAMS as i32 * SHARDS,
        share * 100.0
    );
    assert!(share < SHARE_MAX, "{share}");
}
