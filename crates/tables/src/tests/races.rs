//! Two workers never hold one lease.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anabranch_api::dynamodb::{CreateTable, GetItem, PutItem, TransactWriteItems, UpdateItem};
use serde_json::json;

use crate::harness::{bench_on_disk, call};

use super::kcl::lease_table;

const WORKERS: usize = 8;
const ROUNDS: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn of_eight_who_race_for_a_lease_one_wins_every_time_across_restarts() {
    let dir = tempfile::tempdir().unwrap();
    let mut bench = bench_on_disk(dir.path()).await;
    bench.call::<CreateTable>(lease_table()).await;
    let item = json!({ "leaseKey": { "S": "shard-0" }, "leaseCounter": { "N": "0" } });
    bench.call::<PutItem>(json!({ "TableName": "app", "Item": item })).await;
    for round in 0..ROUNDS {
        let winners = Arc::new(AtomicUsize::new(0));
        let barrier = Arc::new(tokio::sync::Barrier::new(WORKERS));
        let racing: Vec<_> = (0..WORKERS)
            .map(|worker| {
                let (tables, cx) = (Arc::clone(&bench.tables), bench.cx.clone());
                let (winners, barrier) = (Arc::clone(&winners), Arc::clone(&barrier));
                tokio::spawn(async move {
                    let take = json!({
                        "TableName": "app",
                        "Key": { "leaseKey": { "S": "shard-0" } },
                        "AttributeUpdates": {
                            "leaseOwner": { "Value": { "S": format!("w{worker}") } },
                            "leaseCounter": { "Action": "ADD", "Value": { "N": "1" } },
                        },
                        "Expected": { "leaseCounter": { "Value": { "N": round.to_string() } } },
                    });
                    barrier.wait().await;
                    match call::<UpdateItem>(&tables, &cx, take).await {
                        Ok(_) => winners.fetch_add(1, Ordering::SeqCst),
                        Err(error) => {
                            assert_eq!(error.code, "ConditionalCheckFailedException");
                            0
                        }
                    }
                })
            })
            .collect();
        for worker in racing {
            worker.await.unwrap();
        }
        assert_eq!(winners.load(Ordering::SeqCst), 1, "round {round}");
        if round % 5 == 4 {
            bench = bench.restarted().await;
        }
    }
    let held = json!({ "TableName": "app", "Key": { "leaseKey": { "S": "shard-0" } } });
    let held = bench.call::<GetItem>(held).await;
    assert_eq!(held["Item"]["leaseCounter"], json!({ "N": ROUNDS.to_string() }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_transactions_move_between_items_is_never_lost_or_made() {
    let dir = tempfile::tempdir().unwrap();
    let bench = bench_on_disk(dir.path()).await;
    bench.call::<CreateTable>(lease_table()).await;
    for name in ["a", "b", "c"] {
        let item = json!({ "leaseKey": { "S": name }, "n": { "N": "10" } });
        bench.call::<PutItem>(json!({ "TableName": "app", "Item": item })).await;
    }
    let update = |name: &str, change: &str| {
        json!({ "Update": {
            "TableName": "app",
            "Key": { "leaseKey": { "S": name } },
            "UpdateExpression": "SET n = n + :d",
            "ConditionExpression": "n >= :least",
            "ExpressionAttributeValues": { ":d": { "N": change }, ":least": { "N": "1" } },
        } })
    };
    let moving: Vec<_> = [("a", "b"), ("b", "c"), ("c", "a"), ("b", "a")]
        .map(|(from, to)| {
            let (tables, cx) = (Arc::clone(&bench.tables), bench.cx.clone());
            let request = json!({ "TransactItems": [update(from, "-1"), update(to, "1")] });
            tokio::spawn(async move {
                for _ in 0..25 {
                    match call::<TransactWriteItems>(&tables, &cx, request.clone()).await {
                        Ok(_) => {}
                        Err(error) => assert_eq!(error.code, "TransactionCanceledException"),
                    }
                }
            })
        })
        .into();
    for mover in moving {
        mover.await.unwrap();
    }
    let mut sum = 0;
    for name in ["a", "b", "c"] {
        let item =
            bench.call::<GetItem>(json!({ "TableName": "app", "Key": { "leaseKey": { "S": name } } })).await;
        sum += item["Item"]["n"]["N"].as_str().unwrap().parse::<i32>().unwrap();
    }
    assert_eq!(sum, 30);
}
