//! Single items: keys, values, conditions, updates, what is returned.

use anabranch_api::dynamodb::{
    BatchGetItem, BatchWriteItem, CreateTable, DeleteItem, GetItem, PutItem, UpdateItem,
};
use serde_json::{Value, json};

use crate::harness::{Bench, bench, table};

async fn with_table(range: Option<&str>) -> Bench {
    let bench = bench().await;
    bench.call::<CreateTable>(table(range)).await;
    bench
}

async fn put(bench: &Bench, mut item: Value) {
    item["p"] = json!({ "S": "x" });
    bench.call::<PutItem>(json!({ "TableName": "tab", "Item": item })).await;
}

async fn get(bench: &Bench) -> Value {
    let item = bench.call::<GetItem>(json!({ "TableName": "tab", "Key": { "p": { "S": "x" } } })).await;
    let mut item = item["Item"].clone();
    if let Some(attributes) = item.as_object_mut() {
        attributes.remove("p");
    }
    item
}

fn update(expression: &str, values: Value) -> Value {
    let mut request =
        json!({ "TableName": "tab", "Key": { "p": { "S": "x" } }, "UpdateExpression": expression });
    if !values.is_null() {
        request["ExpressionAttributeValues"] = values;
    }
    request
}

#[tokio::test]
async fn values_come_back_in_their_normal_form() {
    let bench = with_table(None).await;
    let cases = [
        (json!({ "S": "" }), json!({ "S": "" })),
        (json!({ "N": "0010.50" }), json!({ "N": "10.5" })),
        (json!({ "B": "AP8=" }), json!({ "B": "AP8=" })),
        (json!({ "NS": ["2", "1.0"] }), json!({ "NS": ["1", "2"] })),
        (json!({ "SS": ["b", "a"] }), json!({ "SS": ["a", "b"] })),
        (json!({ "BS": ["AQ==", "AA=="] }), json!({ "BS": ["AA==", "AQ=="] })),
        (json!({ "M": {} }), json!({ "M": {} })),
        (
            json!({ "L": [{ "NULL": true }, { "BOOL": false }] }),
            json!({ "L": [{ "NULL": true }, { "BOOL": false }] }),
        ),
    ];
    for (given, kept) in cases {
        put(&bench, json!({ "v": given })).await;
        assert_eq!(get(&bench).await, json!({ "v": kept }));
    }
}

