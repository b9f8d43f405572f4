//! What the pieces of a request cost, for people: `cargo bench -p anabranch-bench`. Each iteration is one request of 500 records of 1 KiB.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use anabranch_api::Operation;
use anabranch_api::kinesis::{GetRecords, PutRecords};
use anabranch_bench::{Path, Recorded, get_records, put_record, put_records};
use anabranch_log::disk::RealDisk;
use anabranch_log::local::{Durability, LocalLog, Options};
use anabranch_log::{Batch, GroupId, LogId, NewRecord, Producer, RecordLog};
use anabranch_wire::sigv4::sha256;
use anabranch_wire::{Protocol, Violations};
use bytes::Bytes;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use md5::{Digest, Md5};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const STREAM: &str = "bench";
const RECORDS: usize = 500;
const RECORD_BYTES: usize = 1024;

fn decode(c: &mut Criterion) {
    for (name, protocol) in [("json", Protocol::Json11), ("cbor", Protocol::Cbor11)] {
        let body = put_records(protocol, STREAM, RECORDS, RECORD_BYTES);
        c.bench_function(&format!("well_formed/{name}"), |b| {
            b.iter(|| protocol.well_formed(black_box(&body)).is_ok());
        });
        c.bench_function(&format!("decode/{name}"), |b| {
            b.iter(|| {
                let mut violations = Violations::default();
                let request: PutRecords =
                    protocol.decode(black_box(body.clone()), &mut violations).expect("it is a request");
                request.check(&mut violations);
                request
            });
        });
        c.bench_function(&format!("sha256/{name}"), |b| b.iter(|| sha256(black_box(&body))));
    }
}

fn route(c: &mut Criterion) {
    let keys: Vec<String> = (0..RECORDS).map(|n| format!("{n:016x}")).collect();
    c.bench_function("hash keys", |b| {
        b.iter(|| keys.iter().map(|key| u128::from_be_bytes(Md5::digest(key).into())).max());
    });
}

fn frame(c: &mut Criterion) {
    let dir = tempdir();
    let options = Options { durability: Durability::Memory, ..Options::default() };
    let disk = RealDisk::open(dir.clone()).expect("a directory");
    let log = LocalLog::open(Arc::new(disk), options).expect("a new log opens");
    let id = LogId { group: GroupId(1), index: 0 };
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(log.create(vec![id])).expect("a log can be made");
    let data = Bytes::from(vec![0x5a; RECORD_BYTES]);
    let record =
        NewRecord { key: Some(Bytes::from_static(b"0123456789abcdef")), data, ..NewRecord::default() };
    let batch = Batch { log: id, records: vec![record; RECORDS], producer: Producer::default() };
    c.bench_function("append", |b| {
        b.iter_batched(
            || vec![batch.clone()],
            |batches| runtime.block_on(log.append_all(batches)),
            BatchSize::SmallInput,
        );
    });
    drop(log);
    // What stays behind lies in the system's temporary directory.
    let _ = std::fs::remove_dir_all(dir);
}

fn whole(c: &mut Criterion) {
    let dir = tempdir();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let path = runtime.block_on(Path::open(&dir, Recorded::Always)).expect("new stores open");
    runtime.block_on(path.create(STREAM, 1)).expect("a stream can be made");
    runtime.block_on(path.fill(STREAM, 10_000)).expect("records can be put");
    let oldest = runtime.block_on(path.oldest(STREAM)).expect("there are records");
    let json = Protocol::Json11;
    let put =
        path.sign(json, "PutRecords", put_records(json, STREAM, RECORDS, RECORD_BYTES)).expect("signed");
    c.bench_function("PutRecords", |b| {
        b.iter(|| runtime.block_on(path.answer::<PutRecords>(&put)).expect("it is answered"));
    });
    let one = path.sign(json, "PutRecord", put_record(STREAM, RECORD_BYTES)).expect("signed");
    c.bench_function("PutRecord", |b| {
        b.iter(|| {
            runtime.block_on(path.answer::<anabranch_api::kinesis::PutRecord>(&one)).expect("it is answered")
        });
    });
    let get = path.sign(json, "GetRecords", get_records(&oldest)).expect("signed");
    c.bench_function("GetRecords of 10,000", |b| {
        b.iter(|| runtime.block_on(path.answer::<GetRecords>(&get)).expect("it is answered"));
    });
    drop(path);
    // As above.
    let _ = std::fs::remove_dir_all(dir);
}

fn tempdir() -> std::path::PathBuf {
    let dir = std::env::temp_dir().join(format!("anabranch-pieces-{:x}", fastrand::u64(..)));
    std::fs::create_dir_all(&dir).expect("a directory can be made");
    dir
}

criterion_group! {
    name = pieces;
    config = Criterion::default().measurement_time(Duration::from_secs(2)).warm_up_time(Duration::from_millis(500)).without_plots();
    targets = decode, route, frame, whole
}
criterion_main!(pieces);
