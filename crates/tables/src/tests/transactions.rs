//! All or nothing.

use std::sync::Arc;

use anabranch_api::dynamodb::{CreateTable, GetItem, PutItem, TransactGetItems, TransactWriteItems};
use anabranch_catalog::Revision;
use serde_json::{Value, json};

use crate::harness::{Bench, bench, call, table};
use crate::items::{Action, Failure, Token, Write};
use crate::service;
use crate::stored::StoredToken;
use crate::value::{Attributes, Value as Held};

async fn with_item() -> Bench {
    let bench = bench().await;
    bench.call::<CreateTable>(table(None)).await;
    let item = json!({ "p": { "S": "x" }, "n": { "N": "1" } });
    bench.call::<PutItem>(json!({ "TableName": "tab", "Item": item })).await;
    bench
}

fn key(p: &str) -> Value {
    json!({ "p": { "S": p } })
}

async fn number(bench: &Bench, p: &str) -> Value {
    bench.call::<GetItem>(json!({ "TableName": "tab", "Key": key(p) })).await["Item"]["n"]["N"].clone()
}

fn put_if_absent(p: &str) -> Value {
    json!({ "Put": {
        "TableName": "tab", "Item": { "p": { "S": p }, "n": { "N": "7" } },
        "ConditionExpression": "attribute_not_exists(p)", "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    } })
}

fn check(p: &str, n: &str) -> Value {
    json!({ "ConditionCheck": {
        "TableName": "tab", "Key": key(p), "ConditionExpression": "n = :n",
        "ExpressionAttributeValues": { ":n": { "N": n } },
    } })
}

#[tokio::test]
async fn a_transaction_does_all_or_nothing_and_says_of_each_action_why() {
    let bench = with_item().await;
    let delete = json!({ "Delete": { "TableName": "tab", "Key": key("z") } });
    let request = json!({ "TransactItems": [put_if_absent("y"), put_if_absent("x"), delete] });
    let error = bench.try_call::<TransactWriteItems>(request).await.unwrap_err();
    assert_eq!(error.code, "TransactionCanceledException");
    assert_eq!(
        error.message.as_deref(),
        Some(
            "Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed, None]"
        )
    );
    let members: Value =
        serde_json::from_str(&format!("{{{}}}", std::str::from_utf8(&error.members.unwrap()).unwrap()))
            .unwrap();
    let expected = json!([
        { "Code": "None" },
        { "Code": "ConditionalCheckFailed", "Message": "The conditional request failed", "Item": { "p": { "S": "x" }, "n": { "N": "1" } } },
        { "Code": "None" },
    ]);
    assert_eq!(members["CancellationReasons"], expected);
    assert_eq!(number(&bench, "y").await, Value::Null);

    let request =
        json!({ "TransactItems": [put_if_absent("y"), check("x", "1")], "ReturnConsumedCapacity": "TOTAL" });
    let answer = bench.call::<TransactWriteItems>(request).await;
    assert_eq!(answer["ConsumedCapacity"], json!([{ "TableName": "tab", "CapacityUnits": 4.0 }]));
    assert_eq!(number(&bench, "y").await, json!("7"));
}

#[tokio::test]
async fn an_action_that_the_table_does_not_take_cancels_the_transaction() {
    let bench = with_item().await;
    let bad = json!({ "Put": { "TableName": "tab", "Item": { "p": { "N": "1" } } } });
    let error = bench
        .try_call::<TransactWriteItems>(json!({ "TransactItems": [put_if_absent("y"), bad] }))
        .await
        .unwrap_err();
    assert_eq!(
        error.message.as_deref(),
        Some(
            "Transaction cancelled, please refer cancellation reasons for specific reasons [None, ValidationError]"
        )
    );
    let twice = json!({ "TransactItems": [put_if_absent("y"), check("y", "1")] });
    let refused = bench.refused::<TransactWriteItems>(twice).await;
    assert_eq!(
        refused,
        "ValidationException: Transaction request cannot include multiple operations on one item"
    );
}

#[tokio::test]
async fn a_token_keeps_a_transaction_from_being_done_twice_for_ten_minutes() {
    let bench = with_item().await;
    let add = |by: &str| {
        json!({ "ClientRequestToken": "t1", "TransactItems": [{ "Update": {
            "TableName": "tab", "Key": key("x"), "UpdateExpression": "ADD n :by",
            "ExpressionAttributeValues": { ":by": { "N": by } },
        } }] })
    };
    bench.call::<TransactWriteItems>(add("1")).await;
    bench.call::<TransactWriteItems>(add("1")).await;
    assert_eq!(number(&bench, "x").await, json!("2"));
    let error = bench.try_call::<TransactWriteItems>(add("2")).await.unwrap_err();
    assert_eq!(error.code, "IdempotentParameterMismatchException");
    bench.pass(600).await;
    bench.call::<TransactWriteItems>(add("1")).await;
    assert_eq!(number(&bench, "x").await, json!("3"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_transaction_that_is_sent_again_while_it_is_done_succeeds_and_is_done_once() {
    let bench = with_item().await;
    let add = json!({ "Update": {
        "TableName": "tab", "Key": key("x"), "UpdateExpression": "ADD n :one", "ConditionExpression": "n = :one",
        "ExpressionAttributeValues": { ":one": { "N": "1" } },
    } });
    let request = json!({ "ClientRequestToken": "t1", "TransactItems": [add, put_if_absent("y")] });
    let sent: Vec<_> = (0..8)
        .map(|_| {
            let (tables, cx, request) = (Arc::clone(&bench.tables), bench.cx.clone(), request.clone());
            tokio::spawn(async move { call::<TransactWriteItems>(&tables, &cx, request).await })
        })
        .collect();
    for one in sent {
        one.await.unwrap().unwrap();
    }
    assert_eq!(number(&bench, "x").await, json!("2"));
}

#[tokio::test]
async fn a_token_that_is_not_as_it_was_found_keeps_the_transaction_from_being_done() {
    let bench = with_item().await;
    let scope = service::scope(&bench.cx);
    let stored = StoredToken { digest: [0; 32], at_ms: 0 };
    // As if it had been swept since.
    let token = Token { key: scope.token("t1"), stored, expired: Some(Revision(1)) };
    let item = Attributes::from([("p".into(), Held::S("y".into()))]);
    let write =
        Write { table: "tab".to_owned(), action: Action::Put(item), condition: None, tells_item: false };
    let failure = bench.tables.write_all(&scope, &[write], Some(&token)).await.unwrap_err();
    assert!(matches!(failure, Failure::TokenChanged), "{failure:?}");
    assert_eq!(bench.call::<GetItem>(json!({ "TableName": "tab", "Key": key("y") })).await, json!({}));
}

#[tokio::test]
async fn a_transaction_reads_items_in_its_order() {
    let bench = with_item().await;
    let get = |p: &str| json!({ "Get": { "TableName": "tab", "Key": key(p), "ProjectionExpression": "n" } });
    let request = json!({ "TransactItems": [get("none"), get("x")] });
    let answer = bench.call::<TransactGetItems>(request).await;
    assert_eq!(answer["Responses"], json!([{}, { "Item": { "n": { "N": "1" } } }]));
}
