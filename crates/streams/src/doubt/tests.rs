use std::collections::BTreeSet;
use std::time::Duration;

use anabranch_api::kinesis::{
    CreateStream, DeleteStream, DescribeAccountSettings, DescribeStream, IncreaseStreamRetentionPeriod,
    MergeShards, MinimumThroughputBillingCommitmentInput, MinimumThroughputBillingCommitmentInputStatus,
    MinimumThroughputBillingCommitmentOutputStatus, Shard, ShardIteratorType, SplitShard, StreamStatus,
    UpdateAccountSettings, UpdateShardCount,
};

use crate::harness::{Bench, Moment, Then, bench, name};

fn retain(hours: i32) -> IncreaseStreamRetentionPeriod {
    IncreaseStreamRetentionPeriod {
        stream_name: Some(name("s")),
        retention_period_hours: hours,
        ..IncreaseStreamRetentionPeriod::default()
    }
}

async fn hours(b: &Bench) -> i32 {
    b.describe("s").await.retention_period_hours
}

#[tokio::test]
async fn a_change_that_happened_although_the_catalog_failed_is_answered_as_one() {
    let b = bench().await;
    b.create("s", 1).await;
    b.life.fail(0, Moment::After, Then::ReadsFail(0));
    b.call(retain(30)).await.unwrap();
    assert_eq!(hours(&b).await, 30);
    b.call(retain(40)).await.unwrap();
    assert_eq!(hours(&b.restarted().await).await, 40);
}

#[tokio::test]
async fn after_a_change_that_failed_the_next_one_is_made_without_a_restart() {
    for (moment, reads_failing, after) in [
        (Moment::Before, 0, 24),
        (Moment::Before, 1, 24),
        (Moment::After, 1, 30),
        (Moment::Before, 2, 24),
        (Moment::After, 2, 30),
    ] {
        let b = bench().await;
        b.create("s", 1).await;
        b.life.fail(0, moment, Then::ReadsFail(reads_failing));
        assert_eq!(b.refused(retain(30)).await.0, "InternalFailureException");
        for _ in 1..reads_failing {
            assert_eq!(b.refused(retain(31)).await.0, "InternalFailureException");
        }
        // What is certain is looked at before it is changed: this would shorten what had been changed to 30.
        let shorter = b.call(retain(29)).await;
        assert_eq!(shorter.is_ok(), after == 24, "{moment:?} {reads_failing}");
        b.call(retain(50)).await.unwrap();
        assert_eq!(hours(&b).await, 50);
        b.put("s", "k", b"x").await;
        assert_eq!(hours(&b.restarted().await).await, 50);
    }
}

fn create() -> CreateStream {
    CreateStream { stream_name: name("s"), shard_count: Some(1), ..CreateStream::default() }
}

async fn status(b: &Bench) -> Option<StreamStatus> {
    let request = DescribeStream { stream_name: Some(name("s")), ..DescribeStream::default() };
    b.call(request).await.ok().map(|d| d.stream_description.stream_status)
}

async fn delete(b: &Bench) -> bool {
    let delete = DeleteStream { stream_name: Some(name("s")), ..DeleteStream::default() };
    b.call(delete).await.is_ok()
}

/// Each step fails once, so that it is not certain whether it was done; what is tried until it is answered is of use then.
#[tokio::test]
async fn creation_and_deletion_get_over_every_failure_of_a_commit() {
    let b = bench().await;
    for (moment, reads_failing) in
        [(Moment::Before, 0), (Moment::Before, 1), (Moment::After, 0), (Moment::After, 1), (Moment::After, 3)]
    {
        for step in 0..6 {
            let at = format!("step {step} {moment:?}, {reads_failing} reads");
            b.life.fail(step, moment, Then::ReadsFail(reads_failing));
            for _ in 0..5 {
                // A settling that failed is tried again a second later.
                let _ = b.call(create()).await;
                b.advance(Duration::from_secs(2)).await;
            }
            b.life.recover();
            assert_eq!(status(&b).await, Some(StreamStatus::Active), "creation, {at}");
            b.put("s", "k", b"x").await;

            b.life.fail(step, moment, Then::ReadsFail(reads_failing));
            for _ in 0..5 {
                delete(&b).await;
                b.advance(Duration::from_secs(2)).await;
            }
            b.life.recover();
            assert_eq!(status(&b).await, None, "deletion, {at}");
        }
    }
}

#[tokio::test]
async fn an_accounts_settings_get_over_a_failure() {
    let set = |status| UpdateAccountSettings {
        minimum_throughput_billing_commitment: MinimumThroughputBillingCommitmentInput { status },
    };
    for (moment, reads_failing) in [(Moment::Before, 0), (Moment::After, 0), (Moment::After, 1)] {
        let b = bench().await;
        b.life.fail(0, moment, Then::ReadsFail(reads_failing));
        let mut tries = 0;
        while b.call(set(MinimumThroughputBillingCommitmentInputStatus::Enabled)).await.is_err() {
            tries += 1;
            assert!(tries < 4);
        }
        let told = b.call(DescribeAccountSettings::default()).await.unwrap();
        let status = told.minimum_throughput_billing_commitment.unwrap().status;
        assert_eq!(status, MinimumThroughputBillingCommitmentOutputStatus::Enabled);
    }
}

