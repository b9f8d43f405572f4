use std::time::Duration;

use anabranch_api::kinesis::{
    EncryptionType, GetRecords, MergeShards, PutRecord, PutRecords, PutRecordsRequestEntry,
    RegisterStreamConsumer, ShardIteratorType, SplitShard, StartStreamEncryption, StartingPosition,
    StopStreamEncryption, SubscribeToShard,
};
use anabranch_api::kms::{
    CreateAlias, CreateKey, DisableKey, EnableKey, KeySpec, KeyUsageType, PutKeyPolicy, RotateKeyOnDemand,
    ScheduleKeyDeletion, UpdateAlias,
};
use anabranch_api::{Frames, Serve, ServeFeed};
use bytes::Bytes;
use futures_util::StreamExt;

use super::*;
use crate::harness::{ACCOUNT, Bench, bench, context, name, refusal};

const SHARD: &str = "shardId-000000000000";
const OTHER: &str = "999999999999";

/// A stream `s` with one shard, sealed under a new key.
async fn sealed() -> (Bench, String) {
    let b = bench().await;
    b.create("s", 1).await;
    let key = b.key().await;
    b.encrypt("s", &key).await;
    (b, key)
}

fn put_request() -> PutRecord {
    PutRecord {
        stream_arn: Some(format!("arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/s").into()),
        data: Bytes::from_static(b"x"),
        partition_key: Some("k".into()),
        ..PutRecord::default()
    }
}

/// What a put, and a read from the beginning, are refused with; "" where they are not.
async fn told(b: &Bench, cx: &Context) -> [String; 2] {
    let told = |result: Result<(), Error>| result.err().map(|e| e.to_string()).unwrap_or_default();
    let put = b.streams.serve(cx, put_request()).await.map(drop);
    let iterator = b.iterator("s", SHARD, ShardIteratorType::TrimHorizon).await;
    let get = GetRecords { shard_iterator: iterator, ..GetRecords::default() };
    [told(put), told(b.streams.serve(cx, get).await.map(drop))]
}

async fn data(b: &Bench) -> Vec<Bytes> {
    b.data(&b.iterator("s", SHARD, ShardIteratorType::TrimHorizon).await).await
}

async fn disable(b: &Bench, key: &str) {
    b.key_call(DisableKey { key_id: key.into() }).await;
}

async fn enable(b: &Bench, key: &str) {
    b.key_call(EnableKey { key_id: key.into() }).await;
}

/// Lets the key's policy allow this caller these actions, and its account everything.
async fn allow(b: &Bench, key: &str, caller: &str, actions: &str, condition: &str) {
    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":[
            {{"Effect":"Allow","Principal":{{"AWS":"{ACCOUNT}"}},"Action":"kms:*","Resource":"*"}},
            {{"Effect":"Allow","Principal":{{"AWS":"{caller}"}},"Action":[{actions}],"Resource":"*"{condition}}}]}}"#
    );
    b.key_call(PutKeyPolicy { key_id: key.into(), policy: policy.into(), ..PutKeyPolicy::default() }).await;
}

#[tokio::test]
async fn a_key_is_named_in_four_ways_and_shown_as_it_was_named() {
    let b = bench().await;
    b.create("s", 1).await;
    let key = b.key().await;
    let alias = CreateAlias { alias_name: "alias/mine".into(), target_key_id: key.as_str().into() };
    b.key_call(alias).await;
    let id = key.rsplit('/').next().unwrap().to_owned();
    let alias_arn = format!("arn:aws:kms:us-east-1:{ACCOUNT}:alias/mine");
    for named in [key.clone(), id, "alias/mine".to_owned(), alias_arn] {
        b.encrypt("s", &named).await;
        let put = b.put("s", "k", b"x").await;
        assert_eq!(put.encryption_type, Some(EncryptionType::Kms));
        assert_eq!(b.describe("s").await.key_id.as_deref(), Some(&*named));
        let stream = b.streams.directory.all().remove(0);
        assert_eq!(stream.data_keys.stored().last().unwrap().kms_key.as_ref(), Some(&key));
    }
    assert_eq!(data(&b).await.len(), 4);
    let other = b.key().await;
    let stop = |key: &str| StopStreamEncryption {
        stream_name: Some(name("s")),
        encryption_type: EncryptionType::Kms,
        key_id: key.into(),
        ..StopStreamEncryption::default()
    };
    assert_eq!(b.refused(stop(&other)).await.0, "InvalidArgumentException");
    b.call(stop(&key)).await.unwrap();
    assert_eq!(b.put("s", "k", b"x").await.encryption_type, None);
}

