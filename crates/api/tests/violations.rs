//! What a request breaks of its model, in AWS's words.

use anabranch_api::{Operation, cloudwatch, kinesis};
use anabranch_wire::{Protocol, Violations};
use bytes::Bytes;

/// What is said about a JSON request; empty when it is legal.
fn said<Op: Operation>(body: impl Into<String>) -> String {
    let mut violations = Violations::default();
    let request: Op = Protocol::Json11
        .decode(Bytes::from(body.into()), &mut violations)
        .expect("the body has the right types");
    request.check(&mut violations);
    if violations.is_empty() { String::new() } else { violations.to_string() }
}

fn one(value: &str, at: &str, constraint: &str) -> String {
    format!("1 validation error detected: Value{value} at '{at}' failed to satisfy constraint: {constraint}")
}

#[test]
fn a_missing_member_is_named_once_and_its_placeholder_is_not() {
    assert_eq!(said::<kinesis::PutRecord>("{}"), one(" null", "data", "Member must not be null"));
    assert_eq!(said::<kinesis::GetRecords>("{}"), one(" null", "shardIterator", "Member must not be null"));
    let body = r#"{"ConsumerARN":"arn:aws:kinesis:us-east-1:000000000000:stream/s/consumer/c:1","ShardId":"shardId-000000000000"}"#;
    let expected = one(" null", "startingPosition", "Member must not be null");
    assert_eq!(said::<kinesis::SubscribeToShard>(body), expected);
}

#[test]
fn null_counts_as_absent_and_unknown_members_do_not_matter() {
    let body = r#"{"Data":"","PartitionKey":"k","StreamName":null,"Colour":{"deep":[1]}}"#;
    assert_eq!(said::<kinesis::PutRecord>(body), "");
}

