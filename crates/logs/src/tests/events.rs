use anabranch_api::logs::{FilterLogEvents, GetLogEvents, PutLogEvents, PutMetricFilter, TestMetricFilter};
use serde_json::{Value, json};

use crate::harness::{Bench, NOW_MS, bench, messages};

async fn get(bench: &Bench, mut request: Value) -> Value {
    request["logGroupName"] = json!("g");
    request["logStreamName"] = json!("s");
    bench.call::<GetLogEvents>(request).await
}

async fn put_refused(bench: &Bench, events: Value) -> String {
    bench
        .refused::<PutLogEvents>(json!({ "logGroupName": "g", "logStreamName": "s", "logEvents": events }))
        .await
}

#[tokio::test]
async fn a_batch_is_chronological_short_and_small() {
    let bench = bench().await;
    bench.make("g", &["s"]).await;
    let event = |time_ms: i64| json!({ "timestamp": time_ms, "message": "m" });
    let said = put_refused(&bench, json!([event(NOW_MS), event(NOW_MS - 1)])).await;
    assert_eq!(
        said,
        "InvalidParameterException: Log events in a single PutLogEvents request must be in chronological order."
    );
    let said = put_refused(&bench, json!([event(NOW_MS - 86_400_001), event(NOW_MS)])).await;
    assert_eq!(
        said,
        "InvalidParameterException: The batch of log events in a single PutLogEvents request cannot span more than 24 hours."
    );
    let long = "x".repeat(1_048_576 - 25);
    let said = put_refused(&bench, json!([{ "timestamp": NOW_MS, "message": long }])).await;
    assert_eq!(said, "InvalidParameterException: Upload too large: 1048577 bytes exceeds limit of 1048576");
    bench.put("g", "s", &[(0, &long[1..])]).await;
}

#[tokio::test]
async fn what_is_rejected_is_told_and_the_rest_is_kept() {
    let bench = bench().await;
    bench.make("g", &["s"]).await;
    let day = 86_400_000;
    let told = bench.put("g", "s", &[(14 * day + 1, "old"), (14 * day - 5, "kept")]).await;
    assert_eq!(told["rejectedLogEventsInfo"], json!({ "tooOldLogEventEndIndex": 1 }));
    let told = bench.put("g", "s", &[(0, "kept too"), (-7_200_001, "new")]).await;
    assert_eq!(told["rejectedLogEventsInfo"], json!({ "tooNewLogEventStartIndex": 1 }));
    assert_eq!(told["nextSequenceToken"].as_str().unwrap().len(), 56);
    let told = bench.put("g", "s", &[(14 * day + 1, "old")]).await;
    assert_eq!(told["rejectedLogEventsInfo"], json!({ "tooOldLogEventEndIndex": 1 }));
    assert_eq!(messages(&get(&bench, json!({})).await), ["kept", "kept too"]);
}

#[tokio::test]
async fn tokens_lead_forth_and_back_and_stand_still_at_the_ends() {
    let bench = bench().await;
    bench.make("g", &["s"]).await;
    let token = |answer: &Value, which: &str| answer[which].as_str().unwrap().to_owned();
    let empty = get(&bench, json!({})).await;
    let waiting = token(&empty, "nextForwardToken");
    let again = get(&bench, json!({ "nextToken": waiting })).await;
    assert_eq!((messages(&again), token(&again, "nextForwardToken")), (vec![], waiting.clone()));

    bench.put("g", "s", &[(50, "a"), (40, "b"), (30, "c")]).await;
    bench.put("g", "s", &[(20, "d"), (10, "e")]).await;
    assert_eq!(messages(&get(&bench, json!({ "nextToken": waiting })).await), ["a", "b", "c", "d", "e"]);
    assert_eq!(messages(&get(&bench, json!({})).await), ["a", "b", "c", "d", "e"]);

    let last = get(&bench, json!({ "limit": 2 })).await;
    assert_eq!(messages(&last), ["d", "e"]);
    let before = get(&bench, json!({ "limit": 2, "nextToken": token(&last, "nextBackwardToken") })).await;
    assert_eq!(messages(&before), ["b", "c"]);
    let first = get(&bench, json!({ "limit": 2, "nextToken": token(&before, "nextBackwardToken") })).await;
    assert_eq!(messages(&first), ["a"]);
    let start = token(&first, "nextBackwardToken");
    let beyond = get(&bench, json!({ "nextToken": start })).await;
    assert_eq!((messages(&beyond), token(&beyond, "nextBackwardToken")), (vec![], start));
    assert_eq!(
        messages(&get(&bench, json!({ "nextToken": token(&beyond, "nextForwardToken") })).await),
        ["a", "b", "c", "d", "e"]
    );

    let head = get(&bench, json!({ "limit": 3, "startFromHead": true })).await;
    assert_eq!(messages(&head), ["a", "b", "c"]);
    let rest = get(&bench, json!({ "nextToken": token(&head, "nextForwardToken") })).await;
    assert_eq!(messages(&rest), ["d", "e"]);
    let end = token(&rest, "nextForwardToken");
    let still = get(&bench, json!({ "nextToken": end })).await;
    assert_eq!((messages(&still), token(&still, "nextForwardToken")), (vec![], end));
    assert_eq!(
        messages(&get(&bench, json!({ "nextToken": token(&still, "nextBackwardToken"), "limit": 1 })).await),
        ["e"]
    );

    let range = json!({ "startTime": NOW_MS - 40, "endTime": NOW_MS - 20 });
    assert_eq!(messages(&get(&bench, range).await), ["b", "c"]);
    let refused = bench
        .refused::<GetLogEvents>(json!({ "logGroupName": "g", "logStreamName": "s", "nextToken": "f/1/s" }))
        .await;
    assert_eq!(refused, "InvalidParameterException: The specified nextToken is invalid.");
}

