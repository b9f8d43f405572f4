//! What the Kinesis Client Library asks of its lease tables, in its own words.

use anabranch_api::dynamodb::{
    CreateTable, DescribeTable, GetItem, PutItem, Query, Scan, UpdateItem, UpdateTable,
};
use serde_json::{Value, json};

use crate::harness::{Bench, bench, bench_with_delay};

pub(super) fn lease_table() -> Value {
    json!({
        "TableName": "app",
        "KeySchema": [{ "AttributeName": "leaseKey", "KeyType": "HASH" }],
        "AttributeDefinitions": [{ "AttributeName": "leaseKey", "AttributeType": "S" }],
        "BillingMode": "PAY_PER_REQUEST",
        "DeletionProtectionEnabled": false,
    })
}

fn new_index() -> Value {
    json!({
        "TableName": "app",
        "AttributeDefinitions": [
            { "AttributeName": "leaseOwner", "AttributeType": "S" },
            { "AttributeName": "leaseKey", "AttributeType": "S" },
        ],
        "GlobalSecondaryIndexUpdates": [{ "Create": {
            "IndexName": "LeaseOwnerToLeaseKeyIndex",
            "KeySchema": [
                { "AttributeName": "leaseOwner", "KeyType": "HASH" },
                { "AttributeName": "leaseKey", "KeyType": "RANGE" },
            ],
            "Projection": { "ProjectionType": "KEYS_ONLY" },
        } }],
    })
}

fn take(owner: &str, before: &Value) -> Value {
    json!({
        "TableName": "app",
        "Key": { "leaseKey": { "S": "shard-0" } },
        "AttributeUpdates": {
            "leaseOwner": { "Action": "PUT", "Value": { "S": owner } },
            "leaseCounter": { "Action": "ADD", "Value": { "N": "1" } },
            "checkpointOwner": { "Action": "DELETE" },
        },
        "Expected": {
            "leaseKey": { "Exists": true, "Value": { "S": "shard-0" } },
            "leaseOwner": before,
        },
        "ReturnValues": "ALL_NEW",
    })
}

fn renew(counter: &str) -> Value {
    json!({
        "TableName": "app",
        "Key": { "leaseKey": { "S": "shard-0" } },
        "AttributeUpdates": {
            "leaseCounter": { "Action": "PUT", "Value": { "N": "9" } },
            "throughputKBps": { "Action": "PUT", "Value": { "N": "1.5" } },
        },
        "Expected": {
            "leaseCounter": { "Value": { "N": counter } },
            "checkpointOwner": { "Exists": false },
        },
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    })
}

async fn owned_by(bench: &Bench, owner: &str) -> Value {
    bench
        .call::<Query>(json!({
            "TableName": "app",
            "IndexName": "LeaseOwnerToLeaseKeyIndex",
            "KeyConditionExpression": "leaseOwner = :leaseOwner",
            "ExpressionAttributeValues": { ":leaseOwner": { "S": owner } },
        }))
        .await["Items"]
        .clone()
}

#[tokio::test]
async fn a_lease_is_made_taken_renewed_and_found_by_its_owner() {
    let bench = bench().await;
    bench.call::<CreateTable>(lease_table()).await;
    let put = json!({
        "TableName": "app",
        "Item": {
            "leaseKey": { "S": "shard-0" },
            "leaseCounter": { "N": "0" },
            "checkpoint": { "S": "TRIM_HORIZON" },
            "parentShardId": { "SS": ["a", "b"] },
        },
        "Expected": { "leaseKey": { "Exists": false } },
    });
    assert_eq!(bench.call::<PutItem>(put.clone()).await, json!({}));
    let refused = bench.refused::<PutItem>(put).await;
    assert_eq!(refused, "ConditionalCheckFailedException: The conditional request failed");

    let taken = bench.call::<UpdateItem>(take("w1", &json!({ "Exists": false }))).await;
    assert_eq!(taken["Attributes"]["leaseCounter"], json!({ "N": "1" }));
    bench.refused::<UpdateItem>(take("w2", &json!({ "Exists": false }))).await;
    let stolen = bench.call::<UpdateItem>(take("w2", &json!({ "Value": { "S": "w1" } }))).await;
    assert_eq!(stolen["Attributes"]["leaseOwner"], json!({ "S": "w2" }));

    // The index is added to a table that is in use, and found whole.
    let updated = bench.call::<UpdateTable>(new_index()).await;
    assert_eq!(updated["TableDescription"]["TableStatus"], "UPDATING");
    let described = bench.call::<DescribeTable>(json!({ "TableName": "app" })).await;
    assert_eq!(described["Table"]["TableStatus"], "ACTIVE");
    assert_eq!(described["Table"]["GlobalSecondaryIndexes"][0]["IndexStatus"], "ACTIVE");
    assert_eq!(owned_by(&bench, "w1").await, json!([]));
    let entry = json!([{ "leaseKey": { "S": "shard-0" }, "leaseOwner": { "S": "w2" } }]);
    assert_eq!(owned_by(&bench, "w2").await, entry);

    assert_eq!(bench.call::<UpdateItem>(renew("2")).await, json!({}));
    let failed = bench.try_call::<UpdateItem>(renew("2")).await.unwrap_err();
    let members = format!("{{{}}}", std::str::from_utf8(&failed.members.unwrap()).unwrap());
    let members: Value = serde_json::from_str(&members).unwrap();
    assert_eq!(members["Item"]["leaseCounter"], json!({ "N": "9" }));

    // Evicting a lease takes it out of the index.
    bench
        .call::<UpdateItem>(json!({
            "TableName": "app",
            "Key": { "leaseKey": { "S": "shard-0" } },
            "AttributeUpdates": {
                "leaseOwner": { "Action": "DELETE" },
                "leaseCounter": { "Action": "ADD", "Value": { "N": "1" } },
                "checkpointOwner": { "Action": "DELETE" },
            },
            "Expected": { "leaseOwner": { "Value": { "S": "w2" } } },
        }))
        .await;
    assert_eq!(owned_by(&bench, "w2").await, json!([]));
    let left = bench.call::<Scan>(json!({ "TableName": "app", "Limit": 1 })).await;
    assert_eq!(left["Count"], 1);
    assert_eq!(left["LastEvaluatedKey"], json!({ "leaseKey": { "S": "shard-0" } }));
}

