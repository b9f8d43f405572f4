//! Query and Scan: order, pages, segments, filters, indexes.

use std::collections::BTreeSet;

use anabranch_api::dynamodb::{BatchWriteItem, CreateTable, PutItem, Query, Scan, UpdateItem};
use serde_json::{Value, json};

use crate::harness::{Bench, bench, table};

async fn with_numbers(numbers: &[&str]) -> Bench {
    let bench = bench().await;
    bench.call::<CreateTable>(table(Some("N"))).await;
    for number in numbers {
        let item = json!({ "p": { "S": "x" }, "c": { "N": number }, "even": { "BOOL": number.ends_with(['0', '2', '4', '6', '8']) } });
        bench.call::<PutItem>(json!({ "TableName": "tab", "Item": item })).await;
    }
    bench
}

fn numbers(answer: &Value) -> Vec<String> {
    let items = answer["Items"].as_array().unwrap();
    items.iter().map(|item| item["c"]["N"].as_str().unwrap().to_owned()).collect()
}

fn query(condition: &str, values: Value) -> Value {
    json!({ "TableName": "tab", "KeyConditionExpression": condition, "ExpressionAttributeValues": values })
}

#[tokio::test]
async fn a_query_gives_the_sort_keys_it_asks_for_in_order_and_back() {
    let bench = with_numbers(&["10", "-3", "2", "0", "-0.5", "7"]).await;
    let values = || json!({ ":p": { "S": "x" }, ":a": { "N": "0" }, ":b": { "N": "7" } });
    let cases: [(&str, &[&str]); 9] = [
        ("p = :p", &["-3", "-0.5", "0", "2", "7", "10"]),
        ("p = :p AND c < :a", &["-3", "-0.5"]),
        ("p = :p AND c <= :a", &["-3", "-0.5", "0"]),
        ("p = :p AND c > :a", &["2", "7", "10"]),
        ("(p = :p) AND (c >= :a)", &["0", "2", "7", "10"]),
        ("c = :b AND p = :p", &["7"]),
        ("p = :p AND c BETWEEN :a AND :b", &["0", "2", "7"]),
        (":p = p AND :a < c", &["2", "7", "10"]),
        ("p = :p AND c BETWEEN :b AND :b", &["7"]),
    ];
    for (condition, expected) in cases {
        let mut values = values();
        values.as_object_mut().unwrap().retain(|key, _| condition.contains(key.as_str()));
        let request = query(condition, values);
        assert_eq!(numbers(&bench.call::<Query>(request.clone()).await), expected, "{condition}");
        let mut back = request;
        back["ScanIndexForward"] = json!(false);
        let reversed: Vec<&str> = expected.iter().rev().copied().collect();
        assert_eq!(numbers(&bench.call::<Query>(back).await), reversed, "{condition} back");
    }
}

#[tokio::test]
async fn text_is_sorted_by_its_bytes_and_found_by_its_beginning() {
    let bench = bench().await;
    bench.call::<CreateTable>(table(Some("S"))).await;
    let texts = ["b", "a\u{0}", "a", "a\u{0}\u{0}b", "ab", "ä", "a\u{1}", "Z"];
    for text in texts {
        let item = json!({ "p": { "S": "x" }, "c": { "S": text } });
        bench.call::<PutItem>(json!({ "TableName": "tab", "Item": item })).await;
    }
    let texts_of = |answer: Value| -> Vec<String> {
        answer["Items"].as_array().unwrap().iter().map(|i| i["c"]["S"].as_str().unwrap().to_owned()).collect()
    };
    let all = bench.call::<Query>(query("p = :p", json!({ ":p": { "S": "x" } }))).await;
    let mut sorted = texts.to_vec();
    sorted.sort_unstable();
    assert_eq!(texts_of(all), sorted);
    for start in ["a", "a\u{0}", "b", "c"] {
        let values = json!({ ":p": { "S": "x" }, ":s": { "S": start } });
        let found = bench.call::<Query>(query("p = :p AND begins_with(c, :s)", values.clone())).await;
        let expected: Vec<&str> = sorted.iter().copied().filter(|t| t.starts_with(start)).collect();
        assert_eq!(texts_of(found), expected, "{start:?}");
        let after = bench.call::<Query>(query("p = :p AND c > :s", values)).await;
        let expected: Vec<&str> = sorted.iter().copied().filter(|t| *t > start).collect();
        assert_eq!(texts_of(after), expected, "after {start:?}");
    }
}

#[tokio::test]
async fn pages_follow_each_other_in_both_directions() {
    let all: Vec<String> = (0..25).map(|n| n.to_string()).collect();
    let bench = with_numbers(&all.iter().map(String::as_str).collect::<Vec<_>>()).await;
    for forward in [true, false] {
        let mut request = query("p = :p", json!({ ":p": { "S": "x" } }));
        (request["Limit"], request["ScanIndexForward"]) = (json!(5), json!(forward));
        let mut read = Vec::new();
        let mut pages = 0;
        loop {
            let page = bench.call::<Query>(request.clone()).await;
            pages += 1;
            read.extend(numbers(&page));
            let Some(last) = page.get("LastEvaluatedKey") else { break };
            request["ExclusiveStartKey"] = last.clone();
        }
        let expected: Vec<String> = if forward { all.clone() } else { all.iter().rev().cloned().collect() };
        // A page that its limit ends is followed by one more, which is empty here.
        assert_eq!((read, pages), (expected, 6));
    }
}

