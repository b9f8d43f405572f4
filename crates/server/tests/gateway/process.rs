//! The program itself: what it prints, what it logs, how it stops.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};

use crate::harness::{Ask, ROOT, ROOT_KEY};

/// A running program, killed when dropped if it has not ended.
struct Program {
    child: Child,
    address: SocketAddr,
    printed: Vec<String>,
}

impl Program {
    fn start(arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_anabranch"))
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let out = BufReader::new(child.stdout.take().expect("its output"));
        let mut printed = Vec::new();
        for line in out.lines() {
            printed.push(line.expect("text"));
            if printed.last().is_some_and(|line| line == "Ready.") {
                break;
            }
        }
        let exported =
            printed.iter().find_map(|line| line.trim().strip_prefix("export AWS_ENDPOINT_URL=http://"));
        let address = exported.expect("it prints its endpoint").parse().expect("an address");
        Self { child, address, printed }
    }

    /// Tells it to stop and waits for it: its exit code and what it logged.
    fn stop(&mut self) -> (Option<i32>, String) {
        let id = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(id, rustix::process::Signal::TERM).expect("it runs");
        self.ended()
    }

    /// Waits until it ends by itself: its exit code and what it logged.
    fn ended(&mut self) -> (Option<i32>, String) {
        let mut logged = String::new();
        let mut stderr = self.child.stderr.take().expect("its log");
        stderr.read_to_string(&mut logged).expect("text");
        (self.child.wait().expect("it ends").code(), logged)
    }