#[tokio::test]
async fn an_index_becomes_active_when_it_is_filled_and_its_time_has_come() {
    let bench = bench_with_delay(5).await;
    let created = bench.call::<CreateTable>(lease_table()).await;
    assert_eq!(created["TableDescription"]["TableStatus"], "CREATING");
    let item =
        json!({ "TableName": "app", "Item": { "leaseKey": { "S": "k" }, "leaseOwner": { "S": "w" } } });
    let refused = bench.refused::<PutItem>(item.clone()).await;
    assert_eq!(refused, "ResourceNotFoundException: Requested resource not found");
    bench.pass(5).await;
    bench.call::<PutItem>(item).await;
    bench.call::<UpdateTable>(new_index()).await;
    bench.pass(4).await;
    let described = bench.call::<DescribeTable>(json!({ "TableName": "app" })).await;
    assert_eq!(described["Table"]["TableStatus"], "UPDATING");
    assert_eq!(described["Table"]["GlobalSecondaryIndexes"][0]["IndexStatus"], "CREATING");
    bench.pass(1).await;
    let described = bench.call::<DescribeTable>(json!({ "TableName": "app" })).await;
    assert_eq!(described["Table"]["TableStatus"], "ACTIVE");
    assert_eq!(described["Table"]["GlobalSecondaryIndexes"][0]["ItemCount"], 1);
    let entry = json!([{ "leaseKey": { "S": "k" }, "leaseOwner": { "S": "w" } }]);
    assert_eq!(owned_by(&bench, "w").await, entry);
}

#[tokio::test]
async fn a_lock_is_kept_by_its_heartbeat() {
    let bench = bench().await;
    let table = json!({
        "TableName": "app-CoordinatorState",
        "KeySchema": [{ "AttributeName": "key", "KeyType": "HASH" }],
        "AttributeDefinitions": [{ "AttributeName": "key", "AttributeType": "S" }],
        "BillingMode": "PAY_PER_REQUEST",
    });
    bench.call::<CreateTable>(table).await;
    let acquire = json!({
        "TableName": "app-CoordinatorState",
        "Item": { "key": { "S": "Leader" }, "recordVersionNumber": { "S": "1" }, "ownerName": { "S": "w1" } },
        "ConditionExpression": "attribute_not_exists(#pk)",
        "ExpressionAttributeNames": { "#pk": "key" },
    });
    bench.call::<PutItem>(acquire.clone()).await;
    bench.refused::<PutItem>(acquire).await;
    let beat = |before: &str, after: &str| {
        json!({
            "TableName": "app-CoordinatorState",
            "Key": { "key": { "S": "Leader" } },
            "UpdateExpression": "SET #ld = :ld, #rvn = :newRvn",
            "ConditionExpression": "attribute_exists(#pk) AND #rvn = :rvn AND #on = :on",
            "ExpressionAttributeNames": {
                "#pk": "key", "#rvn": "recordVersionNumber", "#on": "ownerName", "#ld": "leaseDuration",
            },
            "ExpressionAttributeValues": {
                ":rvn": { "S": before }, ":newRvn": { "S": after }, ":on": { "S": "w1" }, ":ld": { "S": "30000" },
            },
        })
    };
    bench.call::<UpdateItem>(beat("1", "2")).await;
    bench.refused::<UpdateItem>(beat("1", "3")).await;
    let held = bench
        .call::<GetItem>(json!({
            "TableName": "app-CoordinatorState", "Key": { "key": { "S": "Leader" } }, "ConsistentRead": true,
        }))
        .await;
    assert_eq!(held["Item"]["recordVersionNumber"], json!({ "S": "2" }));
}