#[test]
fn a_name_is_checked_for_length_and_characters() {
    let create = |name: &str| said::<kinesis::CreateStream>(format!(r#"{{"StreamName":"{name}"}}"#));
    let long = "a".repeat(129);
    let expected =
        one(&format!(" '{long}'"), "streamName", "Member must have length less than or equal to 128");
    assert_eq!(create(&long), expected);
    assert_eq!(create(&"a".repeat(128)), "");
    let pattern = "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+";
    assert_eq!(create("a b"), one(" 'a b'", "streamName", pattern));
    let empty = "2 validation errors detected: Value '' at 'streamName' failed to satisfy constraint: \
                 Member must have length greater than or equal to 1; \
                 Value '' at 'streamName' failed to satisfy constraint: ";
    assert_eq!(create(""), format!("{empty}{pattern}"));
}

#[test]
fn lengths_count_characters() {
    let put = |key: &str| {
        said::<kinesis::PutRecords>(format!(
            r#"{{"StreamName":"s","Records":[{{"Data":"","PartitionKey":"{key}"}}]}}"#
        ))
    };
    assert_eq!(put(&"\u{1f30a}".repeat(256)), "");
    let long = "é".repeat(257);
    let expected = one(
        &format!(" '{long}'"),
        "records.1.member.partitionKey",
        "Member must have length less than or equal to 256",
    );
    assert_eq!(put(&long), expected);
}

#[test]
fn numbers_are_checked_against_their_range() {
    let limit = |n: i64| said::<kinesis::GetRecords>(format!(r#"{{"ShardIterator":"i","Limit":{n}}}"#));
    assert_eq!(limit(10_000), "");
    assert_eq!(limit(10_001), one(" '10001'", "limit", "Member must have value less than or equal to 10000"));
    assert_eq!(limit(0), one(" '0'", "limit", "Member must have value greater than or equal to 1"));
}

#[test]
fn a_string_outside_its_set_is_told_the_set() {
    let expected = one(
        " 'X'",
        "shardIteratorType",
        "Member must satisfy enum value set: [AT_SEQUENCE_NUMBER, AFTER_SEQUENCE_NUMBER, TRIM_HORIZON, LATEST, AT_TIMESTAMP]",
    );
    let body = r#"{"StreamName":"s","ShardId":"shardId-000000000000","ShardIteratorType":"X"}"#;
    assert_eq!(said::<kinesis::GetShardIterator>(body), expected);
}

#[test]
fn a_blob_is_never_shown() {
    let data = "A".repeat(10_485_761_usize.div_ceil(3) * 4);
    let put = |data: &str| said::<kinesis::PutRecord>(format!(r#"{{"Data":"{data}","PartitionKey":"k"}}"#));
    assert_eq!(put(&data), one("", "data", "Member must have length less than or equal to 10485760"));
}

#[test]
fn a_list_that_is_too_long_is_shown_as_java_shows_it() {
    let records = |n: usize| vec![r#"{"Data":"AAAA","PartitionKey":"k"}"#; n].join(",");
    let put =
        |n: usize| said::<kinesis::PutRecords>(format!(r#"{{"StreamName":"s","Records":[{}]}}"#, records(n)));
    assert_eq!(put(500), "");
    let shown = "PutRecordsRequestEntry(data=java.nio.HeapByteBuffer[pos=0 lim=3 cap=3], explicitHashKey=null, partitionKey=k)";
    let expected = one(
        &format!(" '[{}]'", vec![shown; 501].join(", ")),
        "records",
        "Member must have length less than or equal to 500",
    );
    assert_eq!(put(501), expected);
    assert_eq!(put(0), one(" '[]'", "records", "Member must have length greater than or equal to 1"));
}

#[test]
fn of_a_list_far_too_long_no_more_is_kept_than_refuses_it() {
    let mut violations = Violations::default();
    let body = format!(r#"{{"Records":[{}]}}"#, vec!["{}"; 100_000].join(","));
    let request: kinesis::PutRecords =
        Protocol::Json11.decode(Bytes::from(body), &mut violations).expect("the body has the right types");
    assert_eq!(request.records.len(), 501);
    request.check(&mut violations);
    assert!(
        violations
            .to_string()
            .starts_with("10 validation errors detected: Value null at 'records.1.member.data'")
    );
}

#[test]
fn keys_and_values_of_a_map_are_refused_together() {
    let tags = |tags: &str| said::<kinesis::CreateStream>(format!(r#"{{"StreamName":"s","Tags":{tags}}}"#));
    assert_eq!(tags(r#"{"a":"","b":"c"}"#), "");
    let key = "k".repeat(129);
    let expected = one(
        &format!(" '{{{key}=v, a=b}}'"),
        "tags",
        "Map keys must satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1]",
    );
    assert_eq!(tags(&format!(r#"{{"{key}":"v","a":"b"}}"#)), expected);
    let value = "v".repeat(257);
    let expected = one(
        &format!(" '{{k={value}}}'"),
        "tags",
        "Map value must satisfy constraint: [Member must have length less than or equal to 256, Member must have length greater than or equal to 0]",
    );
    assert_eq!(tags(&format!(r#"{{"k":"{value}"}}"#)), expected);
}

#[test]
fn a_pattern_must_match_the_whole_text() {
    let describe = |arn: &str| said::<kinesis::DescribeStreamSummary>(format!(r#"{{"StreamARN":"{arn}"}}"#));
    assert_eq!(describe("arn:aws:kinesis:us-east-1:000000000000:stream/s"), "");
    for wrong in
        ["x arn:aws:kinesis:us-east-1:000000000000:stream/s", "arn:aws:kinesis:us-east-1:1:stream/s", "s"]
    {
        let pattern =
            r"Member must satisfy regular expression pattern: arn:aws.*:kinesis:.*:\d{12}:stream/\S+";
        assert_eq!(describe(wrong), one(&format!(" '{wrong}'"), "streamARN", pattern));
    }
}

#[test]
fn numbers_that_travel_as_text_are_checked_by_their_pattern() {
    let put = |key: &str| {
        said::<kinesis::PutRecord>(format!(r#"{{"Data":"","PartitionKey":"k","ExplicitHashKey":"{key}"}}"#))
    };
    for legal in ["0", "1", &"9".repeat(39)] {
        assert_eq!(put(legal), "");
    }
    for wrong in ["", "00", "01", "-1", "1.0", &"9".repeat(40)] {
        let pattern = r"Member must satisfy regular expression pattern: ^(0|([1-9]\d{0,38}))$";
        assert_eq!(put(wrong), one(&format!(" '{wrong}'"), "explicitHashKey", pattern));
    }
}

#[test]
fn values_of_a_set_in_a_list_are_refused_together() {
    let body = r#"{"Namespace":"n","MetricName":"m","StartTime":0,"EndTime":1,"Period":60,"Statistics":["Sum","Product"]}"#;
    let expected = one(
        " '[Sum, Product]'",
        "statistics",
        "Member must satisfy constraint: [Member must satisfy enum value set: [SampleCount, Average, Sum, Minimum, Maximum]]",
    );
    assert_eq!(said::<cloudwatch::GetMetricStatistics>(body), expected);
}