/// The reshards there are, each of a stream of four even shards.
async fn reshard(b: &Bench, which: &str) {
    let stream_name = Some(name("s"));
    let _ = match which {
        "SplitShard" => {
            let new_starting_hash_key = "1000".into();
            let shard_to_split = "shardId-0".into();
            let split =
                SplitShard { stream_name, shard_to_split, new_starting_hash_key, ..SplitShard::default() };
            b.call(split).await.map(drop)
        }
        "MergeShards" => {
            let (shard_to_merge, adjacent_shard_to_merge) = ("shardId-1".into(), "shardId-2".into());
            let merge = MergeShards {
                stream_name,
                shard_to_merge,
                adjacent_shard_to_merge,
                ..MergeShards::default()
            };
            b.call(merge).await.map(drop)
        }
        _ => {
            let target_shard_count = which.parse().unwrap();
            let update = UpdateShardCount { stream_name, target_shard_count, ..UpdateShardCount::default() };
            b.call(update).await.map(drop)
        }
    };
}

const KEYS: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

/// How many records can be read, following every shard to its children.
async fn records(b: &Bench) -> usize {
    let mut found = 0;
    for shard in b.describe("s").await.shards {
        let iterator = b.iterator("s", &shard.shard_id.to_string(), ShardIteratorType::TrimHorizon).await;
        let read = b.read(&iterator).await;
        found += read.records.len();
        let closed = shard.sequence_number_range.ending_sequence_number.is_some();
        assert_eq!(closed, read.next_shard_iterator.is_none());
        assert_eq!(closed, read.child_shards.is_some_and(|children| !children.is_empty()));
    }
    found
}

/// The service after a restart, killed at a step of a reshard, and whether there was such a step.
async fn killed(b: Bench, which: &str, step: usize, moment: Moment) -> (Bench, bool) {
    b.create("s", 4).await;
    for key in KEYS {
        b.put("s", key, b"before").await;
    }
    b.life.fail(step, moment, Then::Dead);
    reshard(&b, which).await;
    let unharmed = b.life.recover();
    (b.restarted().await, !unharmed)
}

/// All shards and the open ones.
async fn shards(b: &Bench) -> (usize, usize) {
    let described = b.describe("s").await;
    assert_eq!(described.stream_status, StreamStatus::Active);
    let open = |s: &&Shard| s.sequence_number_range.ending_sequence_number.is_none();
    (described.shards.len(), described.shards.iter().filter(open).count())
}

#[tokio::test]
async fn a_reshard_killed_at_any_step_is_finished_at_start_up_or_never_happened() {
    let mut b = bench().await;
    for (which, finished) in
        [("SplitShard", (6, 5)), ("MergeShards", (5, 3)), ("8", (12, 8)), ("5", (15, 5)), ("3", (11, 3))]
    {
        let (mut outcomes, mut steps) = (BTreeSet::new(), 0);
        loop {
            let mut is_one_more = true;
            for moment in [Moment::Before, Moment::After] {
                (b, is_one_more) = killed(b, which, steps, moment).await;
                let at = format!("{which}, {moment:?} step {steps}");
                let outcome = shards(&b).await;
                assert!(outcome == (4, 4) || outcome == finished, "{at}: {outcome:?}");
                outcomes.insert(outcome);
                for key in KEYS {
                    b.put("s", key, b"after").await;
                }
                assert_eq!(records(&b).await, 2 * KEYS.len(), "{at}");
                reshard(&b, "4").await;
                assert_eq!(shards(&b).await.1, 4, "{at}, and it can be done again");
                assert!(delete(&b).await);
            }
            if !is_one_more {
                break;
            }
            steps += 1;
        }
        assert!(steps >= 4, "{which} has {steps} steps: intent, logs, ends, commit");
        assert_eq!(outcomes.len(), 2, "{which}: before the intent it never happened, after it is finished");
    }
}

#[tokio::test]
async fn a_reshard_gets_over_every_failure_of_a_commit_without_a_restart() {
    let b = bench().await;
    for which in ["SplitShard", "MergeShards", "3"] {
        for (moment, reads_failing) in [(Moment::Before, 0), (Moment::After, 0), (Moment::After, 1)] {
            for step in 0..12 {
                b.create("s", 4).await;
                b.put("s", "a", b"before").await;
                b.life.fail(step, moment, Then::ReadsFail(reads_failing));
                reshard(&b, which).await;
                b.life.recover();
                b.advance(Duration::from_secs(3)).await;
                let at = format!("{which}, step {step} {moment:?}, {reads_failing} reads");
                shards(&b).await;
                b.put("s", "a", b"after").await;
                assert_eq!(records(&b).await, 2, "{at}");
                let open = shards(&b).await.1;
                reshard(&b, "4").await;
                assert_eq!(shards(&b).await.1, 4, "{at}: {open} are made four again");
                assert!(delete(&b).await);
            }
        }
    }
}
