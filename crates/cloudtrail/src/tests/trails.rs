use anabranch_api::cloudtrail::{
    AddTags, AdvancedEventSelector, AdvancedFieldSelector, DeleteTrail, DescribeTrails, EventSelector,
    GetEventSelectors, GetTrail, GetTrailStatus, ListTags, ListTrails, PutEventSelectors, RemoveTags,
    StopLogging, Tag, UpdateTrail,
};

use super::*;

#[tokio::test]
async fn a_trail_is_made_described_changed_and_deleted() {
    let f = Fixture::new().await;
    let made = f.call(trail("one")).await.unwrap();
    let arn = format!("arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/one");
    assert_eq!(made.trail_arn.as_deref(), Some(&*arn));
    assert_eq!(
        f.refused(trail("one")).await,
        format!("TrailAlreadyExistsException: Trail one already exists for customer: {ACCOUNT}")
    );
    let multi =
        UpdateTrail { name: arn.clone().into(), is_multi_region_trail: Some(true), ..UpdateTrail::default() };
    assert_eq!(f.call(multi).await.unwrap().is_multi_region_trail, Some(true));
    let shadow = f.in_region("eu-west-1", GetTrail { name: "one".into() }).await.unwrap().trail.unwrap();
    assert_eq!(shadow.home_region.as_deref(), Some("us-east-1"));
    let delete = DeleteTrail { name: "one".into() };
    let refused = f.in_region("eu-west-1", delete.clone()).await.unwrap_err();
    assert_eq!(refused.code, "InvalidHomeRegionException");
    assert_eq!(f.call(ListTrails::default()).await.unwrap().trails.unwrap().len(), 1);
    let without_shadows = DescribeTrails { include_shadow_trails: Some(false), ..DescribeTrails::default() };
    let described = f.in_region("eu-west-1", without_shadows).await.unwrap().trail_list.unwrap();
    assert_eq!(described, []);
    f.call(delete.clone()).await.unwrap();
    assert_eq!(
        f.refused(delete).await,
        format!("TrailNotFoundException: Unknown trail: {arn} for the user: {ACCOUNT}")
    );
    assert_eq!(
        f.refused(GetTrail { name: "one".into() }).await,
        format!("TrailNotFoundException: Unknown trail: one for the user: {ACCOUNT}")
    );
}

#[tokio::test]
async fn a_trail_that_could_not_deliver_is_refused() {
    let f = Fixture::new().await;
    let with = |change: fn(&mut CreateTrail)| {
        let mut request = trail("one");
        change(&mut request);
        request
    };
    let cases = [
        (
            with(|r| r.s3_bucket_name = "absent".into()),
            "S3BucketDoesNotExistException: S3 bucket absent does not exist!",
        ),
        (
            with(|r| r.s3_bucket_name = "../logs".into()),
            "InvalidS3BucketNameException: S3 bucket name ../logs is not valid.",
        ),
        (
            with(|r| r.s3_key_prefix = Some("a/../b".into())),
            "InvalidS3PrefixException: S3 key prefix can have 200 characters at the most and has no empty or relative parts.",
        ),
        (
            with(|r| r.sns_topic_name = Some("t".into())),
            "InsufficientSnsTopicPolicyException: SNS Topic does not exist or the topic policy is incorrect!",
        ),
        (
            with(|r| (r.is_multi_region_trail, r.include_global_service_events) = (Some(true), Some(false))),
            "InvalidParameterCombinationException: Multi-Region trail must include global service events.",
        ),
        (
            with(|r| r.is_organization_trail = Some(true)),
            "OrganizationsNotInUseException: There are no organizations in Anabranch.",
        ),
        (
            with(|r| r.kms_key_id = Some("alias/k".into())),
            "UnsupportedOperationException: Encryption of event files under a KMS key is not implemented by Anabranch.",
        ),
    ];
    for (request, sentence) in cases {
        assert_eq!(f.refused(request).await, sentence);
    }
    for n in 0..5 {
        f.call(trail(&format!("trail-{n}"))).await.unwrap();
    }
    assert_eq!(
        f.refused(trail("one")).await,
        format!("MaximumNumberOfTrailsExceededException: User: {ACCOUNT} already has 5 trails in us-east-1.")
    );
}

