use std::time::Duration;

use anabranch_api::logs::StartLiveTail;
use anabranch_api::{ApiError, Frames, ServeFeed};
use futures_util::{FutureExt, StreamExt};

use crate::harness::{Bench, bench};

async fn tail(bench: &Bench, request: StartLiveTail) -> Result<Frames, ApiError> {
    bench.logs.open(&bench.cx, request).await.map(|feed| feed.frames).map_err(Into::into)
}

fn of(group: &str, pattern: &str) -> StartLiveTail {
    StartLiveTail {
        log_group_identifiers: vec![group.into()],
        log_event_filter_pattern: Some(pattern.into()),
        ..StartLiveTail::default()
    }
}

/// The next frame as text, if there is one now.
fn next(frames: &mut Frames) -> Option<Result<String, String>> {
    let frame = frames.next().now_or_never()??;
    Some(frame.map(|f| String::from_utf8_lossy(&f.0).into_owned()).map_err(|error| error.code.to_string()))
}

#[tokio::test]
async fn a_tail_is_told_each_second_what_came() {
    let bench = bench().await;
    bench.make("g", &["a", "b"]).await;
    let arn = "arn:aws:logs:us-east-1:123456789012:log-group:g";
    let request = StartLiveTail { log_stream_name_prefixes: Some(vec!["a".into()]), ..of(arn, "ERROR") };
    let mut frames = tail(&bench, request).await.unwrap();
    let begin = next(&mut frames).unwrap().unwrap();
    assert!(
        begin.contains("sessionStart") && begin.contains(r#""logEventFilterPattern":"ERROR""#),
        "{begin}"
    );
    bench.put("g", "a", &[(0, "ERROR 1"), (0, "fine")]).await;
    bench.put("g", "b", &[(0, "ERROR 2")]).await;
    assert_eq!(next(&mut frames), None);
    bench.pass(Duration::from_secs(1)).await;
    let update = next(&mut frames).unwrap().unwrap();
    assert!(update.contains("sessionUpdate") && update.contains(r#""message":"ERROR 1""#), "{update}");
    assert!(update.contains(r#""sampled":false"#) && !update.contains("ERROR 2") && !update.contains("fine"));
    assert!(update.contains(r#""logGroupIdentifier":"123456789012:g""#), "{update}");
    bench.pass(Duration::from_secs(1)).await;
    assert!(next(&mut frames).unwrap().unwrap().contains(r#""sessionResults":[]"#));
}

#[tokio::test]
async fn of_many_events_some_are_shown_and_a_tail_ends_after_three_hours() {
    let bench = bench().await;
    bench.make("g", &["a"]).await;
    let mut frames = tail(&bench, of("g", "")).await.unwrap();
    next(&mut frames).unwrap().unwrap();
    bench.put("g", "a", &[(0, "x"); 501]).await;
    bench.pass(Duration::from_secs(1)).await;
    let update = next(&mut frames).unwrap().unwrap();
    assert_eq!((update.matches("logStreamName").count(), update.contains(r#""sampled":true"#)), (500, true));
    bench.pass(Duration::from_secs(3 * 3600)).await;
    assert_eq!(next(&mut frames), Some(Err("SessionTimeoutException".to_owned())));
}

#[tokio::test]
async fn tails_are_fifteen_at_a_time_and_a_closed_one_makes_room() {
    let bench = bench().await;
    bench.make("g", &[]).await;
    let mut open = Vec::new();
    for _ in 0..15 {
        open.push(tail(&bench, of("g", "")).await.unwrap());
    }
    let refused = |result: Result<Frames, ApiError>| result.err().map(|error| error.code.to_string());
    assert_eq!(refused(tail(&bench, of("g", "")).await).as_deref(), Some("LimitExceededException"));
    open.pop();
    assert_eq!(refused(tail(&bench, of("g", "")).await), None);
    assert_eq!(refused(tail(&bench, of("none", "")).await).as_deref(), Some("ResourceNotFoundException"));
    assert_eq!(refused(tail(&bench, of("g", "{")).await).as_deref(), Some("InvalidParameterException"));
}
