use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::program::{Ended, Program, anabranch, finish};

/// What is put, and found again on the disk.
const PLANTED: &str = "planted-data";

/// Beside three of them: the account of the stream's making, and the head that it was put under when the server was stopped.
const RECORDS: u64 = 5;

/// A directory in which a server kept a few records and was stopped.
fn used(home: &Path) -> PathBuf {
    let data_dir = home.join("data");
    let server = Program::start(home, &data_dir);
    for i in 0..3 {
        let put = server.run(&["put", "orders", "-k", "planted-key", &format!("{PLANTED} {i}")]);
        assert_eq!(put.code, Some(0), "{put:?}");
    }
    server.stop();
    data_dir
}

fn log(home: &Path, verb: &str, data_dir: &Path, more: &[&str]) -> Ended {
    let mut command = anabranch(home, &["log", verb, "--data-dir"]);
    command.arg(data_dir).args(more);
    finish(command)
}

fn flip(data_dir: &Path, wanted: &[u8]) {
    for entry in fs::read_dir(data_dir.join("log")).expect("readable") {
        let path = entry.expect("readable").path();
        let bytes = fs::read(&path).expect("readable");
        if let Some(at) = bytes.windows(wanted.len()).position(|w| w == wanted) {
            let file = fs::OpenOptions::new().write(true).open(&path).expect("writable");
            file.write_all_at(&[bytes[at] ^ 1], at as u64).expect("written");
            return;
        }
    }
    panic!("no file has these bytes");
}

#[test]
fn a_sound_directory_is_told_so_and_damage_with_the_shard_it_hits() {
    let home = tempfile::tempdir().expect("a temporary directory");
    let data_dir = used(home.path());
    let sound = log(home.path(), "verify", &data_dir, &[]);
    assert_eq!((sound.code, &*sound.complained), (Some(0), ""), "{sound:?}");
    assert!(sound.said.contains(&format!(" {RECORDS} records: sound\n")), "{sound:?}");

    flip(&data_dir, b"planted-data 1");
    let damaged = log(home.path(), "verify", &data_dir, &["--progress"]);
    assert_eq!(damaged.code, Some(1), "{damaged:?}");
    assert!(damaged.said.starts_with("damaged     wal-"), "{damaged:?}");
    assert!(damaged.complained.contains("100 %"), "{damaged:?}");
    let damaged = log(home.path(), "verify", &data_dir, &["--json"]);
    let object: Value = serde_json::from_str(&damaged.said).expect("one JSON object");
    assert_eq!((&object["sound"], &object["records"]), (&false.into(), &(RECORDS - 1).into()), "{object}");
    assert_eq!(object["findings"][0]["kind"], "damaged");
}

#[test]
fn a_dump_names_streams_and_shows_data_to_who_asks_alone() {
    let home = tempfile::tempdir().expect("a temporary directory");
    let data_dir = used(home.path());
    let dumped = log(home.path(), "dump", &data_dir, &[]);
    assert_eq!(dumped.code, Some(0), "{dumped:?}");
    let of_shard =
        "records shardId-000000000000 of arn:aws:kinesis:us-east-1:000000000000:stream/orders offsets 1 to 1";
    assert!(dumped.said.contains(of_shard), "{dumped:?}");
    let json = log(home.path(), "dump", &data_dir, &["--json"]);
    for said in [&dumped.said, &json.said] {
        assert!(!said.contains("planted") && !said.contains("cGxhbnRlZC"), "{said}");
    }
    for line in json.said.lines() {
        serde_json::from_str::<Value>(line).expect("an object per line");
    }
    let records = log(home.path(), "dump", &data_dir, &["--json", "--records"]);
    let record =
        records.said.lines().find(|l| l.contains("planted-key")).expect("a frame of the stream's records");
    let record: Value = serde_json::from_str(record).expect("JSON");
    assert_eq!(record["records"][0]["partition_key"], "planted-key");
    assert_eq!(record["records"][0]["data"], "cGxhbnRlZC1kYXRhIDA=");
}

#[test]
fn without_the_catalog_groups_have_numbers() {
    let home = tempfile::tempdir().expect("a temporary directory");
    let data_dir = used(home.path());
    fs::remove_file(data_dir.join("catalog.sqlite")).expect("it was there");
    let dumped = log(home.path(), "dump", &data_dir, &[]);
    assert!(dumped.said.contains("records log 0 of group 1 offsets 0 to 0"), "{dumped:?}");
}

#[test]
fn a_directory_in_use_is_left_alone_and_one_that_is_none_is_not_made() {
    let home = tempfile::tempdir().expect("a temporary directory");
    let data_dir = home.path().join("data");
    let server = Program::start(home.path(), &data_dir);
    for verb in ["verify", "dump", "repair"] {
        let refused = log(home.path(), verb, &data_dir, &[]);
        assert_eq!(refused.code, Some(2), "{refused:?}");
        assert!(refused.complained.contains("a server uses this directory"), "{refused:?}");
        let nowhere = log(home.path(), verb, &home.path().join("nowhere"), &[]);
        assert_eq!(nowhere.code, Some(2), "{nowhere:?}");
        assert!(nowhere.complained.contains("there is no record log in "), "{nowhere:?}");
    }
    assert!(!home.path().join("nowhere").exists());
    server.stop();
    let repaired = log(home.path(), "repair", &data_dir, &[]);
    assert_eq!((repaired.code, &*repaired.said), (Some(0), "nothing needed a repair\n"), "{repaired:?}");
    fs::remove_file(data_dir.join("log/state")).expect("it was there");
    let repaired = log(home.path(), "repair", &data_dir, &["--json"]);
    let object: Value = serde_json::from_str(&repaired.said).expect("one JSON object");
    assert_eq!((&object["state"], &object["checkpoint"]), (&true.into(), &false.into()), "{object}");
}

#[test]
fn looking_at_a_log_leaves_it_as_it_is() {
    let home = tempfile::tempdir().expect("a temporary directory");
    let data_dir = used(home.path());
    fs::remove_file(data_dir.join("log/lock")).expect("it was there");
    let files = || -> Vec<(PathBuf, Vec<u8>)> {
        let entries = fs::read_dir(data_dir.join("log")).expect("readable");
        let paths = entries.map(|e| e.expect("readable").path());
        paths.map(|path| (path.clone(), fs::read(path).expect("readable"))).collect()
    };
    let before = files();
    assert_eq!(log(home.path(), "verify", &data_dir, &[]).code, Some(0));
    assert_eq!(log(home.path(), "dump", &data_dir, &[]).code, Some(0));
    assert!(files() == before);
}
