//! Tables: made, described, changed, deleted.

use anabranch_api::dynamodb::{
    CreateTable, DeleteTable, DescribeContinuousBackups, DescribeTable, DescribeTimeToLive, GetItem,
    ListTables, ListTagsOfResource, PutItem, Query, Scan, TagResource, UntagResource,
    UpdateContinuousBackups, UpdateTable, UpdateTimeToLive,
};
use serde_json::{Value, json};

use crate::harness::{bench, bench_on_disk, bench_with_delay, table};

const NAMED: &str = r#"{"TableName":"tab"}"#;

fn named() -> Value {
    serde_json::from_str(NAMED).unwrap()
}

#[tokio::test]
async fn a_table_is_described_as_it_was_made() {
    let bench = bench().await;
    bench.call::<CreateTable>(table(Some("N"))).await;
    let described = bench.call::<DescribeTable>(named()).await["Table"].clone();
    let expected = [
        ("TableName", json!("tab")),
        ("TableStatus", json!("ACTIVE")),
        ("TableArn", json!("arn:aws:dynamodb:us-east-1:123456789012:table/tab")),
        ("ItemCount", json!(0)),
        ("TableSizeBytes", json!(0)),
        ("DeletionProtectionEnabled", json!(false)),
        ("CreationDateTime", json!(1_800_000_000)),
        (
            "BillingModeSummary",
            json!({ "BillingMode": "PAY_PER_REQUEST", "LastUpdateToPayPerRequestDateTime": 1_800_000_000 }),
        ),
        (
            "ProvisionedThroughput",
            json!({ "NumberOfDecreasesToday": 0, "ReadCapacityUnits": 0, "WriteCapacityUnits": 0 }),
        ),
        (
            "KeySchema",
            json!([{ "AttributeName": "p", "KeyType": "HASH" }, { "AttributeName": "c", "KeyType": "RANGE" }]),
        ),
    ];
    for (member, value) in expected {
        assert_eq!(described[member], value, "{member}");
    }
    let by_arn = json!({ "TableName": described["TableArn"] });
    assert_eq!(bench.call::<DescribeTable>(by_arn).await["Table"]["TableId"], described["TableId"]);
    for other in [
        "arn:aws-cn:dynamodb:us-east-1:123456789012:table/tab",
        "arn:aws:dynamodb:us-east-1:210987654321:table/tab",
    ] {
        let refused = bench.refused::<DescribeTable>(json!({ "TableName": other })).await;
        assert!(refused.starts_with("ResourceNotFoundException"), "{other}: {refused}");
    }
    let refused = bench.refused::<CreateTable>(table(None)).await;
    assert_eq!(refused, "ResourceInUseException: Table already exists: tab");
}

#[tokio::test]
async fn tables_that_contradict_themselves_are_refused() {
    let bench = bench().await;
    let with = |change: &dyn Fn(&mut Value)| {
        let mut request = table(None);
        change(&mut request);
        request
    };
    let cases = [
        (
            with(&|r| r["BillingMode"] = json!("PROVISIONED")),
            "One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED",
        ),
        (
            with(&|r| {
                r["ProvisionedThroughput"] = json!({ "ReadCapacityUnits": 1, "WriteCapacityUnits": 1 })
            }),
            "One or more parameter values were invalid: Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
        ),
        (
            with(&|r| r["KeySchema"][0]["KeyType"] = json!("RANGE")),
            "Invalid KeySchema: The first KeySchemaElement is not a HASH key type",
        ),
        (
            with(&|r| r["KeySchema"][0]["AttributeName"] = json!("q")),
            "One or more parameter values were invalid: Some index key attributes are not defined in AttributeDefinitions. Keys: [q], AttributeDefinitions: [p]",
        ),
        (
            with(&|r| {
                r["AttributeDefinitions"]
                    .as_array_mut()
                    .unwrap()
                    .push(json!({ "AttributeName": "z", "AttributeType": "S" }))
            }),
            "One or more parameter values were invalid: Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions",
        ),
        (
            with(&|r| r["TableName"] = json!("ab")),
            "TableName must be at least 3 characters long and at most 255 characters long",
        ),
        (
            with(&|r| r["StreamSpecification"] = json!({ "StreamEnabled": true })),
            "StreamSpecification is not supported by Anabranch",
        ),
    ];
    for (request, sentence) in cases {
        assert_eq!(bench.refused::<CreateTable>(request).await, format!("ValidationException: {sentence}"));
    }
}

#[tokio::test]
async fn tables_are_listed_in_pages() {
    let bench = bench().await;
    for name in ["ccc", "aaa", "bbb"] {
        let mut request = table(None);
        request["TableName"] = json!(name);
        bench.call::<CreateTable>(request).await;
    }
    let first = bench.call::<ListTables>(json!({ "Limit": 2 })).await;
    assert_eq!(first, json!({ "TableNames": ["aaa", "bbb"], "LastEvaluatedTableName": "bbb" }));
    let rest = bench.call::<ListTables>(json!({ "ExclusiveStartTableName": "bbb" })).await;
    assert_eq!(rest, json!({ "TableNames": ["ccc"] }));
}

