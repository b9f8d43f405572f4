//! Directories of every format that was ever written open, are sound, and read back what was put into them. `examples/fixture.rs` made
//! them; what is expected here is never changed.

use std::path::Path;
use std::sync::Arc;

use anabranch_log::conformance::block_on;
use anabranch_log::disk::{Disk, RealDisk};
use anabranch_log::local::{LocalLog, Options, offline};
use anabranch_log::{GroupId, LogId, Position, ReadFrom, ReadLimit, Record, RecordLog, Seal};
use bytes::Bytes;

const fn log(group: u64, index: u32) -> LogId {
    LogId { group: GroupId(group), index }
}

/// A copy of a fixture: opening a log changes its files.
fn copy(name: &str) -> tempfile::TempDir {
    let place = tempfile::tempdir().expect("a temporary directory");
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    for entry in std::fs::read_dir(fixture).expect("the fixture is there") {
        let entry = entry.expect("readable");
        std::fs::copy(entry.path(), place.path().join(entry.file_name())).expect("copied");
    }
    place
}

fn read(of: &LocalLog, log: LogId) -> Vec<Record> {
    let limit = ReadLimit { records_max: 1000, bytes_max: 1 << 20 };
    block_on(of.read(log, ReadFrom::Position(Position::default()), limit)).expect("it reads").records
}

/// Timeline and offset of each record.
fn positions(records: &[Record]) -> Vec<(u16, u64)> {
    records.iter().map(|r| (r.position.timeline.0, r.position.offset.0)).collect()
}

#[test]
fn version_1_opens_and_reads_back() {
    let place = copy("v1");
    let to_read = RealDisk::to_read(place.path()).expect("it is there");
    let verified = offline::verify(&to_read, &mut |_| {}).expect("it is looked at");
    assert!(verified.is_whole(), "{verified:?}");
    assert_eq!(verified.given_up, 6, "records 3 to 5 of two logs");

    let disk: Arc<dyn Disk> = Arc::new(RealDisk::open(place.path()).expect("it is there"));
    let opened = LocalLog::open(disk, Options::default()).expect("it opens");
    let mut logs = opened.logs();
    logs.sort();
    assert_eq!(logs, [log(1, 0), log(1, 1), log(2, 0), log(3, 0)]);

    let open = read(&opened, log(1, 0));
    let old = [0, 1, 2, 6, 7, 8, 9].map(|offset| (0, offset));
    assert_eq!(positions(&open), [&old[..], &[(0, 10), (1, 11)]].concat());
    for record in &open {
        let (number, record) = (record.position.offset.0, &record.record);
        assert_eq!(record.key, Some(Bytes::from(format!("key {number}"))));
        assert_eq!(record.headers, "headers");
        assert_eq!(record.data, format!("data {number} ").repeat(20));
        assert_eq!((record.explicit_hash, record.seal), (None, None));
    }
    assert!(open.is_sorted_by_key(|r| r.arrival) && open[0].arrival.millis() > 1_700_000_000_000);

    assert_eq!(positions(&read(&opened, log(1, 1))), old);
    let state = opened.state(log(1, 1)).expect("it exists");
    assert!(state.closed && state.end.offset.0 == 10, "{state:?}");

    let sealed = read(&opened, log(2, 0));
    assert_eq!(positions(&sealed), (0..10).map(|offset| (0, offset)).collect::<Vec<_>>());
    for record in &sealed {
        let (number, record) = (record.position.offset.0 as u8, &record.record);
        assert_eq!(record.key, None);
        assert_eq!(record.explicit_hash, Some(u128::MAX - u128::from(number)));
        assert_eq!(record.seal, Some(Seal { data_key: number.into(), nonce: [number; 12] }));
        assert_eq!(record.data, vec![number; 48]);
    }

    assert_eq!(read(&opened, log(3, 0)), [], "it was trimmed");
    assert_eq!(opened.state(log(3, 0)).expect("it exists").end.offset.0, 10);
}
