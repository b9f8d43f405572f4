use std::time::Duration;

use anabranch_api::logs::{
    DeleteLogGroup, DeleteSubscriptionFilter, DescribeSubscriptionFilters, FilterLogEvents,
    PutSubscriptionFilter,
};
use serde_json::{Value, json};

use crate::harness::{Bench, NOW_MS, bench};

const STREAM: &str = "arn:aws:kinesis:us-east-1:123456789012:stream/t";
const ROLE: &str = "arn:aws:iam::123456789012:role/r";

fn request(name: &str, pattern: &str) -> Value {
    json!({ "logGroupName": "g", "filterName": name, "filterPattern": pattern, "destinationArn": STREAM, "roleArn": ROLE })
}

async fn subscribed() -> Bench {
    let bench = bench().await;
    bench.make("g", &["a", "b"]).await;
    bench.call::<PutSubscriptionFilter>(request("f", "ERROR")).await;
    bench
}

fn delivered(bench: &Bench, stream: &str) -> Vec<String> {
    let documents = bench.delivered().remove(stream).unwrap_or_default();
    let events = documents.iter().flat_map(|document| document["logEvents"].as_array().unwrap());
    events.map(|event| event["message"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_filter_checks_its_destination_and_lets_events_through() {
    let bench = subscribed().await;
    let control = &bench.delivered()[""][0];
    assert_eq!(control["messageType"], "CONTROL_MESSAGE");
    assert_eq!(
        control["logEvents"][0]["message"],
        "CWL CONTROL MESSAGE: Checking health of destination Kinesis stream."
    );
    bench.world.parcels.lock().unwrap().clear();

    bench.put("g", "a", &[(2, "ERROR 1"), (1, "ok"), (0, "ERROR 2")]).await;
    bench.put("g", "b", &[(0, "ERROR 3")]).await;
    bench.pass(Duration::ZERO).await;
    let documents = bench.delivered();
    let found = bench
        .call::<FilterLogEvents>(
            json!({ "logGroupName": "g", "logStreamNames": ["a"], "filterPattern": "ERROR" }),
        )
        .await;
    let ids = [0, 1].map(|n| found["events"][n]["eventId"].clone());
    assert_eq!(
        documents["a"],
        [json!({
            "messageType": "DATA_MESSAGE", "owner": "123456789012", "logGroup": "g", "logStream": "a",
            "subscriptionFilters": ["f"],
            "logEvents": [
                { "id": ids[0], "timestamp": NOW_MS - 2, "message": "ERROR 1" },
                { "id": ids[1], "timestamp": NOW_MS, "message": "ERROR 2" },
            ],
        })]
    );
    assert_eq!(delivered(&bench, "b"), ["ERROR 3"]);
    let parcels = bench.world.parcels.lock().unwrap();
    let parcel = &parcels[0];
    assert_eq!((parcel.role.as_str(), parcel.destination.as_str()), (ROLE, STREAM));
    assert_eq!(parcel.source, "arn:aws:logs:us-east-1:123456789012:log-group:g");
    assert_ne!(parcel.records[0].0, parcel.records[1].0, "by log stream");
}

#[tokio::test]
async fn what_was_not_delivered_is_after_a_restart_and_what_was_is_not_again() {
    let bench = subscribed().await;
    bench.put("g", "a", &[(0, "ERROR 1")]).await;
    bench.pass(Duration::ZERO).await;
    bench.put("g", "a", &[(0, "ERROR 2")]).await;
    let bench = bench.restarted().await;
    bench.pass(Duration::ZERO).await;
    assert_eq!(delivered(&bench, "a"), ["ERROR 1", "ERROR 2"]);
}

#[tokio::test]
async fn a_destination_that_takes_nothing_is_tried_again_for_a_day() {
    let bench = subscribed().await;
    *bench.world.is_down.lock().unwrap() = true;
    bench.put("g", "a", &[(0, "ERROR 1")]).await;
    bench.pass(Duration::ZERO).await;
    bench.pass(Duration::from_millis(500)).await;
    *bench.world.is_down.lock().unwrap() = false;
    bench.pass(Duration::from_millis(400)).await;
    assert_eq!(delivered(&bench, "a"), [""; 0], "not before the pause is over");
    bench.pass(Duration::from_millis(100)).await;
    assert_eq!(delivered(&bench, "a"), ["ERROR 1"]);

    *bench.world.is_down.lock().unwrap() = true;
    bench.put("g", "a", &[(0, "ERROR 2")]).await;
    bench.pass(Duration::from_secs(86_400)).await;
    *bench.world.is_down.lock().unwrap() = false;
    bench.put("g", "a", &[(0, "ERROR 3")]).await;
    bench.pass(Duration::from_secs(3600)).await;
    assert_eq!(delivered(&bench, "a"), ["ERROR 1", "ERROR 3"]);
    let group = bench.logs.directory.all().remove(0);
    let outbox = group.stored().outbox.unwrap();
    let log = anabranch_log::LogId { group: anabranch_log::GroupId(outbox), index: 0 };
    let state = bench.logs.log.state(log).unwrap();
    assert_eq!(state.start.offset, state.end.offset, "what every filter has delivered is let go");
}

#[tokio::test]
async fn what_is_long_and_does_not_compress_is_several_records() {
    let bench = bench().await;
    bench.make("g", &["a"]).await;
    bench.call::<PutSubscriptionFilter>(request("f", "")).await;
    bench.world.parcels.lock().unwrap().clear();
    let random = bench.logs.rng.clone();
    // Characters of many kinds: about as long compressed as not.
    let long: String =
        (0..174_000).map(|_| char::from_u32(0x4e00 + (random.u64() % 20_000) as u32).unwrap()).collect();
    bench.put("g", "a", &[(1, &long), (0, &long[..499_998])]).await;
    bench.pass(Duration::ZERO).await;
    let lengths: Vec<usize> = bench
        .world
        .parcels
        .lock()
        .unwrap()
        .iter()
        .flat_map(|p| &p.records)
        .map(|(_, data)| data.len())
        .collect();
    assert!(lengths.iter().all(|length| *length < 1 << 20), "{lengths:?}");
    assert_eq!(delivered(&bench, "a").iter().map(String::len).collect::<Vec<_>>(), [522_000, 499_998]);
}

#[tokio::test]
async fn filters_are_two_a_group_and_go_when_they_are_deleted() {
    let bench = subscribed().await;
    bench.call::<PutSubscriptionFilter>(request("e", "")).await;
    let said = bench.refused::<PutSubscriptionFilter>(request("d", "")).await;
    assert_eq!(said, "LimitExceededException: Resource limit exceeded.");
    let bench = bench.restarted().await;
    let described =
        bench.call::<DescribeSubscriptionFilters>(json!({ "logGroupName": "g", "limit": 1 })).await;
    let expected = json!({
        "filterName": "e", "logGroupName": "g", "filterPattern": "", "destinationArn": STREAM, "roleArn": ROLE,
        "distribution": "ByLogStream", "applyOnTransformedLogs": false, "creationTime": NOW_MS,
    });
    assert_eq!(described, json!({ "subscriptionFilters": [expected], "nextToken": "e" }));
    let delete = json!({ "logGroupName": "g", "filterName": "e" });
    bench.call::<DeleteSubscriptionFilter>(delete.clone()).await;
    let said = bench.refused::<DeleteSubscriptionFilter>(delete).await;
    assert_eq!(said, "ResourceNotFoundException: The specified subscription filter does not exist.");
    bench.world.parcels.lock().unwrap().clear();
    bench.put("g", "a", &[(0, "ERROR x")]).await;
    bench.pass(Duration::ZERO).await;
    assert_eq!(bench.delivered()["a"].len(), 1);
    bench.call::<DeleteLogGroup>(json!({ "logGroupName": "g" })).await;
    bench.pass(Duration::ZERO).await;
    assert_eq!(bench.logs.log.logs(), []);
}

#[tokio::test]
async fn a_role_must_be_given_and_may_be_refused() {
    let bench = bench().await;
    bench.make("g", &[]).await;
    let without = |member: &str| {
        let mut request = request("f", "");
        request.as_object_mut().unwrap().remove(member);
        request
    };
    let said = bench.refused::<PutSubscriptionFilter>(without("roleArn")).await;
    assert_eq!(
        said,
        "InvalidParameterException: destinationArn for vendor kinesis cannot be used without roleArn"
    );
    *bench.world.forbidden_role.lock().unwrap() = ROLE.to_owned();
    let said = bench.refused::<PutSubscriptionFilter>(request("f", "")).await;
    assert_eq!(said, "AccessDeniedException: not this role");
    bench.world.forbidden_role.lock().unwrap().clear();
    *bench.world.is_down.lock().unwrap() = true;
    let said = bench.refused::<PutSubscriptionFilter>(request("f", "")).await;
    assert!(said.starts_with("InvalidParameterException: Could not deliver test message"), "{said}");
    let mut other = request("f", "");
    other["destinationArn"] = json!("arn:aws:lambda:us-east-1:123456789012:function:f");
    assert!(bench.refused::<PutSubscriptionFilter>(other).await.contains("only kinesis is known here"));
}