#[tokio::test]
async fn a_deleted_table_is_gone_with_its_items() {
    let dir = tempfile::tempdir().unwrap();
    let mut bench = bench_on_disk(dir.path()).await;
    for _ in 0..2 {
        bench.call::<CreateTable>(table(None)).await;
        for n in 0..150 {
            let item = json!({ "p": { "S": n.to_string() } });
            bench.call::<PutItem>(json!({ "TableName": "tab", "Item": item })).await;
        }
        bench = bench.restarted().await;
        let described = bench.call::<DescribeTable>(named()).await;
        assert_eq!(described["Table"]["ItemCount"], 150);
        let deleted = bench.call::<DeleteTable>(named()).await;
        assert_eq!(deleted["TableDescription"]["TableStatus"], "DELETING");
        let refused = bench.refused::<DescribeTable>(named()).await;
        assert_eq!(refused, "ResourceNotFoundException: Requested resource not found: Table: tab not found");
        let left = bench.tables.catalog.scan("/123456789012/".into(), None, 10).await.unwrap();
        assert!(left.entries.is_empty());
    }
}

#[tokio::test]
async fn a_deletion_that_was_begun_is_finished_after_a_restart() {
    let bench = bench_with_delay(5).await;
    bench.call::<CreateTable>(table(None)).await;
    bench.pass(5).await;
    bench.call::<PutItem>(json!({ "TableName": "tab", "Item": { "p": { "S": "x" } } })).await;
    bench.call::<DeleteTable>(named()).await;
    let bench = bench.restarted().await;
    assert_eq!(bench.call::<DescribeTable>(named()).await["Table"]["TableStatus"], "DELETING");
    let get = json!({ "TableName": "tab", "Key": { "p": { "S": "x" } } });
    assert_eq!(
        bench.refused::<GetItem>(get).await,
        "ResourceNotFoundException: Requested resource not found"
    );
    bench.pass(5).await;
    bench.refused::<DescribeTable>(named()).await;
    let left = bench.tables.catalog.scan("/123456789012/".into(), None, 10).await.unwrap();
    assert!(left.entries.is_empty());
}

#[tokio::test]
async fn a_protected_table_is_not_deleted() {
    let bench = bench().await;
    let mut request = table(None);
    request["DeletionProtectionEnabled"] = json!(true);
    bench.call::<CreateTable>(request).await;
    let refused = bench.refused::<DeleteTable>(named()).await;
    assert_eq!(
        refused,
        "ValidationException: Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first."
    );
    bench.call::<UpdateTable>(json!({ "TableName": "tab", "DeletionProtectionEnabled": false })).await;
    bench.call::<DeleteTable>(named()).await;
}

#[tokio::test]
async fn an_index_is_added_to_many_items_and_deleted_again() {
    let bench = bench().await;
    bench.call::<CreateTable>(table(None)).await;
    for n in 0..250 {
        let item = json!({ "p": { "S": n.to_string() }, "g": { "N": (n % 2).to_string() } });
        bench.call::<PutItem>(json!({ "TableName": "tab", "Item": item })).await;
    }
    // What has another type is in no index.
    let odd = json!({ "p": { "S": "odd" }, "g": { "S": "1" } });
    bench.call::<PutItem>(json!({ "TableName": "tab", "Item": odd })).await;
    let add = json!({
        "TableName": "tab",
        "AttributeDefinitions": [{ "AttributeName": "g", "AttributeType": "N" }],
        "GlobalSecondaryIndexUpdates": [{ "Create": {
            "IndexName": "by-g", "KeySchema": [{ "AttributeName": "g", "KeyType": "HASH" }],
            "Projection": { "ProjectionType": "ALL" },
        } }],
    });
    bench.call::<UpdateTable>(add.clone()).await;
    let query = json!({
        "TableName": "tab", "IndexName": "by-g", "KeyConditionExpression": "g = :g", "Select": "COUNT",
        "ExpressionAttributeValues": { ":g": { "N": "1" } },
    });
    assert_eq!(bench.call::<Query>(query.clone()).await, json!({ "Count": 125, "ScannedCount": 125 }));
    let described = bench.call::<DescribeTable>(named()).await;
    assert_eq!(described["Table"]["GlobalSecondaryIndexes"][0]["ItemCount"], 250);
    let refused = bench.refused::<UpdateTable>(add).await;
    assert_eq!(refused, "ValidationException: Attempting to create an index which already exists: by-g");
    let delete =
        json!({ "TableName": "tab", "GlobalSecondaryIndexUpdates": [{ "Delete": { "IndexName": "by-g" } }] });
    bench.call::<UpdateTable>(delete).await;
    let refused = bench.refused::<Query>(query).await;
    assert_eq!(refused, "ValidationException: The table does not have the specified index: by-g");
    let described = bench.call::<DescribeTable>(named()).await;
    assert_eq!(
        described["Table"]["AttributeDefinitions"],
        json!([{ "AttributeName": "p", "AttributeType": "S" }])
    );
}

