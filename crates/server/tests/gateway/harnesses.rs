use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::harness::{Answer, Ask, ROOT, ROOT_KEY, plain, start};

async fn ask(to: SocketAddr, signer: (&str, &str), operation: &str, body: Value) -> Answer {
    let target = format!("Kinesis_20131202.{operation}");
    let headers = [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", target.as_str())];
    let body = body.to_string();
    Ask { headers: &headers, body: body.as_bytes(), signer, ..Ask::default() }.send(to).await
}

async fn call(to: SocketAddr, operation: &str, body: Value) -> Value {
    let answer = ask(to, ("test", "test"), operation, body).await;
    assert_eq!(answer.status, 200, "{operation}: {}", answer.text());
    serde_json::from_slice(&answer.body).unwrap_or(Value::Null)
}

#[tokio::test]
async fn the_streams_that_other_servers_variables_name_are_there() {
    let variables = [("INITIALIZE_STREAMS", "one:1,two"), ("KINESIS_INITIALIZE_STREAMS", "one:3,three:2")];
    let (_server, to) = start(&["--region", "eu-west-1"], &variables).await;
    assert_eq!(call(to, "ListStreams", json!({})).await["StreamNames"], json!(["one", "three", "two"]));
    for (name, shards) in [("one", 1), ("two", 4), ("three", 2)] {
        let summary = call(to, "DescribeStreamSummary", json!({ "StreamName": name })).await;
        assert_eq!(summary["StreamDescriptionSummary"]["OpenShardCount"], shards, "{name}");
    }
    // A reset brings them back.
    call(to, "DeleteStream", json!({"StreamName": "one"})).await;
    assert_eq!(plain(to, "POST", "/_anabranch/reset", &[], "").await.status, 200);
    assert_eq!(call(to, "ListStreams", json!({})).await["StreamNames"], json!(["one", "three", "two"]));
}

#[tokio::test]
async fn a_closed_servers_accounts_have_the_streams() {
    let (_server, to) =
        start(&["--region", "eu-west-1"], &[ROOT_KEY, ("KINESIS_INITIALIZE_STREAMS", "one")]).await;
    let listed = ask(to, ROOT, "ListStreams", json!({})).await;
    assert!(listed.text().contains(r#""StreamNames":["one"]"#), "{}", listed.text());
}

#[tokio::test]
async fn health_and_the_rest_are_told_in_localstacks_shape() {
    let (_server, to) = start(&[], &[]).await;
    let health = plain(to, "GET", "/_localstack/health", &[], "").await;
    let health: Value = serde_json::from_slice(&health.body).expect("JSON");
    assert_eq!(health["services"]["kinesis"], "running");
    let told = plain(to, "GET", "/_localstack/info", &[], "").await;
    let told: Value = serde_json::from_slice(&told.body).expect("JSON");
    for member in ["version", "edition", "session_id", "server_time_utc", "uptime", "is_license_activated"] {
        assert!(told.get(member).is_some(), "{member} is missing in {told}");
    }
    assert_eq!(plain(to, "POST", "/_localstack/health", &[], "").await.status, 405);
}

#[tokio::test]
async fn faults_strike_as_asked_until_told_otherwise() {
    let fault = "PutRecords:throttle=0.5";
    let (_server, to) = start(&["--region", "eu-west-1", "--fault", fault, "--fault-seed", "7"], &[]).await;
    call(to, "CreateStream", json!({"StreamName": "s", "ShardCount": 1})).await;
    let entry = json!({"Data": "eA==", "PartitionKey": "k"});
    let put = json!({"StreamName": "s", "Records": vec![entry; 100]});
    let answer = call(to, "PutRecords", put.clone()).await;
    let failed = answer["FailedRecordCount"].as_i64().expect("a number");
    assert!((25..75).contains(&failed), "{failed}");
    let results = answer["Records"].as_array().expect("records");
    assert_eq!(results.len(), 100);
    let refused = results.iter().filter(|r| r["ErrorCode"] == "ProvisionedThroughputExceededException");
    assert_eq!(refused.count() as i64, failed);
    assert_eq!(results.iter().filter(|r| r["SequenceNumber"].is_string()).count() as i64, 100 - failed);

    let other = r#"{"faults":["PutRecord:throttle=1","ListStreams:error=1"]}"#;
    assert_eq!(plain(to, "POST", "/_anabranch/fault", &[], other).await.status, 200);
    assert_eq!(call(to, "PutRecords", put).await["FailedRecordCount"], 0);
    let one = json!({"StreamName": "s", "Data": "eA==", "PartitionKey": "k"});
    let refused = ask(to, ("test", "test"), "PutRecord", one.clone()).await;
    assert_eq!(refused.status, 400);
    assert!(refused.text().contains("ProvisionedThroughputExceededException"), "{}", refused.text());
    assert_eq!(ask(to, ("test", "test"), "ListStreams", json!({})).await.status, 500);

    for body in [r#"{"faults":["throttle=2"]}"#, r#"{"fault":[]}"#, ""] {
        assert_eq!(plain(to, "POST", "/_anabranch/fault", &[], body).await.status, 400, "{body}");
    }
    assert_eq!(plain(to, "POST", "/_anabranch/fault", &[], r#"{"faults":[]}"#).await.status, 200);
    call(to, "PutRecord", one).await;
}
