use std::time::Duration;

use anabranch_api::kinesis::{ListShards, ShardFilter, ShardFilterType, ShardIteratorType, StreamStatus};
use anabranch_types::Timestamp;

use super::*;
use crate::Settings;
use crate::harness::{Bench, bench, bench_with, name};

const HALF: &str = "170141183460469231731687303715884105728";

fn request(shard: &str, key: &str) -> SplitShard {
    SplitShard {
        stream_name: Some(name("s")),
        shard_to_split: shard.into(),
        new_starting_hash_key: key.into(),
        ..SplitShard::default()
    }
}

#[tokio::test]
async fn a_parent_keeps_its_records_and_ends_with_its_children() {
    let bench = bench().await;
    bench.create("s", 1).await;
    let before = bench.put("s", "a", b"before").await.sequence_number;
    let old = bench.iterator("s", "shardId-0", ShardIteratorType::TrimHorizon).await;
    bench.call(request("shardId-0", HALF)).await.unwrap();
    let after = bench.put("s", "a", b"after").await;
    assert_eq!(after.shard_id.index(), 1);
    assert!(after.sequence_number > before);

    let shards = bench.describe("s").await.shards;
    assert_eq!(shards[2].hash_key_range.starting_hash_key.to_string(), HALF);
    let ended = shards[0].sequence_number_range.ending_sequence_number.unwrap();
    assert!(before < ended);
    for child in &shards[1..] {
        assert_eq!(child.parent_shard_id, Some(shards[0].shard_id));
        assert_eq!(
            child.sequence_number_range.starting_sequence_number.created_seconds(),
            ended.put_seconds() + 1
        );
    }
    let bench = bench.restarted().await;
    let read = bench.read(&old).await;
    assert_eq!(read.records[0].data, "before");
    assert_eq!(read.next_shard_iterator, None);
    let children = read.child_shards.unwrap();
    let found: Vec<_> = children.iter().map(|c| (c.shard_id.index(), c.parent_shards.len())).collect();
    assert_eq!(found, [(1, 1), (2, 1)]);
    let latest = bench.iterator("s", "shardId-0", ShardIteratorType::Latest).await;
    assert_eq!(bench.read(&latest).await.next_shard_iterator, None);
}

#[tokio::test]
async fn what_cannot_be_split_is_refused() {
    let bench = bench().await;
    bench.create("s", 1).await;
    let max = "340282366920938463463374607431768211455";
    for key in ["0", "1", max] {
        assert_eq!(
            bench.refused(request("shardId-0", key)).await.1,
            format!(
                "NewStartingHashKey {key} used in SplitShard() on shard shardId-000000000000 in stream s under \
                 account 123456789012 is not both greater than one plus the shard's StartingHashKey 0 and less than \
                 the shard's EndingHashKey {max}."
            )
        );
    }
    assert_eq!(
        bench.refused(request("shardId-5", HALF)).await.1,
        "Could not find shard shardId-000000000005 in stream s under account 123456789012."
    );
    bench.call(request("shardId-0", "2")).await.unwrap();
    assert_eq!(
        bench.refused(request("shardId-0", HALF)).await.1,
        "Shard shardId-000000000000 in stream s under account 123456789012 has already been merged or split, and \
         thus is not eligible for merging or splitting."
    );
}

#[tokio::test]
async fn while_updating_records_are_put_and_read_and_a_second_reshard_is_refused() {
    let delay = Duration::from_secs(10);
    let bench = bench_with(Settings { transition_delay: delay, ..Settings::default() }).await;
    bench.create("s", 1).await;
    bench.advance(delay).await;
    bench.call(request("shardId-0", HALF)).await.unwrap();
    assert_eq!(bench.describe("s").await.stream_status, StreamStatus::Updating);
    bench.put("s", "a", b"x").await;
    assert_eq!(
        bench.refused(request("shardId-1", "5")).await.1,
        "Stream s under account 123456789012 not ACTIVE, instead in state UPDATING"
    );
    bench.advance(delay).await;
    assert_eq!(bench.describe("s").await.stream_status, StreamStatus::Active);
}