#[tokio::test]
async fn a_table_changes_what_it_is_billed_by() {
    let bench = bench().await;
    bench.call::<CreateTable>(table(None)).await;
    let throughput = json!({ "ReadCapacityUnits": 2, "WriteCapacityUnits": 3 });
    let change =
        json!({ "TableName": "tab", "BillingMode": "PROVISIONED", "ProvisionedThroughput": throughput });
    bench.call::<UpdateTable>(change.clone()).await;
    let described = bench.call::<DescribeTable>(named()).await;
    assert_eq!(described["Table"]["ProvisionedThroughput"]["WriteCapacityUnits"], 3);
    assert_eq!(described["Table"]["BillingModeSummary"], Value::Null);
    let refused = bench.refused::<UpdateTable>(change).await;
    assert!(refused.contains("The provisioned throughput for the table tab will not change."), "{refused}");
    bench.call::<UpdateTable>(json!({ "TableName": "tab", "BillingMode": "PAY_PER_REQUEST" })).await;
    let refused = bench.refused::<UpdateTable>(named()).await;
    assert!(refused.starts_with("ValidationException: At least one of"), "{refused}");
}

#[tokio::test]
async fn tags_are_kept() {
    let bench = bench().await;
    bench.call::<CreateTable>(table(None)).await;
    let arn = "arn:aws:dynamodb:us-east-1:123456789012:table/tab";
    let tags = json!([{ "Key": "a", "Value": "1" }, { "Key": "b", "Value": "2" }]);
    bench.call::<TagResource>(json!({ "ResourceArn": arn, "Tags": tags })).await;
    bench.call::<UntagResource>(json!({ "ResourceArn": arn, "TagKeys": ["a", "none"] })).await;
    let bench = bench.restarted().await;
    let listed = bench.call::<ListTagsOfResource>(json!({ "ResourceArn": arn })).await;
    assert_eq!(listed, json!({ "Tags": [{ "Key": "b", "Value": "2" }] }));
    let other = arn.replace("/tab", "/other");
    let refused = bench.refused::<ListTagsOfResource>(json!({ "ResourceArn": other })).await;
    assert!(refused.starts_with("ResourceNotFoundException"), "{refused}");
}

#[tokio::test]
async fn expired_items_are_deleted() {
    let bench = bench().await;
    bench.call::<CreateTable>(table(None)).await;
    let spec = |enabled: bool| json!({ "TableName": "tab", "TimeToLiveSpecification": { "Enabled": enabled, "AttributeName": "ttl" } });
    let refused = bench.refused::<UpdateTimeToLive>(spec(false)).await;
    assert_eq!(refused, "ValidationException: TimeToLive is already disabled");
    bench.call::<UpdateTimeToLive>(spec(true)).await;
    let refused = bench.refused::<UpdateTimeToLive>(spec(true)).await;
    assert_eq!(refused, "ValidationException: TimeToLive is already enabled");
    let described = bench.call::<DescribeTimeToLive>(named()).await;
    assert_eq!(
        described["TimeToLiveDescription"],
        json!({ "TimeToLiveStatus": "ENABLED", "AttributeName": "ttl" })
    );
    for (p, ttl) in [
        ("soon", json!({ "N": "1800000100" })),
        ("late", json!({ "N": "1900000000" })),
        ("text", json!({ "S": "1" })),
    ] {
        let item = json!({ "p": { "S": p }, "ttl": ttl });
        bench.call::<PutItem>(json!({ "TableName": "tab", "Item": item })).await;
    }
    bench.pass(1200).await;
    let left = bench.call::<Scan>(json!({ "TableName": "tab", "ProjectionExpression": "p" })).await;
    let mut names: Vec<&str> =
        left["Items"].as_array().unwrap().iter().map(|i| i["p"]["S"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["late", "text"]);
}

#[tokio::test]
async fn point_in_time_recovery_is_shown_as_it_was_set() {
    let bench = bench().await;
    bench.call::<CreateTable>(table(None)).await;
    let status = |answer: &Value| {
        answer["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"]
            .clone()
    };
    assert_eq!(status(&bench.call::<DescribeContinuousBackups>(named()).await), "DISABLED");
    let set = json!({ "TableName": "tab", "PointInTimeRecoverySpecification": { "PointInTimeRecoveryEnabled": true } });
    assert_eq!(status(&bench.call::<UpdateContinuousBackups>(set).await), "ENABLED");
    assert_eq!(status(&bench.call::<DescribeContinuousBackups>(named()).await), "ENABLED");
    let refused = bench.refused::<DescribeContinuousBackups>(json!({ "TableName": "none" })).await;
    assert_eq!(refused, "TableNotFoundException: Table: none not found");
}
