//! The commands as a person runs them: the program itself, in a directory of its own.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

fn anabranch(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_anabranch"));
    command.args(arguments).env_clear().env("TMPDIR", directory).env("HOME", directory).stdin(Stdio::null());
    command
}

/// Runs to the end: how it ended, what it printed, what it complained about.
fn run(mut command: Command) -> (ExitStatus, String, String) {
    let output = command.output().expect("the program starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status, text(output.stdout), text(output.stderr))
}

fn directory() -> TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

fn is_empty(directory: &Path) -> bool {
    directory.read_dir().expect("readable").next().is_none()
}

#[test]
fn the_demo_reads_back_what_it_sent_and_leaves_nothing_behind() {
    let directory = directory();
    let (status, said, complained) = run(anabranch(directory.path(), &["demo", "--seconds", "2", "--json"]));
    assert!(status.success(), "{said}{complained}");
    let report: Value = serde_json::from_str(&said).expect("one JSON object");
    assert_eq!(report["equal"], true, "{said}");
    assert_eq!(report["sent"], report["read"], "{said}");
    assert!(report["sent"]["records"].as_u64() > Some(100), "{said}");
    assert!(report["latency_ms"]["p99"].as_f64() > Some(0.0), "{said}");
    assert!(is_empty(directory.path()));
}

#[test]
fn the_demo_takes_other_input_once() {
    let directory = directory();
    let input = directory.path().join("lines");
    std::fs::write(&input, "a 1\nb 1\na 2\n\nno end").expect("writable");
    let input = input.to_str().expect("UTF-8");
    let (status, said, complained) = run(anabranch(directory.path(), &["demo", "--json", "--input", input]));
    assert!(status.success(), "{said}{complained}");
    let report: Value = serde_json::from_str(&said).expect("one JSON object");
    assert_eq!((&report["sent"]["records"], &report["read"]["bytes"]), (&5.into(), &15.into()), "{said}");

    let (status, said, _) = run(anabranch(directory.path(), &["demo", "--json", "--input", "-"]));
    let report: Value = serde_json::from_str(&said).expect("one JSON object");
    assert_eq!((status.code(), &report["equal"]), (Some(1), &false.into()), "nothing sent proves nothing");

    let (status, _, complained) = run(anabranch(directory.path(), &["demo", "--input", "/no/such/file"]));
    assert!(!status.success());
    assert!(complained.starts_with("anabranch: cannot read /no/such/file: "), "{complained}");
}

#[test]
fn an_interrupted_demo_still_compares() {
    let directory = directory();
    let mut command = anabranch(directory.path(), &["demo", "--seconds", "600"]);
    let mut demo = command.stdout(Stdio::piped()).spawn().expect("the program starts");
    let mut said = BufReader::new(demo.stdout.take().expect("piped"));
    read_until(&mut said, "  read ");
    signal(&demo, Signal::INT);
    let mut rest = String::new();
    said.read_to_string(&mut rest).expect("UTF-8");
    assert!(demo.wait().expect("it ends").success(), "{rest}");
    assert!(rest.contains("They are the same records"), "{rest}");
    assert!(is_empty(directory.path()));
}

#[test]
fn records_put_are_listed_and_tailed() {
    let directory = directory();
    let demo = ["demo", "--seconds", "1", "--shards", "2", "--keep"];
    let mut server = anabranch(directory.path(), &demo).stdout(Stdio::piped()).spawn().expect("it starts");
    let mut said = BufReader::new(server.stdout.take().expect("piped"));
    let line = read_until(&mut said, "export AWS_ENDPOINT_URL=");
    let endpoint = line.trim().trim_start_matches("export AWS_ENDPOINT_URL=").to_owned();
    let ask = |arguments: &[&str]| {
        let mut command = anabranch(directory.path(), arguments);
        command.env("AWS_ENDPOINT_URL", &endpoint);
        command
    };

    let (status, put, complained) = run(ask(&["put", "access-log", "-k", "rhine", "caf\u{e9}"]));
    assert!(status.success(), "{complained}");
    assert!(put.starts_with("shardId-000000000000 4"), "{put}");

    let mut lines = ask(&["put", "access-log", "-k", "rhine"]);
    let mut child = lines.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    child.stdin.take().expect("piped").write_all(b"one\ntwo\r\n\xff").expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "3 records put into access-log.\n");

    let (_, streams, _) = run(ask(&["streams"]));
    let row: Vec<&str> = streams.lines().nth(1).expect("a row").split_whitespace().take(4).collect();
    assert_eq!(row, ["access-log", "ACTIVE", "PROVISIONED", "2"]);

    let mut tail = ask(&["tail", "access-log", "--from", "trim-horizon", "--json"]);
    let mut tail = tail.stdout(Stdio::piped()).spawn().expect("it starts");
    let mut tailed = BufReader::new(tail.stdout.take().expect("piped"));
    for (text, data) in
        [(Some("caf\u{e9}"), "Y2Fmw6k="), (Some("one"), "b25l"), (Some("two"), "dHdv"), (None, "/w==")]
    {
        let record: Value =
            serde_json::from_str(&read_until(&mut tailed, r#""PartitionKey":"rhine""#)).expect("JSON");
        assert_eq!((record["Text"].as_str(), record["Data"].as_str()), (text, Some(data)));
    }
    tail.kill().expect("it runs");
    tail.wait().expect("it ends");

    let (_, limited, _) = run(ask(&["tail", "access-log", "--from", "1h", "--limit", "2"]));
    assert_eq!(limited.lines().count(), 2, "{limited}");

    let (status, _, complained) = run(ask(&["tail", "no-such-stream"]));
    assert!(!status.success());
    assert!(complained.contains("ResourceNotFoundException") && complained.contains("anabranch streams"));

    signal(&server, Signal::INT);
    assert!(server.wait().expect("it ends").success());
    assert!(is_empty(directory.path()));
}

#[test]
fn a_demo_that_is_killed_leaves_no_server_behind() {
    let directory = directory();
    let mut command = anabranch(directory.path(), &["demo", "--seconds", "600"]);
    let mut demo = command.stdout(Stdio::piped()).spawn().expect("the program starts");
    let mut said = BufReader::new(demo.stdout.take().expect("piped"));
    let line = read_until(&mut said, "answers at http://");
    let address = line.split("http://").nth(1).and_then(|rest| rest.split(' ').next()).expect("an address");
    TcpStream::connect(address).expect("it answers");
    demo.kill().expect("it runs");
    demo.wait().expect("it ends");
    let give_up = Instant::now() + Duration::from_secs(40);
    while TcpStream::connect(address).is_ok() {
        assert!(Instant::now() < give_up, "the server of a killed demo still answers");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_closed_server_on_tls_is_used_by_what_it_says_to_export() {
    let directory = directory();
    let data = directory.path().join("data");
    let mut command = anabranch(
        directory.path(),
        &[
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--tls",
            "required",
            "--data-dir",
            data.to_str().expect("UTF-8"),
        ],
    );
    command.env("ANABRANCH_ROOT_KEY", "AKIAROOT:root/secret:111122223333");
    let mut server = command.stdout(Stdio::piped()).spawn().expect("the program starts");
    let mut said = BufReader::new(server.stdout.take().expect("piped"));
    let mut exported = HashMap::new();
    loop {
        let mut line = String::new();
        assert_ne!(said.read_line(&mut line).expect("UTF-8"), 0, "it ended");
        match line.trim().strip_prefix("export ").and_then(|rest| rest.split_once('=')) {
            Some((name, value)) => drop(exported.insert(name.to_owned(), value.to_owned())),
            None if line == "Ready.\n" => break,
            None => {}
        }
    }
    exported.insert("AWS_ACCESS_KEY_ID".to_owned(), "AKIAROOT".to_owned());
    exported.insert("AWS_SECRET_ACCESS_KEY".to_owned(), "root/secret".to_owned());
    let ask = |arguments: &[&str], without: &str| {
        let mut command = anabranch(directory.path(), arguments);
        command.envs(exported.iter().filter(|(name, _)| *name != without));
        run(command)
    };
    let (status, streams, complained) = ask(&["streams"], "");
    assert!(status.success() && streams.is_empty(), "{streams}{complained}");
    assert!(complained.starts_with("No streams in us-east-1 for the key AKIAROOT."), "{complained}");
    let (status, _, complained) = ask(&["put", "absent", "x"], "");
    assert_eq!(status.code(), Some(1));
    assert!(complained.contains("Stream absent under account 111122223333 not found."), "{complained}");

    let (status, _, complained) = ask(&["streams"], "AWS_CA_BUNDLE");
    assert_eq!(status.code(), Some(1));
    assert!(complained.contains("--ca-file") && complained.contains("tls/development.pem"), "{complained}");
    exported.insert("AWS_SECRET_ACCESS_KEY".to_owned(), "wrong".to_owned());
    let mut command = anabranch(directory.path(), &["tail", "absent"]);
    let (status, _, complained) = run({
        command.envs(&exported);
        command
    });
    assert_eq!(status.code(), Some(1));
    assert!(
        complained.contains("InvalidSignatureException") && complained.contains("AWS_PROFILE"),
        "{complained}"
    );
    signal(&server, Signal::TERM);
    assert!(server.wait().expect("it ends").success());
}

#[test]
fn nobody_listening_is_said_with_what_to_do() {
    let directory = directory();
    for command in [&["streams"][..], &["put", "s", "x"], &["tail", "s"]] {
        let mut arguments = command.to_vec();
        arguments.extend(["--endpoint", "http://127.0.0.1:1"]);
        let (status, _, complained) = run(anabranch(directory.path(), &arguments));
        assert_eq!(status.code(), Some(1));
        assert!(complained.starts_with("anabranch: cannot connect to http://127.0.0.1:1: "), "{complained}");
        assert!(complained.contains("`anabranch serve`"), "{complained}");
    }
}

/// Reads on to the first line with these words in it.
fn read_until(from: &mut BufReader<ChildStdout>, words: &str) -> String {
    let mut line = String::new();
    while !line.contains(words) {
        line.clear();
        assert_ne!(from.read_line(&mut line).expect("UTF-8"), 0, "it ended without saying `{words}`");
    }
    line
}

fn signal(child: &Child, signal: Signal) {
    let pid = Pid::from_raw(child.id().cast_signed()).expect("a process has an id");
    kill_process(pid, signal).expect("it runs");
}
