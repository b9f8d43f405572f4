use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::Value;

use crate::program::{Ended, Program, anabranch, finish};

fn restore(home: &Path, backup: &Path, data_dir: &Path) -> Ended {
    let mut command = anabranch(home, &["restore"]);
    command.arg(backup).arg("--data-dir").arg(data_dir);
    finish(command)
}

fn put(server: &Program, data: &str) -> String {
    let put = server.run(&["put", "orders", "-k", "k", data]);
    assert_eq!(put.code, Some(0), "{put:?}");
    put.said
}

fn records(server: &Program) -> Vec<String> {
    let tailed = server.run(&["tail", "orders", "--from", "trim-horizon", "--limit", "3", "--json"]);
    let objects = tailed.said.lines().map(|l| serde_json::from_str::<Value>(l).expect("JSON"));
    objects.map(|o| o["Text"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn a_backup_is_restored_without_the_master_key_and_numbers_go_on() {
    let home = tempfile::tempdir().expect("a temporary directory");
    let (data_dir, backup) = (home.path().join("data"), home.path().join("backup"));
    let server = Program::start(home.path(), &data_dir);
    put(&server, "one");
    let last = put(&server, "two");
    let into = backup.to_str().expect("UTF-8");
    let taken = server.run(&["backup", into]);
    assert_eq!(taken.code, Some(0), "{taken:?}");
    let key = data_dir.join("master.key");
    assert!(taken.said.contains(&format!("The master key is not ({}", key.display())), "{taken:?}");
    let mut names: Vec<String> = fs::read_dir(&backup)
        .expect("readable")
        .map(|e| e.expect("readable").file_name().into_string().expect("UTF-8"))
        .collect();
    names.sort();
    assert_eq!(names, ["backup.json", "catalog.sqlite", "log"]);
    assert_eq!(backup.metadata().expect("there").permissions().mode() & 0o777, 0o700);

    let again = server.run(&["backup", into]);
    assert_eq!(again.code, Some(1), "{again:?}");
    assert!(again.complained.contains("is not empty"), "{again:?}");
    put(&server, "after the backup");
    server.stop();

    let restored = home.path().join("restored");
    let done = restore(home.path(), &backup, &restored);
    assert_eq!(done.code, Some(0), "{done:?}");
    let refused = restore(home.path(), &backup, &restored);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.complained.contains("is not empty"), "{refused:?}");
    let server = Program::start(home.path(), &restored);
    let new = put(&server, "three");
    assert_eq!(records(&server), ["one", "two", "three"]);
    let number = |said: &str| said.trim().rsplit(' ').next().map(str::to_owned).expect("a number");
    // Numbers of one shard are equally long.
    assert!(number(&new) > number(&last), "{new} after {last}");
    server.stop();
}

#[test]
fn what_is_no_whole_backup_is_refused_and_what_is_newer_too() {
    let home = tempfile::tempdir().expect("a temporary directory");
    let (backup, place) = (home.path().join("backup"), home.path().join("restored"));
    fs::create_dir(&backup).expect("made");
    let refused = restore(home.path(), &backup, &place);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.complained.contains("there is no whole backup in "), "{refused:?}");
    let newer = r#"{"format":2,"anabranch":"9","taken":"","files":0,"bytes":0,"place":0,"unreadable":[],"master_key":""}"#;
    fs::write(backup.join("backup.json"), newer).expect("written");
    let refused = restore(home.path(), &backup, &place);
    assert!(
        refused.complained.contains("has format 2, this program knows 1: use a newer one"),
        "{refused:?}"
    );
    assert!(!place.exists());
}

#[test]
fn a_restore_that_broke_off_is_not_served() {
    let home = tempfile::tempdir().expect("a temporary directory");
    let (data_dir, backup) = (home.path().join("data"), home.path().join("backup"));
    let server = Program::start(home.path(), &data_dir);
    put(&server, "one");
    assert_eq!(server.run(&["backup", backup.to_str().expect("UTF-8")]).code, Some(0));
    server.stop();
    fs::remove_file(backup.join("catalog.sqlite")).expect("it was there");
    let restored = home.path().join("restored");
    assert_eq!(restore(home.path(), &backup, &restored).code, Some(1));
    let mut serve = anabranch(home.path(), &["serve", "--listen", "127.0.0.1:0", "--data-dir"]);
    serve.arg(&restored);
    let refused = finish(serve);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.complained.contains("remove the directory and restore again"), "{refused:?}");
}

/// `fixtures/backup-v1`: `anabranch backup` of a server with the stream `orders` of two shards, into which `one`, `two` and `three` were put with
/// the partition key `k`. Never made anew; a new format gets a fixture of its own.
#[test]
fn a_backup_of_version_1_is_restored_and_served() {
    let home = tempfile::tempdir().expect("a temporary directory");
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/backup-v1");
    let data_dir = home.path().join("data");
    let done = restore(home.path(), &fixture, &data_dir);
    assert_eq!(done.code, Some(0), "{done:?}");
    let mut dump = anabranch(home.path(), &["log", "dump", "--records", "--json", "--data-dir"]);
    dump.arg(&data_dir);
    let dumped = finish(dump);
    let frames = dumped.said.lines().map(|l| serde_json::from_str::<Value>(l).expect("JSON"));
    let frames: Vec<Value> = frames.filter(|f| f["kind"] == "records").collect();
    let data: Vec<&str> = frames.iter().filter_map(|f| f["records"][0]["data"].as_str()).collect();
    assert_eq!(data, ["b25l", "dHdv", "dGhyZWU="]);
    for frame in &frames {
        assert_eq!(frame["stream"], "arn:aws:kinesis:us-east-1:000000000000:stream/orders");
        assert_eq!((&frame["log"], &frame["records"][0]["partition_key"]), (&1.into(), &"k".into()));
    }
    // The records have expired; the stream has not.
    let server = Program::start(home.path(), &data_dir);
    let streams = server.run(&["streams"]).said;
    let row: Vec<&str> = streams.lines().nth(1).expect("a row").split_whitespace().take(4).collect();
    assert_eq!(row, ["orders", "ACTIVE", "PROVISIONED", "2"]);
    let number = put(&server, "four");
    let before = "49680439410225597156271985964752235805781115559384973330";
    assert!(number.trim().rsplit(' ').next() > Some(before), "{number}");
    server.stop();
}
