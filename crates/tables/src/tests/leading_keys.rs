//! What requests give to conditions on their partition keys.

use anabranch_api::dynamodb::{
    BatchGetItem, BatchWriteItem, CreateTable, GetItem, PutItem, Query, Scan, TransactGetItems,
    TransactWriteItems, UpdateItem,
};
use anabranch_api::{Operation, Serve};
use anabranch_wire::{Protocol, Violations};
use serde_json::{Value, json};

use crate::Tables;
use crate::harness::{Bench, bench, table};

/// The values of `dynamodb:LeadingKeys`.
fn leading<Op: Operation>(bench: &Bench, request: Value) -> Vec<String>
where
    Tables: Serve<Op>,
{
    let body = request.to_string().into();
    let request = Op::read(Protocol::Json10, body, &mut Violations::default()).unwrap();
    let keys = Serve::<Op>::condition_keys(&*bench.tables, &bench.cx, &request);
    assert!(keys.iter().all(|(key, _)| key == "dynamodb:leadingkeys"));
    keys.into_iter().flat_map(|(_, values)| values).collect()
}

#[tokio::test]
async fn requests_tell_the_partition_keys_they_are_about() {
    let bench = bench().await;
    bench.call::<CreateTable>(table(Some("N"))).await;
    let key = |p: &str| json!({ "p": { "S": p }, "c": { "N": "1" } });
    let at = |p: &str| json!({ "TableName": "tab", "Key": key(p) });
    let put =
        json!({ "TableName": "tab", "Item": { "p": { "S": "x" }, "c": { "N": "1" }, "a": { "S": "y" } } });
    assert_eq!(leading::<PutItem>(&bench, put.clone()), ["x"]);
    assert_eq!(leading::<GetItem>(&bench, at("y")), ["y"]);
    assert_eq!(leading::<UpdateItem>(&bench, at("z")), ["z"]);
    let said = json!({ "TableName": "tab", "KeyConditionExpression": "c > :c AND p = :p",
        "ExpressionAttributeValues": { ":p": { "S": "q" }, ":c": { "N": "1" } } });
    assert_eq!(leading::<Query>(&bench, said), ["q"]);
    let legacy = json!({ "TableName": "tab", "KeyConditions": {
        "p": { "ComparisonOperator": "EQ", "AttributeValueList": [{ "S": "r" }] } } });
    assert_eq!(leading::<Query>(&bench, legacy), ["r"]);
    let keys = json!({ "RequestItems": { "tab": { "Keys": [key("a"), key("b")] } } });
    assert_eq!(leading::<BatchGetItem>(&bench, keys), ["a", "b"]);
    let writes = json!({ "RequestItems": { "tab": [
        { "PutRequest": { "Item": key("a") } }, { "DeleteRequest": { "Key": key("b") } }] } });
    assert_eq!(leading::<BatchWriteItem>(&bench, writes), ["a", "b"]);
    let gets = json!({ "TransactItems": [{ "Get": at("a") }, { "Get": at("b") }] });
    assert_eq!(leading::<TransactGetItems>(&bench, gets), ["a", "b"]);
    let writes = json!({ "TransactItems": [{ "Put": put }, { "Delete": at("b") }, { "Update": at("c") },
        { "ConditionCheck": { "TableName": "tab", "Key": key("d"), "ConditionExpression": "attribute_exists(p)" } }] });
    assert_eq!(leading::<TransactWriteItems>(&bench, writes), ["x", "b", "c", "d"]);
}

#[tokio::test]
async fn what_names_no_partition_tells_none() {
    let bench = bench().await;
    bench.call::<CreateTable>(table(None)).await;
    assert!(leading::<Scan>(&bench, json!({ "TableName": "tab" })).is_empty());
    let elsewhere = json!({ "TableName": "none", "Key": { "p": { "S": "x" } } });
    assert!(leading::<GetItem>(&bench, elsewhere).is_empty());
    let keyless = json!({ "TableName": "tab", "KeyConditionExpression": "q = :p",
        "ExpressionAttributeValues": { ":p": { "S": "q" } } });
    assert!(leading::<Query>(&bench, keyless).is_empty());
}

#[tokio::test]
async fn equal_numbers_are_one_leading_key() {
    let bench = bench().await;
    let mut numbered = table(None);
    numbered["AttributeDefinitions"][0]["AttributeType"] = json!("N");
    bench.call::<CreateTable>(numbered).await;
    for text in ["1", "1.0", "01", "1E0"] {
        let at = json!({ "TableName": "tab", "Key": { "p": { "N": text } } });
        assert_eq!(leading::<GetItem>(&bench, at), ["1"]);
    }
}