#[tokio::test]
async fn an_alias_that_means_another_key_is_followed() {
    let b = bench().await;
    b.create("s", 1).await;
    let keys = [b.key().await, b.key().await];
    let alias = CreateAlias { alias_name: "alias/mine".into(), target_key_id: keys[0].as_str().into() };
    b.key_call(alias).await;
    b.encrypt("s", "alias/mine").await;
    b.put("s", "k", b"1").await;
    let alias = UpdateAlias { alias_name: "alias/mine".into(), target_key_id: keys[1].as_str().into() };
    b.key_call(alias).await;
    b.put("s", "k", b"2").await;
    let stream = b.streams.directory.all().remove(0);
    let under: Vec<_> = stream.data_keys.stored().into_iter().map(|k| k.kms_key.unwrap()).collect();
    assert_eq!(under, keys);
    assert_eq!(data(&b).await, ["1", "2"]);
}

#[tokio::test]
async fn a_key_that_cannot_be_used_stops_puts_and_reads_until_it_can() {
    let (b, key) = sealed().await;
    let cx = b.cx.clone();
    assert_eq!(told(&b, &cx).await, ["", ""]);
    disable(&b, &key).await;
    let disabled = format!("KMSDisabledException: {key} is disabled.");
    assert_eq!(told(&b, &cx).await, [disabled.clone(), disabled.clone()]);
    let entry = PutRecordsRequestEntry {
        data: Bytes::from_static(b"x"),
        partition_key: Some("k".into()),
        ..Default::default()
    };
    let many = PutRecords { stream_name: Some(name("s")), records: vec![entry; 3], ..PutRecords::default() };
    assert_eq!(b.refused(many).await.0, "KMSDisabledException", "the whole call");
    enable(&b, &key).await;
    assert_eq!(told(&b, &cx).await, ["", ""]);
    assert_eq!(data(&b).await.len(), 2, "nothing of what was refused is there");
    let delete = ScheduleKeyDeletion { key_id: key.as_str().into(), pending_window_in_days: Some(7) };
    b.key_call(delete).await;
    let pending = format!("KMSInvalidStateException: {key} is pending deletion.");
    assert_eq!(told(&b, &cx).await, [pending.clone(), pending]);
    for due in b.kms.due() {
        b.clock.advance_to(due.next_due().unwrap());
        due.run(b.clock.now()).await;
    }
    let gone = format!("KMSNotFoundException: Key '{key}' does not exist");
    assert_eq!(told(&b, &cx).await[0], gone);
}