#[tokio::test]
async fn a_page_is_made_from_a_mebibyte_before_its_filter() {
    let bench = bench().await;
    bench.call::<CreateTable>(table(Some("N"))).await;
    for n in 0..5 {
        let item =
            json!({ "p": { "S": "x" }, "c": { "N": n.to_string() }, "v": { "S": "a".repeat(300_000) } });
        bench.call::<PutItem>(json!({ "TableName": "tab", "Item": item })).await;
    }
    let mut request = query("p = :p", json!({ ":p": { "S": "x" }, ":v": { "S": "b" } }));
    request["FilterExpression"] = json!("v = :v");
    let page = bench.call::<Query>(request).await;
    assert_eq!((page["Count"].clone(), page["ScannedCount"].clone()), (json!(0), json!(4)));
    assert_eq!(page["LastEvaluatedKey"], json!({ "p": { "S": "x" }, "c": { "N": "3" } }));
}

#[tokio::test]
async fn each_item_is_in_exactly_one_segment() {
    let bench = bench().await;
    bench.call::<CreateTable>(table(None)).await;
    for piece in 0..4 {
        let puts: Vec<Value> = (0..25)
            .map(|n| json!({ "PutRequest": { "Item": { "p": { "S": format!("{piece}-{n}") } } } }))
            .collect();
        bench.call::<BatchWriteItem>(json!({ "RequestItems": { "tab": puts } })).await;
    }
    for total in [1, 2, 3, 7, 1_000_000] {
        let mut seen = BTreeSet::new();
        for segment in (0..total).take(7) {
            let mut request =
                json!({ "TableName": "tab", "Segment": segment, "TotalSegments": total, "Limit": 9 });
            loop {
                let page = bench.call::<Scan>(request.clone()).await;
                for item in page["Items"].as_array().unwrap() {
                    assert!(seen.insert(item["p"]["S"].as_str().unwrap().to_owned()), "{total}");
                }
                let Some(last) = page.get("LastEvaluatedKey") else { break };
                request["ExclusiveStartKey"] = last.clone();
            }
        }
        assert!(total > 7 || seen.len() == 100, "{total}: {}", seen.len());
    }
    let cases = [
        (
            json!({ "Segment": 0 }),
            "The TotalSegments parameter is required but was not present in the request when Segment parameter is present",
        ),
        (
            json!({ "TotalSegments": 2 }),
            "The Segment parameter is required but was not present in the request when parameter TotalSegments is present",
        ),
        (
            json!({ "Segment": 5, "TotalSegments": 5 }),
            "The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: 5 is not less than TotalSegments: 5",
        ),
    ];
    for (mut request, sentence) in cases {
        request["TableName"] = json!("tab");
        assert_eq!(bench.refused::<Scan>(request).await, format!("ValidationException: {sentence}"));
    }
}

#[tokio::test]
async fn queries_that_name_no_keys_are_refused() {
    let bench = with_numbers(&[]).await;
    let p = || json!({ ":p": { "S": "x" } });
    let pc = || json!({ ":p": { "S": "x" }, ":c": { "N": "1" } });
    let cases = [
        (query("c = :p", p()), "Query condition missed key schema element: p"),
        (query("p = :p OR c = :c", pc()), "Invalid operator used in KeyConditionExpression: OR"),
        (query("p > :p", p()), "Query key condition not supported"),
        (query("p = :p AND c <> :c", pc()), "Invalid operator used in KeyConditionExpression: <>"),
        (query("p = :p AND p = :p", p()), "KeyConditionExpressions must only contain one condition per key"),
        (
            query("p = :p AND c = :p", p()),
            "One or more parameter values were invalid: Condition parameter type does not match schema type",
        ),
        (
            json!({ "TableName": "tab" }),
            "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.",
        ),
        (
            json!({ "TableName": "tab", "IndexName": "none", "KeyConditionExpression": "p = :p", "ExpressionAttributeValues": p() }),
            "The table does not have the specified index: none",
        ),
        (
            json!({ "TableName": "tab", "KeyConditionExpression": "p = :p", "FilterExpression": "c = :c", "ExpressionAttributeValues": pc() }),
            "Filter Expression can only contain non-primary key attributes: Primary key attribute: c",
        ),
    ];
    for (request, sentence) in cases {
        let shown = request.to_string();
        assert_eq!(
            bench.refused::<Query>(request).await,
            format!("ValidationException: {sentence}"),
            "{shown}"
        );
    }
}

