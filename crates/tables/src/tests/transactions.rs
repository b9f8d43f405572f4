//! All or nothing.

use anabranch_api::dynamodb::{CreateTable, GetItem, PutItem, TransactGetItems, TransactWriteItems};
use serde_json::{Value, json};

use crate::harness::{Bench, bench, table};

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

#[tokio::test]
async fn a_transaction_reads_items_in_its_order() {
    let bench = with_item().await;
    let get = |p: &str| json!({ "Get": { "TableName": "tab", "Key": key(p), "ProjectionExpression": "n" } });
    let request = json!({ "TransactItems": [get("none"), get("x")] });
    let answer = bench.call::<TransactGetItems>(request).await;
    assert_eq!(answer["Responses"], json!([{}, { "Item": { "n": { "N": "1" } } }]));
}