async fn listed(bench: &Bench, kind: ShardFilterType, timestamp: Option<Timestamp>) -> Vec<u32> {
    let request = ListShards {
        stream_name: Some(name("s")),
        shard_filter: Some(ShardFilter { r#type: kind, timestamp, shard_id: None }),
        ..ListShards::default()
    };
    bench.call(request).await.unwrap().shards.unwrap().iter().map(|s| s.shard_id.index()).collect()
}

#[tokio::test]
async fn filters_tell_what_was_open_when() {
    let bench = bench().await;
    bench.create("s", 1).await;
    let at_first = bench.clock.now();
    bench.advance(Duration::from_secs(3600)).await;
    bench.call(request("shardId-0", HALF)).await.unwrap();
    bench.advance(Duration::from_secs(3600)).await;
    let now = bench.clock.now();
    use ShardFilterType::{AtLatest, AtTimestamp, AtTrimHorizon, FromTimestamp, FromTrimHorizon};
    assert_eq!(listed(&bench, AtTrimHorizon, None).await, [0]);
    assert_eq!(listed(&bench, FromTrimHorizon, None).await, [0, 1, 2]);
    assert_eq!(listed(&bench, AtLatest, None).await, [1, 2]);
    assert_eq!(listed(&bench, AtTimestamp, Some(at_first)).await, [0]);
    assert_eq!(listed(&bench, AtTimestamp, Some(now)).await, [1, 2]);
    assert_eq!(listed(&bench, FromTimestamp, Some(at_first)).await, [0, 1, 2]);
    assert_eq!(listed(&bench, FromTimestamp, Some(now)).await, [1, 2]);
    bench.advance(Duration::from_secs(24 * 3600)).await;
    assert_eq!(listed(&bench, FromTrimHorizon, None).await, [1, 2]);
    assert_eq!(bench.describe("s").await.shards.len(), 2);
}

#[tokio::test]
async fn puts_that_race_with_a_split_all_arrive() {
    let bench = bench().await;
    bench.create("s", 1).await;
    let split = bench.call(request("shardId-0", HALF));
    let keys: Vec<_> = (0..50).map(|i| format!("key {i}")).collect();
    let puts = futures_util::future::join_all(keys.iter().map(|k| bench.put("s", k, b"x")));
    let (split, puts) = futures_util::future::join(split, puts).await;
    split.unwrap();
    assert_eq!(puts.len(), 50);
    let mut found = 0;
    for shard in ["shardId-0", "shardId-1", "shardId-2"] {
        found += bench.data(&bench.iterator("s", shard, ShardIteratorType::TrimHorizon).await).await.len();
    }
    assert_eq!(found, 50);
}

/// What was done of a split when the process was killed.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
enum Killed {
    IntentWritten,
    LogsMade,
    ParentClosed,
}

#[tokio::test]
async fn a_split_that_was_killed_is_finished_at_start_up() {
    for killed in [Killed::IntentWritten, Killed::LogsMade, Killed::ParentClosed] {
        let bench = bench().await;
        bench.create("s", 1).await;
        bench.put("s", "k", b"x").await;
        let stream = bench.streams.directory.all().remove(0);
        let now = bench.clock.now();
        let intent = bench.streams.change(&stream, |draft| {
            let mut plan = Plan::new(draft.stored.next_shard);
            plan.split(Piece { index: 0, range: draft.shards[0].range() }, HALF.parse().unwrap());
            draft.begin_reshard(plan, now);
            Ok(())
        });
        intent.await.unwrap();
        let log = |index| anabranch_log::LogId { group: stream.group, index };
        if killed >= Killed::LogsMade {
            bench.streams.log.create(vec![log(1), log(2)]).await.unwrap();
        }
        if killed >= Killed::ParentClosed {
            bench.streams.log.close(log(0)).await.unwrap();
        }
        drop(stream);
        let bench = bench.restarted().await;
        let described = bench.describe("s").await;
        assert_eq!(
            (described.stream_status, described.shards.len()),
            (StreamStatus::Active, 3),
            "{killed:?}"
        );
        assert_eq!(bench.put("s", "k", b"y").await.shard_id.index(), 1 + u32::from(hash_is_upper("k")));
        let iterator = bench.iterator("s", "shardId-0", ShardIteratorType::TrimHorizon).await;
        let read = bench.read(&iterator).await;
        assert_eq!((read.records.len(), read.child_shards.map(|c| c.len())), (1, Some(2)));
    }
}

fn hash_is_upper(key: &str) -> bool {
    crate::put::hash(key) >= HALF.parse().unwrap()
}
