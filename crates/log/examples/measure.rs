//! Measures the log alone: `cargo run --release -p anabranch-log --example measure -- DIR`.
//! Prints records per second and this process's CPU time per record, the callers' included.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anabranch_log::conformance::block_on;
use anabranch_log::disk::RealDisk;
use anabranch_log::local::{LocalLog, Options};
use anabranch_log::{
    AppendOutcome, Batch, GroupId, LogId, NewRecord, Position, Producer, ReadFrom, ReadLimit, RecordLog,
};
use bytes::Bytes;

const RECORD_BYTES: usize = 1024;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dir = std::env::args().nth(1).ok_or("name a directory")?;
    let begun = Instant::now();
    let log =
        Arc::new(LocalLog::open(Arc::new(RealDisk::open(Path::new(&dir).join("log"))?), Options::default())?);
    println!("start: {:.1} ms", begun.elapsed().as_secs_f64() * 1000.0);
    let only: Option<usize> = std::env::args().nth(2).map(|n| n.parse()).transpose()?;
    let loads = [(4, 500, 4), (1000, 500, 4), (4, 1, 16), (4, 1, 64), (4000, 500, 4)];
    for (_, (logs, records, threads)) in
        loads.into_iter().enumerate().filter(|(i, _)| only.is_none_or(|o| o == *i))
    {
        let ids: Vec<LogId> = (0..logs).map(|index| LogId { group: GroupId(logs.into()), index }).collect();
        block_on(log.create(ids.clone()))?;
        append(&log, &ids, records, threads);
    }
    if only.is_none_or(|o| o == 0) {
        read(&log, LogId { group: GroupId(4), index: 0 });
    }
    block_on(log.shut_down())?;
    Ok(())
}

/// Threads that append requests of `records` records, spread over the logs, for eight seconds.
fn append(log: &Arc<LocalLog>, ids: &[LogId], records: usize, threads: usize) {
    let (cpu, begun) = (cpu_seconds(), Instant::now());
    let work = |thread: usize| {
        let (log, ids) = (log.clone(), ids.to_vec());
        std::thread::spawn(move || {
            let data = Bytes::from(vec![b'x'; RECORD_BYTES]);
            let record =
                NewRecord { key: Some(Bytes::from_static(b"partition-key")), data, ..NewRecord::default() };
            let (mut appended, mut next) = (0, thread);
            let mut latencies = Vec::new();
            while begun.elapsed() < Duration::from_secs(8) {
                let batches = ids.len().min(records);
                let each = records / batches;
                let request = (0..batches)
                    .map(|_| {
                        next += 1;
                        let log = ids[next % ids.len()];
                        Batch { log, records: vec![record.clone(); each], producer: Producer::default() }
                    })
                    .collect();
                let asked = Instant::now();
                let outcomes = block_on(log.append_all(request));
                latencies.push(asked.elapsed());
                assert!(outcomes.iter().all(|o| matches!(o, AppendOutcome::Appended { .. })), "{outcomes:?}");
                appended += batches * each;
            }
            (appended, latencies)
        })
    };
    let running: Vec<_> = (0..threads).map(work).collect();
    let (mut appended, mut latencies) = (0, Vec::new());
    for thread in running {
        let (more, some) = thread.join().expect("a thread ended well");
        appended += more;
        latencies.extend(some);
    }
    latencies.sort();
    let seconds = begun.elapsed().as_secs_f64();
    let cpu = cpu_seconds() - cpu;
    println!(
        "append: {} logs, {records} records a call, {threads} threads: {:.0} records/s, {:.2} µs CPU a record, p50 {:?}, p99 {:?}",
        ids.len(),
        appended as f64 / seconds,
        cpu * 1e6 / appended as f64,
        latencies[latencies.len() / 2],
        latencies[latencies.len() * 99 / 100],
    );
}

/// Reads a log from its beginning.
fn read(log: &Arc<LocalLog>, id: LogId) {
    let (cpu, begun) = (cpu_seconds(), Instant::now());
    let limit = ReadLimit { records_max: 10_000, bytes_max: 10 << 20 };
    let (mut from, mut found) = (ReadFrom::Position(Position::default()), 0);
    loop {
        let part = block_on(log.read(id, from, limit)).expect("it reads");
        if part.records.is_empty() {
            break;
        }
        found += part.records.len();
        from = ReadFrom::Position(part.next);
    }
    let cpu = cpu_seconds() - cpu;
    println!(
        "read: {:.0} records/s, {:.2} µs CPU a record",
        found as f64 / begun.elapsed().as_secs_f64(),
        cpu * 1e6 / found as f64
    );
}

/// User and system time of this process.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |i: usize| fields.get(i).and_then(|f| f.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}