#[tokio::test]
async fn what_a_key_opened_is_wiped_as_soon_as_it_is_disabled() {
    let (b, key) = sealed().await;
    b.put("s", "k", b"x").await;
    let stream = b.streams.directory.all().remove(0);
    let opened = Arc::downgrade(&b.streams.data_key(&stream, 0).unwrap());
    assert!(opened.upgrade().is_some());
    disable(&b, &key).await;
    while opened.upgrade().is_some() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_was_sealed_under_an_earlier_key_is_readable_as_long_as_that_can_be_used() {
    let (b, first) = sealed().await;
    b.put("s", "k", b"1").await;
    b.key_call(RotateKeyOnDemand { key_id: first.as_str().into() }).await;
    b.put("s", "k", b"2").await;
    let second = b.key().await;
    b.encrypt("s", &second).await;
    b.put("s", "k", b"3").await;
    let stop = StopStreamEncryption {
        stream_name: Some(name("s")),
        encryption_type: EncryptionType::Kms,
        key_id: second.as_str().into(),
        ..StopStreamEncryption::default()
    };
    b.call(stop).await.unwrap();
    b.put("s", "k", b"4").await;
    assert_eq!(data(&b).await, ["1", "2", "3", "4"]);
    let b = b.restarted().await;
    assert_eq!(data(&b).await, ["1", "2", "3", "4"]);
    disable(&b, &second).await;
    let iterator = b.iterator("s", SHARD, ShardIteratorType::TrimHorizon).await;
    let two = GetRecords { shard_iterator: iterator.clone(), limit: Some(2), ..GetRecords::default() };
    assert_eq!(b.call(two).await.unwrap().records.len(), 2);
    let all = GetRecords { shard_iterator: iterator, ..GetRecords::default() };
    assert_eq!(b.refused(all).await.0, "KMSDisabledException");
    b.put("s", "k", b"5").await;
    enable(&b, &second).await;
    assert_eq!(data(&b).await.len(), 5);
}

#[tokio::test]
async fn a_caller_from_another_account_needs_the_keys_leave_for_each() {
    let (b, key) = sealed().await;
    b.put("s", "k", b"x").await;
    let stranger = Context { access_key: Some("AKIAOTHER".into()), ..context(OTHER, "us-east-1", &b.clock) };
    let arn = format!("arn:aws:iam::{OTHER}:root");
    let no_put = format!(
        "KMSAccessDeniedException: User: {arn} is not authorized to perform: kms:GenerateDataKey on resource: {key} \
         because no resource-based policy allows the kms:GenerateDataKey action"
    );
    let no_get =
        format!("KMSAccessDeniedException: User {arn} is not authorized to decrypt records in stream s");
    let cases = [
        (r#""kms:DescribeKey""#, "", [&*no_put, &*no_get]),
        (r#""kms:GenerateDataKey""#, "", ["", &no_get]),
        (r#""kms:Decrypt""#, "", [&no_put, ""]),
        (
            r#""kms:*""#,
            r#","Condition":{"StringEquals":{"kms:ViaService":"kinesis.us-east-1.amazonaws.com","kms:CallerAccount":"999999999999","kms:EncryptionContext:aws:kinesis:arn":"arn:aws:kinesis:us-east-1:123456789012:stream/s","aws:CalledViaFirst":"kinesis.amazonaws.com"},"Bool":{"aws:ViaAWSService":"true"}}"#,
            ["", ""],
        ),
        (
            r#""kms:*""#,
            r#","Condition":{"StringEquals":{"kms:EncryptionContext:aws:kinesis:arn":"arn:aws:kinesis:us-east-1:123456789012:stream/t"}}"#,
            [&no_put, &no_get],
        ),
        (r#""kms:*""#, r#","Condition":{"Null":{"aws:SourceIp":"true"}}"#, ["", ""]),
        (r#""kms:*""#, r#","Condition":{"Null":{"aws:SourceIp":"false"}}"#, [&no_put, &no_get]),
    ];
    for (actions, condition, expected) in cases {
        allow(&b, &key, OTHER, actions, condition).await;
        for _ in 0..2 {
            assert_eq!(told(&b, &stranger).await, expected, "{actions} {condition}");
        }
        assert_eq!(told(&b, &b.cx.clone()).await, ["", ""]);
    }
    b.encrypt("s", "alias/aws/kinesis").await;
    let [put, _] = told(&b, &stranger).await;
    assert!(put.starts_with("KMSAccessDeniedException: User: "), "the managed key is its account's: {put}");
}

#[tokio::test]
async fn a_key_of_another_account_is_taken_where_its_policy_allows() {
    let b = bench().await;
    b.create("s", 1).await;
    let stranger = context(OTHER, "us-east-1", &b.clock);
    let made = b.kms.serve(&stranger, CreateKey::default()).await.unwrap();
    let key = made.key_metadata.unwrap().arn.unwrap();
    let start = StartStreamEncryption {
        stream_name: Some(name("s")),
        encryption_type: EncryptionType::Kms,
        key_id: key.clone(),
        ..StartStreamEncryption::default()
    };
    let (code, sentence) = b.refused(start.clone()).await;
    assert_eq!(code, "KMSAccessDeniedException");
    assert!(sentence.contains("not authorized to perform: kms:DescribeKey on resource: "), "{sentence}");
    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":[
            {{"Effect":"Allow","Principal":{{"AWS":"{OTHER}"}},"Action":"kms:*","Resource":"*"}},
            {{"Effect":"Allow","Principal":{{"AWS":"{ACCOUNT}"}},"Action":["kms:DescribeKey","kms:GenerateDataKey","kms:Decrypt"],"Resource":"*"}}]}}"#
    );
    let put = PutKeyPolicy { key_id: key.clone(), policy: policy.into(), ..PutKeyPolicy::default() };
    b.kms.serve(&stranger, put).await.unwrap();
    b.call(start).await.unwrap();
    assert_eq!(told(&b, &b.cx.clone()).await, ["", ""]);
    b.kms.serve(&stranger, DisableKey { key_id: key.clone() }).await.unwrap();
    let disabled = format!("KMSDisabledException: {key} is disabled.");
    assert_eq!(told(&b, &b.cx.clone()).await, [disabled.clone(), disabled]);
}

#[tokio::test]
async fn a_key_that_does_not_serve_is_not_started_with() {
    let b = bench().await;
    b.create("s", 1).await;
    let [disabled, pending] = [b.key().await, b.key().await];
    disable(&b, &disabled).await;
    let delete = ScheduleKeyDeletion { key_id: pending.as_str().into(), ..Default::default() };
    b.key_call(delete).await;
    let mac = CreateKey {
        key_spec: Some(KeySpec::Hmac256),
        key_usage: Some(KeyUsageType::GenerateVerifyMac),
        ..CreateKey::default()
    };
    let mac = b.key_call(mac).await.key_metadata.unwrap().arn.unwrap();
    for (key, code) in [
        (&*disabled, "KMSDisabledException"),
        (&pending, "KMSInvalidStateException"),
        (&mac, "KMSInvalidStateException"),
        ("arn:aws:sqs:us-east-1:123456789012:q", "KMSNotFoundException"),
    ] {
        let start = StartStreamEncryption {
            stream_name: Some(name("s")),
            encryption_type: EncryptionType::Kms,
            key_id: key.into(),
            ..StartStreamEncryption::default()
        };
        assert_eq!(b.refused(start).await.0, code, "{key}");
    }
    assert_eq!(b.describe("s").await.key_id, None);
}

async fn subscribe(b: &Bench, cx: &Context, kind: ShardIteratorType) -> Frames {
    let arn = format!("arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/s");
    let register = RegisterStreamConsumer {
        stream_arn: arn.into(),
        consumer_name: format!("c{}", b.streams.directory.revision()).into(),
        ..RegisterStreamConsumer::default()
    };
    let consumer = b.call(register).await.unwrap().consumer.consumer_arn;
    let request = SubscribeToShard {
        consumer_arn: consumer.to_string().into(),
        shard_id: SHARD.into(),
        starting_position: StartingPosition { r#type: kind, ..StartingPosition::default() },
        ..SubscribeToShard::default()
    };
    b.streams.open(cx, request).await.unwrap().frames
}

/// The error that ends the frames, which must come without the clock moving.
async fn ending(frames: &mut Frames) -> (String, String) {
    loop {
        match frames.next().await.expect("an ending") {
            Ok(_) => {}
            Err(error) => return refusal(error),
        }
    }
}

#[tokio::test]
async fn a_subscriber_is_told_at_once_when_the_key_is_disabled() {
    let (b, key) = sealed().await;
    b.put("s", "k", b"x").await;
    let disabled = ("KMSDisabledException".to_owned(), format!("{key} is disabled."));
    for kind in [ShardIteratorType::Latest, ShardIteratorType::TrimHorizon] {
        let mut frames = subscribe(&b, &b.cx, kind).await;
        assert!(frames.next().await.unwrap().is_ok());
        disable(&b, &key).await;
        assert_eq!(ending(&mut frames).await, disabled);
        assert!(frames.next().await.is_none());
        let mut frames = subscribe(&b, &b.cx, kind).await;
        assert_eq!(refusal(frames.next().await.unwrap().unwrap_err()), disabled, "from the beginning");
        enable(&b, &key).await;
    }
    let mut frames = subscribe(&b, &b.cx, ShardIteratorType::TrimHorizon).await;
    assert!(frames.next().await.unwrap().is_ok());
}

#[tokio::test]
async fn a_subscriber_who_may_not_decrypt_is_told_so_with_what_comes_next() {
    let (b, key) = sealed().await;
    let stranger = Context { access_key: Some("AKIAOTHER".into()), ..context(OTHER, "us-east-1", &b.clock) };
    let denied = format!("User arn:aws:iam::{OTHER}:root is not authorized to decrypt records in stream s");
    let denied = ("KMSAccessDeniedException".to_owned(), denied);
    let mut frames = subscribe(&b, &stranger, ShardIteratorType::Latest).await;
    assert_eq!(refusal(frames.next().await.unwrap().unwrap_err()), denied);
    allow(&b, &key, OTHER, r#""kms:Decrypt""#, "").await;
    // Both stand at one place: what is read for one is not the other's by itself.
    let mut own = subscribe(&b, &b.cx, ShardIteratorType::Latest).await;
    let mut frames = subscribe(&b, &stranger, ShardIteratorType::Latest).await;
    b.put("s", "k", b"x").await;
    for frames in [&mut own, &mut frames] {
        assert!(frames.next().await.unwrap().is_ok());
    }
    allow(&b, &key, OTHER, r#""kms:DescribeKey""#, "").await;
    b.put("s", "k", b"y").await;
    assert_eq!(ending(&mut frames).await, denied);
    assert!(own.next().await.unwrap().is_ok());
}

#[tokio::test]
async fn everything_but_records_goes_on_without_the_key() {
    let (b, key) = sealed().await;
    b.put("s", "k", b"x").await;
    disable(&b, &key).await;
    let b = b.restarted().await;
    let split = SplitShard {
        stream_name: Some(name("s")),
        shard_to_split: SHARD.into(),
        new_starting_hash_key: "5".into(),
        ..SplitShard::default()
    };
    b.call(split).await.unwrap();
    let merge = MergeShards {
        stream_name: Some(name("s")),
        shard_to_merge: "shardId-000000000001".into(),
        adjacent_shard_to_merge: "shardId-000000000002".into(),
        ..MergeShards::default()
    };
    b.call(merge).await.unwrap();
    let stop = StopStreamEncryption {
        stream_name: Some(name("s")),
        encryption_type: EncryptionType::Kms,
        key_id: key.as_str().into(),
        ..StopStreamEncryption::default()
    };
    b.call(stop).await.unwrap();
    assert_eq!(b.put("s", "k", b"plain").await.encryption_type, None);
    b.advance(Duration::from_secs(25 * 3600)).await;
    b.put("s", "k", b"plain").await;
    let merged = b.iterator("s", "shardId-000000000003", ShardIteratorType::TrimHorizon).await;
    assert_eq!(b.data(&merged).await.len(), 1, "the rest is expired");
}

#[tokio::test]
async fn an_allowance_is_kept_until_something_changes() {
    let (b, key) = sealed().await;
    let stream = b.streams.directory.all().remove(0);
    let kept = |b: &Bench| {
        let revision = b.streams.judge().unwrap().revision();
        stream.allowances.sealing(&b.cx, revision).map(|arn| arn.to_string())
    };
    assert_eq!(kept(&b), None);
    b.put("s", "k", b"x").await;
    assert_eq!(kept(&b), Some(key.clone()));
    allow(&b, &key, OTHER, r#""kms:Decrypt""#, "").await;
    assert_eq!(kept(&b), None);
    b.put("s", "k", b"x").await;
    assert_eq!(kept(&b), Some(key));
    let anonymous = Context { access_key: None, ..b.cx.clone() };
    assert_eq!(told(&b, &anonymous).await, ["", ""], "who has no access key is judged each time");
}