#[tokio::test]
async fn what_is_no_value_is_refused() {
    let bench = with_table(None).await;
    let long = "9".repeat(39);
    let mut deep = json!({ "L": [] });
    for _ in 0..33 {
        deep = json!({ "L": [deep] });
    }
    let cases = [
        (json!({}), "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
        (
            json!({ "S": "a", "N": "1" }),
            "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes",
        ),
        (json!({ "N": "abc" }), "The parameter cannot be converted to a numeric value: abc"),
        (json!({ "N": long }), "Attempting to store more than 38 significant digits in a Number"),
        (
            json!({ "N": "1e126" }),
            "Number overflow. Attempting to store a number with magnitude larger than supported range",
        ),
        (
            json!({ "N": "1e-131" }),
            "Number underflow. Attempting to store a number with magnitude smaller than supported range",
        ),
        (json!({ "SS": [] }), "One or more parameter values were invalid: An string set  may not be empty"),
        (json!({ "NS": [] }), "One or more parameter values were invalid: An number set  may not be empty"),
        (json!({ "BS": [] }), "One or more parameter values were invalid: Binary sets should not be empty"),
        (
            json!({ "SS": ["a", "a"] }),
            "One or more parameter values were invalid: Input collection [a, a] contains duplicates.",
        ),
        (
            json!({ "NS": ["1", "1.0"] }),
            "One or more parameter values were invalid: Input collection [1, 1.0] contains duplicates.",
        ),
        (
            json!({ "NULL": false }),
            "One or more parameter values were invalid: Null attribute value types must have the value of true",
        ),
        (
            deep,
            "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit",
        ),
        (json!({ "S": "a".repeat(409_600) }), "Item size has exceeded the maximum allowed size"),
    ];
    for (value, sentence) in cases {
        let item = json!({ "TableName": "tab", "Item": { "p": { "S": "x" }, "v": value } });
        assert_eq!(bench.refused::<PutItem>(item).await, format!("ValidationException: {sentence}"));
    }
}

#[tokio::test]
async fn keys_must_be_the_tables() {
    let bench = with_table(Some("N")).await;
    let key = |p: Value, c: Value| json!({ "TableName": "tab", "Key": { "p": p, "c": c } });
    let cases = [
        (key(json!({ "N": "1" }), json!({ "N": "1" })), "The provided key element does not match the schema"),
        (
            json!({ "TableName": "tab", "Key": { "p": { "S": "a" } } }),
            "The number of conditions on the keys is invalid",
        ),
        (
            key(json!({ "S": "" }), json!({ "N": "1" })),
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: p",
        ),
        (
            key(json!({ "S": "a".repeat(2049) }), json!({ "N": "1" })),
            "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes",
        ),
    ];
    for (request, sentence) in cases {
        assert_eq!(bench.refused::<GetItem>(request).await, format!("ValidationException: {sentence}"));
    }
    let cases = [
        (json!({ "p": { "S": "a" } }), "Missing the key c in the item"),
        (json!({ "p": { "S": "a" }, "c": { "S": "1" } }), "Type mismatch for key c expected: N actual: S"),
    ];
    for (item, sentence) in cases {
        let refused = bench.refused::<PutItem>(json!({ "TableName": "tab", "Item": item })).await;
        assert_eq!(
            refused,
            format!("ValidationException: One or more parameter values were invalid: {sentence}")
        );
    }
    // A partition key of 2,048 bytes and numbers written in other ways name the same item.
    let long = json!({ "S": "a".repeat(2048) });
    let item = json!({ "p": long, "c": { "N": "10" }, "v": { "S": "here" } });
    bench.call::<PutItem>(json!({ "TableName": "tab", "Item": item })).await;
    let found = bench.call::<GetItem>(key(long, json!({ "N": "1e1" }))).await;
    assert_eq!(found["Item"]["v"], json!({ "S": "here" }));
}

#[tokio::test]
async fn updates_do_what_they_say() {
    let bench = with_table(None).await;
    let cases = [
        (
            json!({ "a": { "N": "1" }, "b": { "N": "2" } }),
            "SET a = b, b = a",
            Value::Null,
            json!({ "a": { "N": "2" }, "b": { "N": "1" } }),
        ),
        (
            json!({}),
            "SET a = if_not_exists(a, :z) + :one",
            json!({ ":z": { "N": "0" }, ":one": { "N": "1" } }),
            json!({ "a": { "N": "1" } }),
        ),
        (
            json!({ "l": { "L": [{ "N": "1" }] } }),
            "SET l = list_append(:x, l)",
            json!({ ":x": { "L": [{ "N": "0" }] } }),
            json!({ "l": { "L": [{ "N": "0" }, { "N": "1" }] } }),
        ),
        (
            json!({ "l": { "L": [{ "N": "1" }] } }),
            "SET l[7] = :b, l[5] = :a",
            json!({ ":a": { "S": "a" }, ":b": { "S": "b" } }),
            json!({ "l": { "L": [{ "N": "1" }, { "S": "a" }, { "S": "b" }] } }),
        ),
        (
            json!({ "l": { "L": [{ "N": "0" }, { "N": "1" }, { "N": "2" }] } }),
            "REMOVE l[0], l[1]",
            Value::Null,
            json!({ "l": { "L": [{ "N": "2" }] } }),
        ),
        (
            json!({ "m": { "M": { "k": { "S": "v" } } } }),
            "SET m.n = :v REMOVE m.k",
            json!({ ":v": { "BOOL": true } }),
            json!({ "m": { "M": { "n": { "BOOL": true } } } }),
        ),
        (
            json!({ "n": { "N": "5" } }),
            "ADD n :m, s :s",
            json!({ ":m": { "N": "-7.5" }, ":s": { "SS": ["x"] } }),
            json!({ "n": { "N": "-2.5" }, "s": { "SS": ["x"] } }),
        ),
        (
            json!({ "s": { "NS": ["1", "2"] } }),
            "DELETE s :s",
            json!({ ":s": { "NS": ["2.0"] } }),
            json!({ "s": { "NS": ["1"] } }),
        ),
        (json!({ "s": { "NS": ["1"] } }), "DELETE s :s", json!({ ":s": { "NS": ["1"] } }), json!({})),
        (json!({ "a": { "N": "3" } }), "set a = (a + :x) - :x", Value::Null, Value::Null),
    ];
    for (before, expression, values, after) in cases {
        put(&bench, before).await;
        if after.is_null() {
            bench.refused::<UpdateItem>(update(expression, values)).await;
            continue;
        }
        bench.call::<UpdateItem>(update(expression, values)).await;
        assert_eq!(get(&bench).await, after, "{expression}");
    }
}

#[tokio::test]
async fn updates_that_do_not_fit_the_item_change_nothing() {
    let bench = with_table(None).await;
    let most = format!("9{}", "0".repeat(125));
    let before = json!({ "n": { "N": most }, "s": { "S": "x" }, "l": { "L": [] } });
    put(&bench, before.clone()).await;
    let one = || json!({ ":v": { "N": "1" } });
    let cases = [
        (
            "SET a = b",
            Value::Null,
            "The provided expression refers to an attribute that does not exist in the item",
        ),
        ("SET s = s + :v", one(), "An operand in the update expression has an incorrect data type"),
        ("ADD s :v", one(), "An operand in the update expression has an incorrect data type"),
        ("SET q.r = :v", one(), "The document path provided in the update expression is invalid for update"),
        ("SET s.r = :v", one(), "The document path provided in the update expression is invalid for update"),
        (
            "DELETE q.r :v",
            json!({ ":v": { "SS": ["x"] } }),
            "The document path provided in the update expression is invalid for update",
        ),
        (
            "REMOVE q.r",
            Value::Null,
            "The document path provided in the update expression is invalid for update",
        ),
        (
            "SET n = n + :v",
            one(),
            "Number overflow. Attempting to store a number with magnitude larger than supported range",
        ),
        (
            "ADD n :v",
            json!({ ":v": { "N": "9e125" } }),
            "Number overflow. Attempting to store a number with magnitude larger than supported range",
        ),
        (
            "SET p = :v",
            one(),
            "One or more parameter values were invalid: Cannot update attribute p. This attribute is part of the key",
        ),
        (
            "SET a = :v",
            json!({ ":v": { "S": "a".repeat(409_600) } }),
            "Item size to update has exceeded the maximum allowed size",
        ),
    ];
    for (expression, values, sentence) in cases {
        let refused = bench.refused::<UpdateItem>(update(expression, values)).await;
        assert_eq!(refused, format!("ValidationException: {sentence}"), "{expression}");
        assert_eq!(get(&bench).await, before, "{expression}");
    }
}

#[tokio::test]
async fn an_update_of_nothing_makes_the_bare_item_and_a_removal_makes_none() {
    let bench = with_table(None).await;
    let key = json!({ "p": { "S": "x" } });
    for takes in [
        update("REMOVE a", Value::Null),
        update("DELETE a :s", json!({ ":s": { "SS": ["x"] } })),
        json!({ "TableName": "tab", "Key": key, "AttributeUpdates": { "a": { "Action": "DELETE" } } }),
    ] {
        bench.call::<UpdateItem>(takes).await;
        assert_eq!(get(&bench).await, Value::Null);
    }
    let refused = bench.refused::<UpdateItem>(update("REMOVE m.k", Value::Null)).await;
    let sentence =
        "ValidationException: The document path provided in the update expression is invalid for update";
    assert_eq!(refused, sentence);
    bench.call::<UpdateItem>(json!({ "TableName": "tab", "Key": key })).await;
    assert_eq!(get(&bench).await, json!({}));
}

#[tokio::test]
async fn what_is_returned_is_what_was_asked_for() {
    let bench = with_table(None).await;
    let cases = [
        ("NONE", Value::Null),
        (
            "ALL_OLD",
            json!({ "p": { "S": "x" }, "a": { "N": "1" }, "m": { "M": { "k": { "S": "v" }, "z": { "S": "z" } } } }),
        ),
        ("UPDATED_OLD", json!({ "a": { "N": "1" }, "m": { "M": { "k": { "S": "v" } } } })),
        (
            "ALL_NEW",
            json!({ "p": { "S": "x" }, "a": { "N": "2" }, "b": { "S": "new" }, "m": { "M": { "z": { "S": "z" } } } }),
        ),
        ("UPDATED_NEW", json!({ "a": { "N": "2" }, "b": { "S": "new" } })),
    ];
    for (asked, expected) in cases {
        put(&bench, json!({ "a": { "N": "1" }, "m": { "M": { "k": { "S": "v" }, "z": { "S": "z" } } } }))
            .await;
        let values = json!({ ":one": { "N": "1" }, ":new": { "S": "new" } });
        let mut request = update("SET a = a + :one, b = :new REMOVE m.k", values);
        request["ReturnValues"] = json!(asked);
        assert_eq!(bench.call::<UpdateItem>(request).await["Attributes"], expected, "{asked}");
    }
    let key = json!({ "TableName": "tab", "Key": { "p": { "S": "x" } }, "ReturnValues": "ALL_OLD" });
    assert_eq!(bench.call::<DeleteItem>(key.clone()).await["Attributes"]["a"], json!({ "N": "2" }));
    assert_eq!(bench.call::<DeleteItem>(key.clone()).await, json!({}));
    let mut all_new = key;
    all_new["ReturnValues"] = json!("ALL_NEW");
    let refused = bench.refused::<DeleteItem>(all_new).await;
    assert_eq!(refused, "ValidationException: ReturnValues can only be ALL_OLD or NONE");
}

#[tokio::test]
async fn the_parameters_of_the_two_forms_do_not_mix() {
    let bench = with_table(None).await;
    let request = json!({
        "TableName": "tab", "Item": { "p": { "S": "x" } },
        "Expected": { "p": { "Exists": false } }, "ConditionExpression": "attribute_exists(p)",
    });
    let sentence = "ValidationException: Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {Expected} Expression parameters: {ConditionExpression}";
    assert_eq!(bench.refused::<PutItem>(request).await, sentence);
}

#[tokio::test]
async fn batches_write_and_read_what_they_list() {
    let bench = with_table(None).await;
    let item = |n: usize| json!({ "PutRequest": { "Item": { "p": { "S": n.to_string() }, "n": { "N": n.to_string() } } } });
    let batch = json!({ "RequestItems": { "tab": (0..25).map(item).collect::<Vec<_>>() }, "ReturnConsumedCapacity": "TOTAL" });
    let written = bench.call::<BatchWriteItem>(batch).await;
    assert_eq!(written["UnprocessedItems"], json!({}));
    assert_eq!(written["ConsumedCapacity"], json!([{ "TableName": "tab", "CapacityUnits": 25.0 }]));
    let too_many = json!({ "RequestItems": { "tab": [item(1), item(1)] } });
    let refused = bench.refused::<BatchWriteItem>(too_many).await;
    assert_eq!(refused, "ValidationException: Provided list of item keys contains duplicates");
    let keys: Vec<Value> = (20..30).map(|n| json!({ "p": { "S": n.to_string() } })).collect();
    let wanted = json!({ "RequestItems": { "tab": { "Keys": keys, "ProjectionExpression": "n" } } });
    let read = bench.call::<BatchGetItem>(wanted).await;
    assert_eq!(read["Responses"]["tab"].as_array().unwrap().len(), 5);
    assert_eq!(read["Responses"]["tab"][0], json!({ "n": { "N": "20" } }));
    assert_eq!(read["UnprocessedKeys"], json!({}));
    let gone = json!({ "RequestItems": { "tab": [{ "DeleteRequest": { "Key": { "p": { "S": "20" } } } }] } });
    bench.call::<BatchWriteItem>(gone).await;
    let key = json!({ "TableName": "tab", "Key": { "p": { "S": "20" } } });
    assert_eq!(bench.call::<GetItem>(key).await, json!({}));
}

#[tokio::test]
async fn the_collections_of_a_batch_are_told_once_for_each_table() {
    let bench = bench().await;
    let mut with_index = table(Some("S"));
    with_index["AttributeDefinitions"]
        .as_array_mut()
        .unwrap()
        .push(json!({ "AttributeName": "n", "AttributeType": "S" }));
    with_index["LocalSecondaryIndexes"] = json!([{
        "IndexName": "by-n", "Projection": { "ProjectionType": "ALL" },
        "KeySchema": [{ "AttributeName": "p", "KeyType": "HASH" }, { "AttributeName": "n", "KeyType": "RANGE" }],
    }]);
    bench.call::<CreateTable>(with_index).await;
    let put = |p: &str, c: &str| json!({ "PutRequest": { "Item": { "p": { "S": p }, "c": { "S": c } } } });
    let batch = json!({ "RequestItems": { "tab": [put("x", "1"), put("x", "2"), put("y", "1")] }, "ReturnItemCollectionMetrics": "SIZE" });
    let written = bench.call::<BatchWriteItem>(batch).await;
    let of = |p: &str| json!({ "ItemCollectionKey": { "p": { "S": p } }, "SizeEstimateRangeGB": [0.0, 1.0] });
    assert_eq!(written["ItemCollectionMetrics"], json!({ "tab": [of("x"), of("y")] }));
}
