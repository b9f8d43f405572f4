//! A log's directory with any bytes of any file changed and the checksums made right again: verified, dumped, opened, read, repaired.
#![no_main]

use std::future::Future;
use std::io::IoSlice;
use std::ops::ControlFlow;
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use anabranch_log::disk::{Disk, SimulatedDisk};
use anabranch_log::local::offline::{self, Repaired};
use anabranch_log::local::{LocalLog, Options, Prepare, fuzzing};
use anabranch_log::{
    Batch, GroupId, LogId, NewRecord, Offset, Position, Producer, ReadFrom, ReadLimit, RecordLog,
};
use anabranch_types::Clock;
use bytes::Bytes;
use libfuzzer_sys::fuzz_target;

const LOGS: [LogId; 2] = [LogId { group: GroupId(1), index: 0 }, LogId { group: GroupId(1), index: 1 }];
/// Most files are zeros behind their first blocks.
const CHANGED_BYTES_MAX: usize = 5 * 4096;

fuzz_target!(|input: (bool, &[u8])| {
    let (is_opened, bytes) = input;
    let disk = changed(bytes);
    let verified = offline::verify(&disk, &mut |_| {});
    let mut dumped = 0;
    let _ = offline::dump(&disk, &mut |frame| {
        assert!(frame.records().count() <= frame.count as usize);
        dumped += 1;
        ControlFlow::Continue(())
    });
    if let Ok(verified) = &verified {
        assert!(verified.frames >= dumped as u64 || !verified.is_whole());
    }
    // A log has threads of its own: much slower than all the rest.
    if is_opened {
        return use_it(&disk);
    }
    let disk: Arc<dyn Disk> = Arc::new(disk);
    if offline::repair(&disk).is_ok() {
        let repaired = offline::repair(&disk);
        assert_eq!(repaired.ok(), Some(Repaired::default()), "what was repaired is whole");
    }
});

/// Opens it, reads what can be read, and goes on writing.
fn use_it(disk: &SimulatedDisk) {
    let Ok(log) = LocalLog::open(Arc::new(disk.clone()), options()) else { return };
    for of in LOGS {
        for offset in [0, 1, 5, 1 << 40] {
            let from = ReadFrom::Position(Position { offset: Offset(offset), ..Position::default() });
            let limit = ReadLimit { records_max: 10, bytes_max: 1000 };
            if let Ok(read) = wait(log.read(of, from, limit)) {
                assert!(read.records.len() <= limit.records_max);
                assert!(read.records.is_sorted_by_key(|r| r.position.offset));
            }
        }
    }
    append(&log, LOGS[0], "more");
    // What a damaged directory answers to this does not matter; that it answers does.
    let _ = wait(log.checkpoint());
    let _ = wait(log.shut_down());
}

fn options() -> Options {
    Options {
        first_segment_bytes: 16 * 1024,
        segment_bytes: 16 * 1024,
        prepare: Prepare::WhenNeeded,
        reader_threads: 1,
        clock: Clock::test(0),
        ..Options::default()
    }
}

fn append(log: &LocalLog, to: LogId, text: &'static str) {
    let records = vec![NewRecord { data: Bytes::from(text), ..NewRecord::default() }];
    wait(log.append_all(vec![Batch { log: to, records, producer: Producer::default() }]));
}

/// The files of a directory with two runs of history and records behind them.
fn files() -> &'static [(String, Vec<u8>)] {
    static FILES: OnceLock<Vec<(String, Vec<u8>)>> = OnceLock::new();
    FILES.get_or_init(|| {
        let disk = SimulatedDisk::new();
        let log = LocalLog::open(Arc::new(disk.clone()), options()).expect("an empty disk");
        wait(log.create(LOGS.to_vec())).expect("room for two logs");
        for text in ["first run", "second run", "tail"] {
            LOGS.into_iter().for_each(|to| append(&log, to, text));
            if text != "tail" {
                wait(log.checkpoint()).expect("a checkpoint");
            }
        }
        let read = |name: String| {
            let file = disk.open(&name).expect("a listed file");
            let mut bytes = vec![0; file.length().expect("its length") as usize];
            file.read_at(&mut bytes, 0).expect("its bytes");
            (name, bytes)
        };
        let mut files: Vec<_> = disk.list("").expect("a list").into_iter().map(read).collect();
        files.sort();
        files
    })
}

/// The directory, changed: a change is which file, where (two bytes), how many bytes, and these. From 240 on the file is cut there first.
fn changed(mut changes: &[u8]) -> SimulatedDisk {
    let mut files = files().to_vec();
    while let Some(([which, high, low, length], rest)) = changes.split_first_chunk() {
        let which = usize::from(*which) % files.len();
        let bytes = &mut files[which].1;
        let at = (usize::from(*high) << 8 | usize::from(*low)) % bytes.len().clamp(1, CHANGED_BYTES_MAX);
        let (new, rest) = rest.split_at(usize::from(*length % 16).min(rest.len()));
        if *length >= 240 {
            bytes.truncate(at);
        }
        let end = bytes.len().min(at + new.len());
        if at < end {
            bytes[at..end].copy_from_slice(&new[..end - at]);
        }
        changes = rest;
    }
    let disk = SimulatedDisk::new();
    for (name, mut bytes) in files {
        fuzzing::mend(&name, &mut bytes);
        let file = disk.create(&name).expect("a new file");
        file.write_at(&[IoSlice::new(&bytes)], 0).and_then(|()| file.sync()).expect("room");
    }
    disk.sync_dir("").expect("a directory");
    disk
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// The log needs no runtime.
fn wait<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(done) => return done,
            Poll::Pending => thread::park(),
        }
    }
}
