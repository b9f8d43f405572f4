use std::time::Duration;

use anabranch_api::Frames;
use anabranch_api::kinesis::{RegisterStreamConsumer, StartingPosition, SubscribeToShardEvent};
use anabranch_wire::{Decode, Path, Violations, eventstream, json};
use futures_util::{FutureExt, StreamExt};

use super::*;
use crate::harness::{Bench, bench, bench_with, refusal};
use crate::limits::LimitsMode;
use crate::{EventMemory, Settings};

async fn consumer(bench: &Bench) -> bytestring::ByteString {
    bench.create("s", 1).await;
    register(bench).await
}

async fn register(bench: &Bench) -> bytestring::ByteString {
    register_as(bench, "c").await
}

async fn register_as(bench: &Bench, name: &str) -> bytestring::ByteString {
    let register = RegisterStreamConsumer {
        stream_arn: "arn:aws:kinesis:us-east-1:123456789012:stream/s".into(),
        consumer_name: name.into(),
        ..RegisterStreamConsumer::default()
    };
    bench.call(register).await.unwrap().consumer.consumer_arn
}

fn request(consumer: &str, kind: ShardIteratorType) -> SubscribeToShard {
    SubscribeToShard {
        consumer_arn: consumer.into(),
        shard_id: "shardId-000000000000".into(),
        starting_position: StartingPosition { r#type: kind, ..StartingPosition::default() },
        ..SubscribeToShard::default()
    }
}

async fn subscribe(bench: &Bench, request: SubscribeToShard) -> Frames {
    match bench.streams.open(&bench.cx, request).await {
        Ok(feed) => feed.frames,
        Err(error) => panic!("{error}"),
    }
}

fn read(frame: &[u8]) -> SubscribeToShardEvent {
    let mut reader = eventstream::Reader::default();
    reader.push(frame);
    let message = reader.next_message().unwrap().expect("a whole message");
    assert_eq!(message.text(":event-type"), Some("SubscribeToShardEvent"));
    assert_eq!(message.text(":content-type"), Some("application/x-amz-json-1.1"));
    let mut decoder = json::Decoder::new(message.payload);
    SubscribeToShardEvent::decode(&mut decoder, &Path::Root, &mut Violations::default()).unwrap()
}

/// The next event, which must come without the clock moving.
async fn next(frames: &mut Frames) -> SubscribeToShardEvent {
    let frame = tokio::time::timeout(Duration::from_secs(20), frames.next()).await;
    read(&frame.expect("an event comes").expect("the subscription goes on").unwrap().0)
}

fn data(event: &SubscribeToShardEvent) -> Vec<bytes::Bytes> {
    event.records.iter().map(|r| r.data.clone()).collect()
}

#[tokio::test]
async fn what_is_put_is_pushed_and_what_was_put_comes_before() {
    let bench = bench().await;
    let arn = consumer(&bench).await;
    bench.put("s", "k", b"a").await;
    let mut frames = subscribe(&bench, request(&arn, ShardIteratorType::TrimHorizon)).await;
    assert_eq!(data(&next(&mut frames).await), ["a"]);
    assert_eq!(data(&next(&mut frames).await).len(), 0);
    for i in 0..3 {
        let put = bench.put("s", "k", b"b").await;
        let event = next(&mut frames).await;
        assert_eq!(data(&event), ["b"], "{i}");
        assert_eq!(event.continuation_sequence_number, Some(put.sequence_number));
        assert_eq!(event.millis_behind_latest, 0);
    }
}

#[tokio::test]
async fn a_quiet_subscriber_hears_something_every_five_seconds_for_five_minutes() {
    let bench = bench().await;
    let arn = consumer(&bench).await;
    let mut frames = subscribe(&bench, request(&arn, ShardIteratorType::Latest)).await;
    let first = next(&mut frames).await;
    for _ in 0..59 {
        assert!(frames.next().now_or_never().is_none(), "nothing comes before its time");
        bench.advance(Duration::from_secs(5)).await;
        let event = next(&mut frames).await;
        assert_eq!((event.records.len(), event.child_shards), (0, None));
        assert_eq!(event.continuation_sequence_number, first.continuation_sequence_number);
    }
    bench.advance(Duration::from_secs(6)).await;
    assert!(frames.next().now_or_never().expect("it ends").is_none());
}

#[tokio::test]
async fn a_continuation_number_leads_to_what_comes_next() {
    let bench = bench().await;
    let arn = consumer(&bench).await;
    for kind in [ShardIteratorType::Latest, ShardIteratorType::TrimHorizon] {
        let mut frames = subscribe(&bench, request(&arn, kind)).await;
        let number = next(&mut frames).await.continuation_sequence_number.unwrap();
        bench.put("s", "k", b"x").await;
        bench.advance(Duration::from_secs(5)).await;
        let after = SubscribeToShard {
            starting_position: StartingPosition {
                sequence_number: Some(number.to_string().into()),
                r#type: ShardIteratorType::AfterSequenceNumber,
                ..StartingPosition::default()
            },
            ..request(&arn, kind)
        };
        let mut frames = subscribe(&bench, after).await;
        assert_eq!(data(&next(&mut frames).await), ["x"]);
        bench.advance(Duration::from_secs(5)).await;
    }
}

#[tokio::test]
async fn a_second_subscription_is_refused_for_five_seconds_and_then_takes_over() {
    let bench = bench().await;
    let arn = consumer(&bench).await;
    let again = || request(&arn, ShardIteratorType::Latest);
    let mut first = subscribe(&bench, again()).await;
    next(&mut first).await;
    let told = "Another active subscription exists for this consumer: 123456789012:s:shardId-000000000000:c";
    match bench.streams.open(&bench.cx, again()).await {
        Err(error) => {
            assert_eq!(refusal(error.into()), ("ResourceInUseException".to_owned(), told.to_owned()))
        }
        Ok(_) => panic!("a second subscription was accepted"),
    }
    bench.advance(Duration::from_secs(5)).await;
    let mut second = subscribe(&bench, again()).await;
    let ended = first.next().await.expect("the first hears of it").expect_err("as an error");
    assert_eq!(ended.message.as_deref(), Some(told));
    bench.put("s", "k", b"x").await;
    next(&mut second).await;
}

#[tokio::test]
async fn subscribers_of_a_deleted_stream_are_told() {
    let bench = bench().await;
    let arn = consumer(&bench).await;
    let mut frames = subscribe(&bench, request(&arn, ShardIteratorType::Latest)).await;
    next(&mut frames).await;
    let delete = anabranch_api::kinesis::DeleteStream {
        stream_name: Some(crate::harness::name("s")),
        enforce_consumer_deletion: Some(true),
        ..Default::default()
    };
    bench.call(delete).await.unwrap();
    let told = frames.next().await.expect("they hear of it").expect_err("as an error");
    assert_eq!(told.code, "ResourceNotFoundException");
}

#[tokio::test]
async fn two_consumers_get_the_same_frame() {
    let bench = bench().await;
    let arn = consumer(&bench).await;
    let other = register_as(&bench, "d").await;
    let mut a = subscribe(&bench, request(&arn, ShardIteratorType::Latest)).await;
    let mut b = subscribe(&bench, request(&other, ShardIteratorType::Latest)).await;
    next(&mut a).await;
    next(&mut b).await;
    bench.put("s", "k", b"x").await;
    let (a, b) = (a.next().await.unwrap().unwrap(), b.next().await.unwrap().unwrap());
    assert_eq!(a.0.as_ptr(), b.0.as_ptr(), "encoded once");
}

#[tokio::test]
async fn a_consumer_gets_two_mebibytes_a_second() {
    let bench = bench_with(Settings { limits: LimitsMode::Shards, ..Settings::default() }).await;
    let create = anabranch_api::kinesis::CreateStream {
        stream_name: crate::harness::name("s"),
        shard_count: Some(1),
        max_record_size_in_kib: Some(10_240),
        ..Default::default()
    };
    bench.call(create).await.unwrap();
    let arn = register(&bench).await;
    bench.put("s", "k", &[0; 10_000_000]).await;
    bench.advance(Duration::from_secs(20)).await;
    bench.put("s", "k", b"x").await;
    let mut frames = subscribe(&bench, request(&arn, ShardIteratorType::TrimHorizon)).await;
    let first = frames.next().await.expect("it goes on").unwrap();
    assert!(frames.next().now_or_never().is_none(), "what was sent is four seconds' worth");
    assert!(first.0.len() > 13_000_000);
    bench.advance(Duration::from_secs(5)).await;
    assert_eq!(data(&next(&mut frames).await), ["x"]);
}

#[tokio::test]
async fn a_subscriber_waits_for_memory_and_loses_nothing() {
    let memory = EventMemory::new(64 * 1024);
    let bench = bench_with(Settings { event_memory: memory.clone(), ..Settings::default() }).await;
    let arn = consumer(&bench).await;
    static DATA: [[u8; 20_000]; 3] = [[1; 20_000], [2; 20_000], [3; 20_000]];
    for data in &DATA {
        bench.put("s", "k", data).await;
    }
    let mut frames = subscribe(&bench, request(&arn, ShardIteratorType::TrimHorizon)).await;
    for (i, expected) in DATA.iter().enumerate() {
        let held = frames.next().await.expect("it goes on").unwrap();
        assert_eq!(data(&read(&held.0)), [expected.to_vec()]);
        if i < 2 {
            assert!(frames.next().now_or_never().is_none(), "there is no room for another one");
            assert!(memory.is_waited_for());
        }
    }
}

#[tokio::test]
async fn those_who_stand_at_one_place_wait_for_one_read() {
    let memory = EventMemory::new(64 * 1024);
    let bench = bench_with(Settings { event_memory: memory.clone(), ..Settings::default() }).await;
    let arn = consumer(&bench).await;
    let all = memory.for_data(64 * 1024).await;
    bench.put("s", "k", b"x").await;
    let mut first = subscribe(&bench, request(&arn, ShardIteratorType::TrimHorizon)).await;
    assert!(first.next().now_or_never().is_none());
    let arn = register_as(&bench, "d").await;
    let mut second = subscribe(&bench, request(&arn, ShardIteratorType::TrimHorizon)).await;
    assert!(second.next().now_or_never().is_none());
    drop(all);
    // Whoever asks gets it on, not only who began it.
    let second = second.next().await.unwrap().unwrap();
    let first = first.next().await.unwrap().unwrap();
    assert_eq!(first.0.as_ptr(), second.0.as_ptr());
}