#[tokio::test]
async fn a_filter_interleaves_streams_and_pages() {
    let bench = bench().await;
    bench.make("g", &["a1", "a2", "b"]).await;
    bench.put("g", "a1", &[(50, "ERROR 1"), (30, "ok"), (10, "ERROR 3")]).await;
    bench.put("g", "b", &[(20, "ERROR b")]).await;
    bench.put("g", "a2", &[(40, "ERROR 2"), (10, "ERROR 4")]).await;
    let filter = async |mut request: Value| {
        request["logGroupName"] = json!("g");
        bench.call::<FilterLogEvents>(request).await
    };
    let all = filter(json!({ "filterPattern": "ERROR" })).await;
    assert_eq!(messages(&all), ["ERROR 1", "ERROR 2", "ERROR b", "ERROR 3", "ERROR 4"]);
    assert_eq!((&all["nextToken"], &all["searchedLogStreams"]), (&Value::Null, &json!([])));
    let ids: Vec<&str> =
        all["events"].as_array().unwrap().iter().map(|e| e["eventId"].as_str().unwrap()).collect();
    assert!(ids.is_sorted() && ids.iter().all(|id| id.len() == 56), "{ids:?}");
    assert_eq!(
        messages(&filter(json!({ "logStreamNamePrefix": "a", "filterPattern": "-ERROR" })).await),
        ["ok"]
    );
    assert_eq!(messages(&filter(json!({ "logStreamNames": ["b", "b"] })).await), ["ERROR b"]);
    assert_eq!(
        messages(&filter(json!({ "startTime": NOW_MS - 40, "endTime": NOW_MS - 20 })).await),
        ["ERROR 2", "ok", "ERROR b"]
    );

    let (mut found, mut token) = (Vec::new(), Value::Null);
    loop {
        let mut request = json!({ "filterPattern": "ERROR", "limit": 2 });
        if !token.is_null() {
            request["nextToken"] = token;
        }
        let page = filter(request).await;
        found.extend(messages(&page).into_iter().map(str::to_owned));
        token = page["nextToken"].clone();
        if token.is_null() {
            break;
        }
    }
    assert_eq!(found, ["ERROR 1", "ERROR 2", "ERROR b", "ERROR 3", "ERROR 4"]);
    let back = filter(json!({ "startFromHead": false, "limit": 2 })).await;
    assert_eq!(messages(&back), ["ERROR 4", "ERROR 3"]);
    assert_eq!(
        messages(
            &filter(json!({ "startFromHead": false, "limit": 2, "nextToken": back["nextToken"] })).await
        ),
        ["ERROR b", "ok"]
    );

    for (request, said) in [
        (json!({ "filterPattern": "{" }), "InvalidParameterException: Invalid filter pattern"),
        (json!({ "nextToken": "x" }), "InvalidParameterException: The specified nextToken is invalid."),
        (
            json!({ "logStreamNames": ["none"] }),
            "ResourceNotFoundException: The specified log stream does not exist.",
        ),
        (
            json!({ "logGroupIdentifier": "g" }),
            "InvalidParameterException: LogGroup name and LogGroup ARN are mutually exclusive parameters.",
        ),
    ] {
        let mut whole = request.clone();
        whole["logGroupName"] = json!("g");
        assert_eq!(bench.refused::<FilterLogEvents>(whole).await, said, "{request}");
    }
}

#[tokio::test]
async fn a_metric_filter_measures_what_is_put_also_after_a_restart() {
    let bench = bench().await;
    bench.make("g", &["s"]).await;
    let transformation =
        json!({ "metricName": "m", "metricNamespace": "n", "metricValue": "$.ms", "unit": "Milliseconds" });
    let request = json!({
        "logGroupName": "g", "filterName": "f", "filterPattern": "{ $.ms > 3 }", "metricTransformations": [transformation],
    });
    bench.call::<PutMetricFilter>(request.clone()).await;
    let bench = bench.restarted().await;
    bench.put("g", "s", &[(0, r#"{"ms":2}"#), (0, r#"{"ms":7}"#), (0, "{}")]).await;
    let measured = std::mem::take(&mut *bench.world.measured.lock().unwrap());
    assert_eq!(measured.len(), 1);
    assert_eq!(
        (measured[0].values.as_slice(), measured[0].unit.as_deref()),
        ([(7.0, 1.0)].as_slice(), Some("Milliseconds"))
    );
    for (member, value, said) in [
        ("metricValue", json!("$x y"), ""),
        ("metricValue", json!("much"), "neither a number nor a name"),
        ("dimensions", json!({ "d": "plain" }), "dimension value must be valid selector: plain"),
    ] {
        let mut wrong = request.clone();
        wrong["metricTransformations"][0][member] = value;
        match bench.try_call::<PutMetricFilter>(wrong).await {
            Ok(_) => assert_eq!(said, "", "{member}"),
            Err(refusal) => assert!(!said.is_empty() && refusal.to_string().contains(said), "{refusal}"),
        }
    }
}

#[tokio::test]
async fn a_pattern_can_be_tried() {
    let bench = bench().await;
    let request =
        json!({ "filterPattern": "[ip, size > 5]", "logEventMessages": ["1.1.1.1 3", "2.2.2.2 9", "x"] });
    let answer = bench.call::<TestMetricFilter>(request).await;
    let expected = json!([{ "eventNumber": 2, "eventMessage": "2.2.2.2 9", "extractedValues": { "$ip": "2.2.2.2", "$size": "9" } }]);
    assert_eq!(answer["matches"], expected);
}
