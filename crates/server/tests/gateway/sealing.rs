use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anabranch_server::run::{RunError, Server};
use serde_json::{Value, json};

use crate::harness::{Ask, start_again};

/// What is looked for on the disk. Long enough that chance does not write it.
const BEFORE: &str = "bWFya2VyLXB1dC1iZWZvcmU=";
const SEALED: &str = "bWFya2VyLXB1dC1zZWFsZWQ=";

async fn call(to: SocketAddr, operation: &str, body: Value) -> Value {
    let target = format!("Kinesis_20131202.{operation}");
    let headers = [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", target.as_str())];
    let body = body.to_string();
    let answer = Ask { headers: &headers, body: body.as_bytes(), ..Ask::default() }.send(to).await;
    assert_eq!(answer.status, 200, "{operation}: {}", answer.text());
    serde_json::from_slice(&answer.body).unwrap_or(Value::Null)
}

/// How often these bytes stand in the files beneath a directory.
fn count(dir: &Path, wanted: &[u8]) -> usize {
    let entries = dir.read_dir().expect("a directory").map(|entry| entry.expect("an entry").path());
    entries
        .map(|path| match path.is_dir() {
            true => count(&path, wanted),
            false => {
                let bytes = std::fs::read(&path).expect("a file");
                bytes.windows(wanted.len()).filter(|w| *w == wanted).count()
            }
        })
        .sum()
}

fn plain(base64: &str) -> Vec<u8> {
    let plain = match base64 {
        BEFORE => "marker-put-before",
        _ => "marker-put-sealed",
    };
    plain.as_bytes().to_vec()
}

async fn start(data_dir: &str, variables: &[(&str, &str)]) -> Result<(Server, SocketAddr), RunError> {
    let arguments = ["--listen", "127.0.0.1:0", "--data-dir", data_dir];
    let server = start_again(&arguments, variables).await?;
    let address = server.addresses()[0];
    Ok((server, address))
}

async fn records(to: SocketAddr) -> Value {
    let iterator = json!({"StreamName": "s", "ShardId": "0", "ShardIteratorType": "TRIM_HORIZON"});
    let iterator = call(to, "GetShardIterator", iterator).await["ShardIterator"].clone();
    let read = call(to, "GetRecords", json!({"ShardIterator": iterator})).await;
    let shown = |r: &Value| json!([r["Data"], r["EncryptionType"]]);
    read["Records"].as_array().expect("records").iter().map(shown).collect()
}

#[tokio::test]
async fn what_was_put_after_the_start_of_encryption_is_nowhere_on_the_disk_in_plain_text() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let data_dir = dir.path().display().to_string();
    let (server, to) = start(&data_dir, &[]).await.expect("it starts");
    call(to, "CreateStream", json!({"StreamName": "s", "ShardCount": 1})).await;
    let put = |data| json!({"StreamName": "s", "Data": data, "PartitionKey": "k"});
    call(to, "PutRecord", put(BEFORE)).await;
    let kms = json!({"StreamName": "s", "EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"});
    call(to, "StartStreamEncryption", kms).await;
    for _ in 0..3 {
        call(to, "PutRecord", put(SEALED)).await;
    }
    assert!(count(dir.path(), &plain(BEFORE)) > 0, "what was put before stays as it was");
    assert_eq!(count(dir.path(), &plain(SEALED)), 0);
    let expected = json!([[BEFORE, null], [SEALED, "KMS"], [SEALED, "KMS"], [SEALED, "KMS"]]);
    assert_eq!(records(to).await, expected);
    server.drain().await.expect("it stops");
    assert_eq!(count(dir.path(), &plain(SEALED)), 0);

    let (server, to) = start(&data_dir, &[]).await.expect("it starts again");
    assert_eq!(records(to).await, expected);
    assert_eq!(count(dir.path(), &plain(SEALED)), 0);
    server.drain().await.expect("it stops");
}

#[tokio::test]
async fn the_master_key_is_made_once_kept_to_its_owner_and_asked_for_again() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let data_dir = dir.path().display().to_string();
    let path = dir.path().join("master.key");
    let (server, to) = start(&data_dir, &[]).await.expect("it starts");
    assert_eq!(path.metadata().expect("the key").permissions().mode() & 0o777, 0o600);
    call(to, "CreateStream", json!({"StreamName": "s", "ShardCount": 1})).await;
    let kms = json!({"StreamName": "s", "EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"});
    call(to, "StartStreamEncryption", kms).await;
    call(to, "PutRecord", json!({"StreamName": "s", "Data": SEALED, "PartitionKey": "k"})).await;
    server.drain().await.expect("it stops");

    let other = "//////////////////////////////////////////8=";
    let refused =
        start(&data_dir, &[("ANABRANCH_MASTER_KEY", other)]).await.err().expect("it does not start");
    assert!(causes(&refused).contains("sealed under another master key"), "{}", causes(&refused));

    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("a mode");
    let refused = start(&data_dir, &[]).await.err().expect("it does not start");
    assert!(causes(&refused).contains("mode 0644"), "{}", causes(&refused));
}

fn causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