    fn ask(&self, ask: &Ask<'_>) -> String {
        let mut stream = TcpStream::connect(self.address).expect("it listens");
        stream.write_all(&ask.bytes()).expect("it is sent");
        let mut all = Vec::new();
        stream.read_to_end(&mut all).expect("it is answered");
        String::from_utf8_lossy(&all).into_owned()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Both fail when it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

const JSON: (&str, &str) = ("content-type", "application/x-amz-json-1.1");

fn target(operation: &'static str) -> [(&'static str, &'static str); 2] {
    [JSON, ("x-amz-target", operation)]
}

#[test]
fn it_prints_what_to_export_and_that_it_is_ready() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let ready = dir.path().join("ready.json").display().to_string();
    let program = Program::start(&["--ephemeral", "--region", "eu-central-1", "--ready-file", &ready], &[]);
    assert_eq!(program.printed.last().map(String::as_str), Some("Ready."));
    for line in ["  export AWS_ACCESS_KEY_ID=test", "  export AWS_REGION=eu-central-1"] {
        assert!(program.printed.iter().any(|l| l == line), "{:?}", program.printed);
    }
    let said = std::fs::read_to_string(ready).expect("the ready file is there");
    let said: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(said["endpoint"], format!("http://{}", program.address));
    assert_eq!(said["pid"], program.child.id());
}

#[test]
fn it_stops_when_told_and_feeds_end_with_it() {
    let mut program = Program::start(&["--ephemeral"], &[]);
    let create = target("Kinesis_20131202.CreateStream");
    program.ask(&Ask { headers: &create, body: br#"{"StreamName":"s","ShardCount":1}"#, ..Ask::default() });
    let register = target("Kinesis_20131202.RegisterStreamConsumer");
    let body = br#"{"StreamARN":"arn:aws:kinesis:eu-west-1:123456789012:stream/s","ConsumerName":"c"}"#;
    let answer = program.ask(&Ask { headers: &register, body, ..Ask::default() });
    let arn =
        answer.split("\"ConsumerARN\":\"").nth(1).and_then(|rest| rest.split('"').next()).expect("an ARN");

    let subscribe = target("Kinesis_20131202.SubscribeToShard");
    let body = format!(
        r#"{{"ConsumerARN":"{arn}","ShardId":"shardId-000000000000","StartingPosition":{{"Type":"TRIM_HORIZON"}}}}"#
    );
    let ask = Ask { headers: &subscribe, body: body.as_bytes(), ..Ask::default() };
    let mut feed = TcpStream::connect(program.address).expect("it listens");
    feed.write_all(&ask.bytes()).expect("it is sent");
    let mut all = Vec::new();
    while !String::from_utf8_lossy(&all).contains("initial-response") {
        let mut piece = [0; 4096];
        let read = feed.read(&mut piece).expect("it is answered");
        assert_ne!(read, 0, "{}", String::from_utf8_lossy(&all));
        all.extend_from_slice(&piece[..read]);
    }

    let (code, logged) = program.stop();
    assert_eq!(code, Some(0), "{logged}");
    feed.read_to_end(&mut all).expect("the feed ends");
    assert!(all.ends_with(b"0\r\n\r\n"), "the feed ended as it should");
}

/// A file that may not grow past its first block stands for a disk that fails.
#[cfg(target_os = "linux")]
#[test]
fn a_log_that_cannot_be_written_ends_the_process_with_a_last_line_that_says_so() {
    use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};
    let dir = tempfile::tempdir().expect("a temporary directory");
    let data_dir = dir.path().display().to_string();
    let mut program = Program::start(&["--data-dir", &data_dir], &[]);
    let create = target("Kinesis_20131202.CreateStream");
    program.ask(&Ask { headers: &create, body: br#"{"StreamName":"s","ShardCount":1}"#, ..Ask::default() });
    let put = target("Kinesis_20131202.PutRecord");
    let put = Ask {
        headers: &put,
        body: br#"{"StreamName":"s","Data":"eA==","PartitionKey":"k"}"#,
        ..Ask::default()
    };
    assert!(program.ask(&put).starts_with("HTTP/1.1 200"));

    let limit = Rlimit { current: Some(4096), maximum: getrlimit(Resource::Fsize).maximum };
    prlimit(Some(Pid::from_child(&program.child)), Resource::Fsize, limit).expect("it runs");
    let refused = program.ask(&put);
    assert!(refused.starts_with("HTTP/1.1 500") && refused.contains("InternalFailureException"), "{refused}");
    let (code, logged) = program.ended();
    assert_eq!(code, Some(1), "{logged}");
    let last = logged.lines().last().unwrap_or_default();
    assert!(
        last.starts_with("anabranch: the record log could not be written and takes nothing more"),
        "{logged}"
    );
    assert!(last.contains("File too large"), "{logged}");

    let again = Program::start(&["--data-dir", &data_dir], &[]);
    assert!(again.ask(&put).starts_with("HTTP/1.1 200"), "a restart recovers");
}

#[test]
fn a_second_process_is_kept_out_of_the_directory() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let data_dir = dir.path().display().to_string();
    let _first = Program::start(&["--data-dir", &data_dir], &[]);
    let second = Command::new(env!("CARGO_BIN_EXE_anabranch"))
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir", &data_dir])
        .output()
        .expect("the program runs");
    assert_eq!(second.status.code(), Some(1));
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(said.contains("another anabranch process uses the data directory"), "{said}");
}

#[test]
fn no_log_line_holds_what_is_planted_at_any_level() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let data_dir = dir.path().display().to_string();
    let variables = [("ANABRANCH_LOG", "trace"), ROOT_KEY];
    let mut program = Program::start(&["--data-dir", &data_dir], &variables);
    let mut planted = vec![ROOT.1.to_owned()];
    let mut ask = |operation, body: &str| {
        let headers = target(operation);
        let ask = Ask { headers: &headers, body: body.as_bytes(), signer: ROOT, ..Ask::default() };
        let sent = ask.headers();
        let header = sent.get("authorization").and_then(|v| v.to_str().ok()).expect("it is signed");
        planted.push(header.rsplit("Signature=").next().unwrap_or_default().to_owned());
        program.ask(&ask)
    };

    ask("Kinesis_20131202.CreateStream", r#"{"StreamName":"s","ShardCount":1}"#);
    // The data is "planted-data" in base64.
    let put = ask(
        "Kinesis_20131202.PutRecord",
        r#"{"StreamName":"s","PartitionKey":"planted-partition-key","Data":"cGxhbnRlZC1kYXRh"}"#,
    );
    assert!(put.contains("SequenceNumber"), "{put}");
    let iterator = ask(
        "Kinesis_20131202.GetShardIterator",
        r#"{"StreamName":"s","ShardId":"shardId-000000000000","ShardIteratorType":"TRIM_HORIZON"}"#,
    );
    let token = iterator.split("\"ShardIterator\":\"").nth(1).and_then(|rest| rest.split('"').next());
    let token = token.expect("an iterator").to_owned();
    let got = ask("Kinesis_20131202.GetRecords", &format!(r#"{{"ShardIterator":"{token}"}}"#));
    assert!(got.contains("cGxhbnRlZC1kYXRh"), "{got}");
    ask(
        "Kinesis_20131202.PutRecord",
        r#"{"StreamName":"s","PartitionKey":"","Data":"cGxhbnRlZC1yZWZ1c2Vk"}"#,
    );
    ask("Kinesis_20131202.PutRecord", r#"{"StreamName":"planted", "Data":"cGxhbnRlZC1icm9rZW4"#);

    planted.extend(["planted-data", "cGxhbnRlZC", "planted-partition-key"].map(str::to_owned));
    planted.push(token);
    let (code, logged) = program.stop();
    assert_eq!(code, Some(0));
    assert!(logged.contains("TRACE") || logged.contains("DEBUG"), "it logs at trace level");
    for secret in planted {
        assert!(!logged.contains(&secret), "the log holds {secret}");
    }
}