#[tokio::test]
async fn a_trail_logs_from_start_to_stop() {
    let f = Fixture::new().await;
    f.call(trail("one")).await.unwrap();
    let status = || f.call(GetTrailStatus { name: "one".into() });
    let new = status().await.unwrap();
    assert_eq!((new.is_logging, new.time_logging_started.as_deref()), (Some(false), Some("")));
    f.call(StartLogging { name: "one".into() }).await.unwrap();
    let started = status().await.unwrap();
    assert_eq!((started.is_logging, started.start_logging_time), (Some(true), Some(T0)));
    assert_eq!(started.time_logging_started.as_deref(), Some("2026-11-21T15:40:00Z"));
    f.call(StopLogging { name: "one".into() }).await.unwrap();
    let stopped = status().await.unwrap();
    assert_eq!((stopped.is_logging, stopped.stop_logging_time), (Some(false), Some(T0)));
    assert_eq!(stopped.latest_delivery_time, Some(T0), "what was called before the stop is delivered");
}

#[tokio::test]
async fn tags_are_put_over_those_there_are_and_taken_away() {
    let f = Fixture::new().await;
    f.call(trail("one")).await.unwrap();
    let arn = format!("arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/one");
    let tags = |all: &[(&str, &str)]| -> Vec<Tag> {
        all.iter().map(|(k, v)| Tag { key: (*k).into(), value: Some((*v).into()) }).collect()
    };
    let add = |all| f.call(AddTags { resource_id: arn.clone().into(), tags_list: tags(all) });
    add(&[("team", "a"), ("stage", "test")]).await.unwrap();
    add(&[("team", "b")]).await.unwrap();
    f.call(RemoveTags { resource_id: arn.clone().into(), tags_list: tags(&[("stage", "any")]) })
        .await
        .unwrap();
    let list = ListTags { resource_id_list: vec![arn.clone().into()], next_token: None };
    let listed = f.call(list).await.unwrap().resource_tag_list.unwrap();
    assert_eq!(listed[0].tags_list.as_deref(), Some(&*tags(&[("team", "b")])));
    assert_eq!(add(&[("aws:x", "")]).await.unwrap_err().code, "InvalidTagParameterException");
    let many: Vec<_> = (0..51).map(|n| Tag { key: format!("{n}").into(), value: None }).collect();
    let too_many = AddTags { resource_id: arn.into(), tags_list: many };
    assert!(f.refused(too_many).await.starts_with("TagsLimitExceededException"));
}

#[tokio::test]
async fn selectors_are_told_as_they_were_put() {
    let f = Fixture::new().await;
    f.call(trail("one")).await.unwrap();
    let get = || f.call(GetEventSelectors { trail_name: "one".into() });
    let new = get().await.unwrap();
    assert_eq!(new.event_selectors.unwrap()[0].include_management_events, Some(true));
    let field = |name: &str, value: &str| AdvancedFieldSelector {
        field: name.into(),
        equals: Some(vec![value.into()]),
        ..AdvancedFieldSelector::default()
    };
    let selectors = |fields| {
        let one = AdvancedEventSelector { name: Some("data".into()), field_selectors: fields };
        PutEventSelectors {
            trail_name: "one".into(),
            advanced_event_selectors: Some(vec![one]),
            event_selectors: None,
        }
    };
    let data = field("eventCategory", "Data");
    let good = selectors(vec![data.clone(), field("resources.type", "AWS::Kinesis::Stream")]);
    f.call(good.clone()).await.unwrap();
    let got = get().await.unwrap();
    assert_eq!(
        (got.event_selectors, got.advanced_event_selectors),
        (None, good.advanced_event_selectors.clone())
    );
    let both = PutEventSelectors { event_selectors: Some(vec![EventSelector::default()]), ..good };
    let cases = [
        (both, "event selectors and advanced event selectors exclude each other."),
        (PutEventSelectors { trail_name: "one".into(), ..PutEventSelectors::default() }, "there are none."),
        (selectors(vec![data.clone()]), "data events need a resources.type."),
        (selectors(vec![field("readOnly", "true")]), "the field eventCategory is missing."),
        (selectors(vec![data.clone(), data.clone()]), "the field eventCategory is named twice."),
        (selectors(vec![field("userAgent", "x")]), "userAgent is no field of an event."),
        (selectors(vec![field("eventCategory", "Insight")]), "Insight is no eventCategory of a trail here."),
    ];
    for (request, why) in cases {
        let sentence = format!("InvalidEventSelectorsException: Invalid event selectors: {why}");
        assert_eq!(f.refused(request).await, sentence);
    }
}