#[tokio::test]
async fn legacy_conditions_query_and_filter() {
    let bench = with_numbers(&["1", "2", "3", "4"]).await;
    let request = json!({
        "TableName": "tab",
        "KeyConditions": {
            "p": { "ComparisonOperator": "EQ", "AttributeValueList": [{ "S": "x" }] },
            "c": { "ComparisonOperator": "GE", "AttributeValueList": [{ "N": "2" }] },
        },
        "QueryFilter": { "even": { "ComparisonOperator": "EQ", "AttributeValueList": [{ "BOOL": true }] } },
    });
    assert_eq!(numbers(&bench.call::<Query>(request).await), ["2", "4"]);
    let request = json!({
        "TableName": "tab",
        "ScanFilter": {
            "c": { "ComparisonOperator": "IN", "AttributeValueList": [{ "N": "1" }, { "N": "4" }] },
            "none": { "ComparisonOperator": "NOT_NULL" },
        },
        "ConditionalOperator": "OR",
    });
    assert_eq!(numbers(&bench.call::<Scan>(request).await), ["1", "4"]);
}

#[tokio::test]
async fn indexes_follow_their_items() {
    let bench = bench().await;
    let mut request = table(Some("N"));
    request["AttributeDefinitions"]
        .as_array_mut()
        .unwrap()
        .push(json!({ "AttributeName": "g", "AttributeType": "S" }));
    let key = |hash: &str, range: &str| json!([{ "AttributeName": hash, "KeyType": "HASH" }, { "AttributeName": range, "KeyType": "RANGE" }]);
    request["GlobalSecondaryIndexes"] = json!([{
        "IndexName": "by-g", "KeySchema": key("g", "c"),
        "Projection": { "ProjectionType": "INCLUDE", "NonKeyAttributes": ["shown"] },
    }]);
    request["LocalSecondaryIndexes"] = json!([{
        "IndexName": "local", "KeySchema": key("p", "g"), "Projection": { "ProjectionType": "KEYS_ONLY" },
    }]);
    bench.call::<CreateTable>(request).await;
    for (p, c, g) in [("x", "1", "b"), ("y", "2", "b"), ("x", "3", "a"), ("z", "2", "b")] {
        let item = json!({ "p": { "S": p }, "c": { "N": c }, "g": { "S": g }, "shown": { "S": p }, "hidden": { "S": "h" } });
        bench.call::<PutItem>(json!({ "TableName": "tab", "Item": item })).await;
    }
    bench
        .call::<PutItem>(json!({ "TableName": "tab", "Item": { "p": { "S": "w" }, "c": { "N": "1" } } }))
        .await;
    let by_g = json!({
        "TableName": "tab", "IndexName": "by-g", "KeyConditionExpression": "g = :g", "Limit": 1,
        "ExpressionAttributeValues": { ":g": { "S": "b" } },
    });
    let mut read = Vec::new();
    let mut page_request = by_g.clone();
    loop {
        let page = bench.call::<Query>(page_request.clone()).await;
        read.extend(page["Items"].as_array().unwrap().clone());
        let Some(last) = page.get("LastEvaluatedKey") else { break };
        assert_eq!(last.as_object().unwrap().len(), 3);
        page_request["ExclusiveStartKey"] = last.clone();
    }
    assert_eq!(read.len(), 3);
    assert_eq!(
        read[0],
        json!({ "p": { "S": "x" }, "c": { "N": "1" }, "g": { "S": "b" }, "shown": { "S": "x" } })
    );

    let move_it = json!({
        "TableName": "tab", "Key": { "p": { "S": "x" }, "c": { "N": "1" } }, "UpdateExpression": "SET g = :g",
        "ExpressionAttributeValues": { ":g": { "S": "c" } }, "ReturnConsumedCapacity": "INDEXES",
    });
    let moved = bench.call::<UpdateItem>(move_it).await;
    assert_eq!(moved["ConsumedCapacity"]["GlobalSecondaryIndexes"]["by-g"]["CapacityUnits"], 2.0);
    let local = json!({
        "TableName": "tab", "IndexName": "local", "KeyConditionExpression": "p = :p", "ConsistentRead": true,
        "ExpressionAttributeValues": { ":p": { "S": "x" } },
    });
    let read = bench.call::<Query>(local.clone()).await;
    assert_eq!(numbers(&read), ["3", "1"]);
    assert_eq!(read["Items"][0].as_object().unwrap().len(), 3);
    let mut whole = local;
    whole["Select"] = json!("ALL_ATTRIBUTES");
    assert_eq!(bench.call::<Query>(whole).await["Items"][0].as_object().unwrap().len(), 5);

    let mut consistent = by_g;
    consistent["ConsistentRead"] = json!(true);
    let refused = bench.refused::<Query>(consistent).await;
    assert_eq!(
        refused,
        "ValidationException: Consistent reads are not supported on global secondary indexes"
    );
    let wrong =
        json!({ "TableName": "tab", "Item": { "p": { "S": "w" }, "c": { "N": "1" }, "g": { "N": "1" } } });
    let refused = bench.refused::<PutItem>(wrong).await;
    assert_eq!(
        refused,
        "ValidationException: One or more parameter values were invalid: Type mismatch for Index Key g Expected: S Actual: N IndexName: local"
    );
}
