use anabranch_api::cloudtrail::{
    Event, GetTrail, LookupAttribute, LookupAttributeKey, LookupEvents, LookupEventsOutput,
};

use super::*;
use crate::ledger::Book;

async fn look(f: &Fixture, request: LookupEvents) -> LookupEventsOutput {
    // What was read is written soon; what waits is written with this.
    f.service.close().await;
    f.call(request).await.unwrap()
}

fn names(found: &LookupEventsOutput) -> Vec<String> {
    let events = found.events.as_ref().unwrap();
    events.iter().map(|event: &Event| event.event_name.as_ref().unwrap().to_string()).collect()
}

fn by(key: LookupAttributeKey, value: &str) -> LookupEvents {
    let attribute = LookupAttribute { attribute_key: key, attribute_value: value.into() };
    LookupEvents { lookup_attributes: Some(vec![attribute]), ..LookupEvents::default() }
}

#[tokio::test]
async fn events_are_found_newest_first_by_any_one_attribute() {
    let f = Fixture::new().await;
    f.trail("one").await;
    f.advance(Duration::from_secs(7200)).await;
    f.call(GetTrail { name: "one".into() }).await.unwrap();
    let all = look(&f, LookupEvents::default()).await;
    assert_eq!(names(&all), ["GetTrail", "StartLogging", "CreateTrail"]);
    assert_eq!(all.next_token, None);
    let newest = &all.events.unwrap()[0];
    assert_eq!(newest.username.as_deref(), Some("root"));
    assert_eq!(newest.access_key_id.as_deref(), Some("AKIATEST"));
    let id = newest.event_id.clone().unwrap();
    let cases = [
        (LookupAttributeKey::EventId, &*id, 1),
        (LookupAttributeKey::EventName, "CreateTrail", 1),
        (LookupAttributeKey::ReadOnly, "false", 2),
        (LookupAttributeKey::Username, "root", 3),
        (LookupAttributeKey::ResourceType, "AWS::CloudTrail::Trail", 3),
        (LookupAttributeKey::ResourceName, "one", 3),
        (LookupAttributeKey::EventSource, "cloudtrail.amazonaws.com", 3),
        (LookupAttributeKey::AccessKeyId, "AKIATEST", 3),
        (LookupAttributeKey::AccessKeyId, "AKIAOTHER", 0),
    ];
    for (key, value, count) in cases {
        // Lookups are events, too: those of a call are found by the next one.
        let found = look(&f, by(key, value)).await;
        let without_lookups = names(&found).iter().filter(|name| *name != "LookupEvents").count();
        assert_eq!(without_lookups, count, "{key:?} {value}");
    }
}

#[tokio::test]
async fn pages_go_on_where_the_last_one_ended_however_far_apart_events_are() {
    let f = Fixture::new().await;
    for days in [0, 1, 30, 0, 0] {
        f.advance(Duration::from_secs(days * 24 * 3600)).await;
        f.call(trail(&format!("trail-{days}-{}", f.clock.now().millis()))).await.ok();
    }
    let mut request =
        LookupEvents { max_results: Some(2), ..by(LookupAttributeKey::EventName, "CreateTrail") };
    let mut pages = Vec::new();
    loop {
        let page = look(&f, request.clone()).await;
        pages.push(names(&page).len());
        request.next_token = page.next_token;
        if request.next_token.is_none() {
            break;
        }
    }
    assert_eq!(pages.iter().sum::<usize>(), 5, "{pages:?}");
    assert!(pages.iter().all(|page| *page <= 2), "{pages:?}");
}

#[tokio::test]
async fn a_range_of_time_and_the_region_bound_what_is_found() {
    let f = Fixture::new().await;
    f.trail("early").await;
    f.advance(Duration::from_secs(3600)).await;
    f.trail("late").await;
    let half = T0 + Duration::from_secs(1800);
    let early = LookupEvents { end_time: Some(half), ..by(LookupAttributeKey::EventName, "CreateTrail") };
    let late = LookupEvents { start_time: Some(half), ..by(LookupAttributeKey::EventName, "CreateTrail") };
    assert_eq!(names(&look(&f, early).await).len(), 1);
    assert_eq!(names(&look(&f, late).await).len(), 1);
    let elsewhere = f.in_region("eu-west-1", by(LookupAttributeKey::EventName, "CreateTrail")).await.unwrap();
    assert_eq!(names(&elsewhere), [""; 0]);
}

#[tokio::test]
async fn a_lookup_that_makes_no_sense_is_refused() {
    let f = Fixture::new().await;
    let two = by(LookupAttributeKey::EventName, "a").lookup_attributes.unwrap();
    let attributes = Some([two.clone(), two].concat());
    let cases = [
        (
            LookupEvents { lookup_attributes: attributes, ..LookupEvents::default() },
            "InvalidLookupAttributesException: You can specify only one lookup attribute.",
        ),
        (
            LookupEvents {
                start_time: Some(T0),
                end_time: Some(T0 - Duration::from_secs(1)),
                ..LookupEvents::default()
            },
            "InvalidTimeRangeException: The start time must be before the end time.",
        ),
        (
            LookupEvents { next_token: Some("x".into()), ..LookupEvents::default() },
            "InvalidNextTokenException: The next token is not one of this request.",
        ),
    ];
    for (request, sentence) in cases {
        assert_eq!(f.refused(request).await, sentence);
    }
}

#[tokio::test]
async fn a_burst_of_long_ago_is_looked_through_in_parts() {
    let f = Fixture::new().await;
    f.call(trail("before-the-burst")).await.unwrap();
    f.advance(Duration::from_secs(30)).await;
    let account: AccountId = ACCOUNT.parse().unwrap();
    f.call(GetTrail { name: "before-the-burst".into() }).await.unwrap();
    f.service.close().await;
    let body = newest(&f).await;
    for part in 0..3 {
        for _ in 0..6_000 {
            f.service.ledgers.write_soon(account, Book::Management, body.clone()).await;
        }
        f.service.close().await;
        f.advance(Duration::from_secs(10 * (part + 1))).await;
    }
    f.advance(Duration::from_secs(20 * 24 * 3600)).await;
    let mut request = by(LookupAttributeKey::EventName, "CreateTrail");
    let mut pages = 0;
    let found = loop {
        let page = f.call(request.clone()).await.unwrap();
        pages += 1;
        if !names(&page).is_empty() {
            break names(&page);
        }
        request.next_token = page.next_token;
        assert!(request.next_token.is_some(), "it is there");
    };
    assert_eq!(found, ["CreateTrail"]);
    assert!(pages <= 3, "{pages} pages");
}

/// The record of the newest event.
async fn newest(f: &Fixture) -> bytes::Bytes {
    let page = f.service.ledgers.read(
        ACCOUNT.parse().unwrap(),
        Book::Management,
        anabranch_log::ReadFrom::Time(Timestamp::default()),
    );
    page.await.unwrap().entries.pop().unwrap().body
}
