use std::time::Duration;

use anabranch_api::logs::{
    CreateLogGroup, CreateLogStream, DeleteLogGroup, DeleteLogStream, DeleteRetentionPolicy,
    DescribeLogGroups, DescribeLogStreams, GetLogEvents, ListTagsForResource, ListTagsLogGroup, PutLogEvents,
    PutRetentionPolicy, TagLogGroup, TagResource, UntagLogGroup, UntagResource,
};
use serde_json::{Value, json};

use crate::harness::{NOW_MS, bench, messages};
use crate::log_groups;

const ARN: &str = "arn:aws:logs:us-east-1:123456789012:log-group:/app/a";

fn named<'a>(answer: &'a Value, list: &str, name: &str) -> Vec<&'a str> {
    answer[list].as_array().unwrap().iter().map(|one| one[name].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_group_is_described_as_it_was_made_also_after_a_restart() {
    let bench = bench().await;
    let request =
        json!({ "logGroupName": "/app/a", "tags": { "team": "a" }, "deletionProtectionEnabled": true });
    bench.call::<CreateLogGroup>(request.clone()).await;
    let refused = bench.refused::<CreateLogGroup>(request).await;
    assert_eq!(refused, "ResourceAlreadyExistsException: The specified log group already exists");
    bench.call::<PutRetentionPolicy>(json!({ "logGroupName": "/app/a", "retentionInDays": 7 })).await;

    let bench = bench.restarted().await;
    let described = bench.call::<DescribeLogGroups>(json!({ "logGroupNamePrefix": "/app" })).await;
    let expected = json!({
        "logGroupName": "/app/a", "creationTime": NOW_MS, "retentionInDays": 7, "metricFilterCount": 0,
        "arn": format!("{ARN}:*"), "logGroupArn": ARN, "storedBytes": 0, "logGroupClass": "STANDARD",
        "deletionProtectionEnabled": true,
    });
    assert_eq!(described, json!({ "logGroups": [expected] }));
    let tags =
        bench.logs.guard().protection("logs:PutLogEvents", &format!("{ARN}:log-stream:s")).unwrap().tags;
    assert_eq!(tags, [("team".to_owned(), "a".to_owned())]);
    let refused = bench.refused::<DeleteLogGroup>(json!({ "logGroupName": "/app/a" })).await;
    assert!(refused.starts_with("ValidationException: "), "{refused}");
}

#[tokio::test]
async fn a_deleted_group_is_gone_with_everything_and_its_name_is_free() {
    let bench = bench().await;
    bench.make("/app/a", &["s"]).await;
    bench.put("/app/a", "s", &[(0, "old")]).await;
    bench.call::<DeleteLogGroup>(json!({ "logGroupName": "/app/a" })).await;
    let refused = bench.refused::<DeleteLogGroup>(json!({ "logGroupName": "/app/a" })).await;
    assert_eq!(refused, "ResourceNotFoundException: The specified log group does not exist.");
    assert_eq!(bench.logs.log.logs(), []);
    assert_eq!(log_groups(&*bench.logs.catalog).await.unwrap(), []);

    bench.make("/app/a", &["s"]).await;
    let bench = bench.restarted().await;
    let answer = bench.call::<GetLogEvents>(json!({ "logGroupName": "/app/a", "logStreamName": "s" })).await;
    assert_eq!(messages(&answer), [""; 0]);
    assert_eq!(log_groups(&*bench.logs.catalog).await.unwrap()[0].1, ARN);
}

#[tokio::test]
async fn a_deleted_stream_leaves_nothing_to_a_namesake() {
    let bench = bench().await;
    bench.make("g", &["s"]).await;
    bench.put("g", "s", &[(0, "old")]).await;
    bench.call::<DeleteLogStream>(json!({ "logGroupName": "g", "logStreamName": "s" })).await;
    let put = json!({ "logGroupName": "g", "logStreamName": "s", "logEvents": [{ "timestamp": NOW_MS, "message": "m" }] });
    let refused = bench.refused::<PutLogEvents>(put).await;
    assert_eq!(refused, "ResourceNotFoundException: The specified log stream does not exist.");
    let bench = bench.restarted().await;
    bench.call::<CreateLogStream>(json!({ "logGroupName": "g", "logStreamName": "s" })).await;
    bench.put("g", "s", &[(0, "new")]).await;
    let bench = bench.restarted().await;
    let answer = bench.call::<GetLogEvents>(json!({ "logGroupName": "g", "logStreamName": "s" })).await;
    assert_eq!(messages(&answer), ["new"]);
}

#[tokio::test]
async fn groups_are_listed_by_prefix_by_part_and_in_pages() {
    let bench = bench().await;
    for name in ["/a/One", "/a/two", "/b/one"] {
        bench.make(name, &[]).await;
    }
    let names = async |request: Value| {
        let answer = bench.call::<DescribeLogGroups>(request).await;
        let names: Vec<String> =
            named(&answer, "logGroups", "logGroupName").into_iter().map(Into::into).collect();
        (names.join(" "), answer["nextToken"].as_str().map(str::to_owned))
    };
    assert_eq!(names(json!({})).await.0, "/a/One /a/two /b/one");
    assert_eq!(names(json!({ "logGroupNamePrefix": "/a" })).await.0, "/a/One /a/two");
    assert_eq!(names(json!({ "logGroupNamePattern": "one" })).await.0, "/a/One /b/one");
    assert_eq!(names(json!({ "accountIdentifiers": ["111122223333"] })).await.0, "");
    assert_eq!(names(json!({ "logGroupIdentifiers": ["/b/one", "/none"] })).await.0, "/b/one");
    let (first, token) = names(json!({ "limit": 2 })).await;
    assert_eq!(
        (first.as_str(), names(json!({ "limit": 2, "nextToken": token })).await),
        ("/a/One /a/two", ("/b/one".to_owned(), None))
    );
    let both = bench
        .refused::<DescribeLogGroups>(json!({ "logGroupNamePrefix": "a", "logGroupNamePattern": "b" }))
        .await;
    assert_eq!(
        both,
        "InvalidParameterException: LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."
    );
}

#[tokio::test]
async fn streams_are_listed_by_name_or_by_their_last_event() {
    let bench = bench().await;
    bench.make("g", &["a", "b", "c"]).await;
    bench.put("g", "a", &[(1000, "x"), (500, "x")]).await;
    bench.put("g", "c", &[(9000, "x")]).await;
    let bench = bench.restarted().await;
    let names = async |mut request: Value| {
        request["logGroupName"] = json!("g");
        let answer = bench.call::<DescribeLogStreams>(request).await;
        let names: Vec<String> =
            named(&answer, "logStreams", "logStreamName").into_iter().map(Into::into).collect();
        (names.join(" "), answer["nextToken"].clone())
    };
    assert_eq!(names(json!({})).await.0, "a b c");
    assert_eq!(names(json!({ "descending": true })).await.0, "c b a");
    assert_eq!(names(json!({ "logStreamNamePrefix": "b" })).await.0, "b");
    let by_time = json!({ "orderBy": "LastEventTime", "descending": true, "limit": 2 });
    let (first, token) = names(by_time.clone()).await;
    assert_eq!(first, "a c");
    let mut next = by_time;
    next["nextToken"] = token;
    assert_eq!(names(next).await, ("b".to_owned(), Value::Null));
    let one = bench
        .call::<DescribeLogStreams>(
            json!({ "logGroupIdentifier": "arn:aws:logs:us-east-1:123456789012:log-group:g", "limit": 1 }),
        )
        .await;
    let one = &one["logStreams"][0];
    assert_eq!(one["firstEventTimestamp"], NOW_MS - 1000);
    assert_eq!(one["lastEventTimestamp"], NOW_MS - 500);
    assert_eq!(one["lastIngestionTime"], NOW_MS);
    assert_eq!(one["arn"], "arn:aws:logs:us-east-1:123456789012:log-group:g:log-stream:a");
    let refused = bench
        .refused::<DescribeLogStreams>(
            json!({ "logGroupName": "g", "logStreamNamePrefix": "a", "orderBy": "LastEventTime" }),
        )
        .await;
    assert_eq!(
        refused,
        "InvalidParameterException: Cannot order by LastEventTime with a logStreamNamePrefix."
    );
}

#[tokio::test]
async fn tags_are_of_a_group_by_name_or_by_arn() {
    let bench = bench().await;
    bench.make("/app/a", &[]).await;
    bench.call::<TagLogGroup>(json!({ "logGroupName": "/app/a", "tags": { "a": "1", "b": "2" } })).await;
    bench.call::<TagResource>(json!({ "resourceArn": ARN, "tags": { "c": "3" } })).await;
    bench.call::<UntagLogGroup>(json!({ "logGroupName": "/app/a", "tags": ["a"] })).await;
    bench.call::<UntagResource>(json!({ "resourceArn": ARN, "tagKeys": ["b"] })).await;
    let by_arn = bench.call::<ListTagsForResource>(json!({ "resourceArn": ARN })).await;
    let by_name = bench.call::<ListTagsLogGroup>(json!({ "logGroupName": "/app/a" })).await;
    assert_eq!((&by_arn, &by_name), (&json!({ "tags": { "c": "3" } }), &by_arn));
    let many: serde_json::Map<String, Value> = (0..50).map(|n| (format!("t{n}"), json!("x"))).collect();
    let refused = bench.refused::<TagResource>(json!({ "resourceArn": ARN, "tags": many })).await;
    assert_eq!(refused, "TooManyTagsException: The number of tags per resource exceeds the limit of 50");
    let foreign = ARN.replace("123456789012", "111122223333");
    let refused = bench.refused::<ListTagsForResource>(json!({ "resourceArn": foreign })).await;
    assert_eq!(refused, "ResourceNotFoundException: The specified resource does not exist.");
}

#[tokio::test]
async fn events_go_with_their_retention() {
    let bench = bench().await;
    bench.make("g", &["s"]).await;
    let refused =
        bench.refused::<PutRetentionPolicy>(json!({ "logGroupName": "g", "retentionInDays": 2 })).await;
    assert!(refused.contains("Value '2' at 'retentionInDays' failed to satisfy constraint"), "{refused}");
    bench.call::<PutRetentionPolicy>(json!({ "logGroupName": "g", "retentionInDays": 3 })).await;
    bench.put("g", "s", &[(0, "first")]).await;
    bench.pass(Duration::from_secs(2 * 86_400)).await;
    bench.put("g", "s", &[(0, "second")]).await;
    bench.pass(Duration::from_secs(86_400 + 3 * 3600)).await;
    let get = async || {
        let answer = bench.call::<GetLogEvents>(json!({ "logGroupName": "g", "logStreamName": "s" })).await;
        messages(&answer).join(" ")
    };
    assert_eq!(get().await, "second");
    bench.call::<DeleteRetentionPolicy>(json!({ "logGroupName": "g" })).await;
    assert_eq!(get().await, "second", "the first has left the log");
}
