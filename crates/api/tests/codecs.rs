//! What is written is read back as it was, in every protocol of the service.

use std::fmt::Debug;

use anabranch_api::{Enumeration, Operation, cloudwatch, kinesis, lambda, services, sts};
use anabranch_types::{HashKey, SequenceIndex, SequenceNumber, ShardId, StreamName, Timestamp};
use anabranch_wire::{Decode, Encode, Envelope, Protocol, Violations};
use bytes::{Bytes, BytesMut};

const CBOR_AND_JSON: &[Protocol] = &[Protocol::Json11, Protocol::Cbor11];
const ALL_OF_CLOUDWATCH: &[Protocol] = &[Protocol::RpcV2Cbor, Protocol::Json10, Protocol::Query];

const ENVELOPE: Envelope<'_> =
    Envelope { operation: "GetMetricStatistics", namespace: "urn:x", version: "2010-08-01", request_id: "" };

fn request_survives<Op: Operation + PartialEq + Debug>(request: Op, protocols: &[Protocol]) {
    for protocol in protocols {
        let body = protocol.encode_request(&request, &ENVELOPE, BytesMut::new()).freeze();
        protocol.well_formed(&body).expect("what we write is well-formed");
        let mut violations = Violations::default();
        let read: Op = protocol.decode(body, &mut violations).expect("what we write can be read");
        read.check(&mut violations);
        assert!(violations.is_empty(), "{protocol:?}: {violations}");
        assert_eq!(read, request, "{protocol:?}");
    }
}

fn answer_survives<T: Decode + Encode + PartialEq + Debug>(answer: T, protocols: &[Protocol]) {
    for protocol in protocols {
        let body = protocol.encode(&answer, &ENVELOPE, BytesMut::new()).freeze();
        let mut violations = Violations::default();
        let read: T = protocol.decode_answer(body, &mut violations).expect("what we write can be read");
        assert!(violations.is_empty(), "{protocol:?}: {violations}");
        assert_eq!(read, answer, "{protocol:?}");
    }
}

fn number(offset: u64) -> SequenceNumber {
    SequenceNumber::new(1_700_000_000, ShardId::default(), SequenceIndex::of_record(0, offset), 1_700_000_001)
}

#[test]
fn records_are_put() {
    let request = kinesis::PutRecords {
        records: vec![
            kinesis::PutRecordsRequestEntry {
                data: Bytes::from_static(&[0, 255, 10, 34]),
                explicit_hash_key: Some("340282366920938463463374607431768211455".into()),
                partition_key: Some("\u{1f30a} \"quoted\" \\".into()),
            },
            kinesis::PutRecordsRequestEntry { data: Bytes::new(), ..Default::default() },
        ],
        stream_name: StreamName::parse("s"),
        dry_run: Some(false),
        ..Default::default()
    };
    request_survives(request, CBOR_AND_JSON);
}

#[test]
fn put_records_are_told_their_places() {
    let failed = kinesis::PutRecordsResultEntry {
        error_code: Some("ProvisionedThroughputExceededException".into()),
        error_message: Some("Rate exceeded".into()),
        ..Default::default()
    };
    let stored = kinesis::PutRecordsResultEntry {
        sequence_number: Some(number(7)),
        shard_id: Some(ShardId::default()),
        ..Default::default()
    };
    let answer = kinesis::PutRecordsOutput {
        failed_record_count: Some(1),
        records: vec![failed, stored],
        encryption_type: None,
    };
    answer_survives(answer, CBOR_AND_JSON);
}

#[test]
fn records_are_read() {
    let answer = kinesis::GetRecordsOutput {
        records: vec![kinesis::Record {
            sequence_number: number(1),
            approximate_arrival_timestamp: Some(Timestamp::from_millis(1_700_000_000_123)),
            data: Bytes::from_static(b"data"),
            partition_key: Some("k".into()),
            encryption_type: Some(kinesis::EncryptionType::Kms),
        }],
        next_shard_iterator: None,
        millis_behind_latest: Some(i64::MAX),
        child_shards: Some(vec![kinesis::ChildShard {
            shard_id: ShardId::new(2).expect("two is an index"),
            parent_shards: vec![ShardId::default()],
            hash_key_range: kinesis::HashKeyRange {
                starting_hash_key: HashKey(0),
                ending_hash_key: HashKey::MAX,
            },
        }]),
    };
    answer_survives(answer, CBOR_AND_JSON);
}

#[test]
fn streams_are_created_with_tags() {
    let request = kinesis::CreateStream {
        stream_name: StreamName::parse("s").expect("a name"),
        shard_count: Some(4),
        tags: Some(vec![("b".into(), "2".into()), ("a".into(), "".into())]),
        stream_mode_details: Some(kinesis::StreamModeDetails { stream_mode: kinesis::StreamMode::OnDemand }),
        ..Default::default()
    };
    request_survives(request, CBOR_AND_JSON);
}

#[test]
fn datapoints_are_put_and_read() {
    let request = cloudwatch::PutMetricData {
        namespace: "n".into(),
        metric_data: Some(vec![cloudwatch::MetricDatum {
            metric_name: "m".into(),
            dimensions: Some(vec![cloudwatch::Dimension { name: "a".into(), value: "b&c=d".into() }]),
            timestamp: Some(Timestamp::from_seconds(1_700_000_000)),
            value: Some(0.1),
            values: Some(vec![1.0, -2.5e300]),
            unit: Some(cloudwatch::StandardUnit::CountSecond),
            ..Default::default()
        }]),
        ..Default::default()
    };
    request_survives(request, ALL_OF_CLOUDWATCH);
    let answer = cloudwatch::GetMetricStatisticsOutput {
        label: Some("m <&> n".into()),
        datapoints: Some(vec![cloudwatch::Datapoint {
            timestamp: Some(Timestamp::from_seconds(60)),
            sum: Some(3.5),
            extended_statistics: Some(vec![("p99".into(), 1.25)]),
            ..Default::default()
        }]),
    };
    answer_survives(answer, ALL_OF_CLOUDWATCH);
}

#[test]
fn an_identity_and_settings_are_answered() {
    let answer = sts::GetCallerIdentityOutput {
        user_id: Some("000000000000".into()),
        account: Some("000000000000".into()),
        arn: Some("arn:aws:iam::000000000000:root".into()),
    };
    answer_survives(answer, &[Protocol::Query]);
    let limit = lambda::AccountLimit { total_code_size: Some(80_530_636_800), ..Default::default() };
    let answer = lambda::GetAccountSettingsOutput { account_limit: Some(limit), account_usage: None };
    answer_survives(answer, &[Protocol::RestJson]);
}

#[test]
fn a_value_of_the_wrong_type_is_malformed() {
    for body in
        [r#"{"Records":{}}"#, r#"{"Records":[1]}"#, r#"{"Records":[{"Data":1}]}"#, r#"{"StreamName":[]}"#]
    {
        let mut violations = Violations::default();
        let read = Protocol::Json11.decode::<kinesis::PutRecords>(Bytes::from(body), &mut violations);
        assert!(read.is_err(), "{body}");
    }
}

#[test]
fn every_value_of_a_set_is_read_as_it_is_written() {
    for (text, unit) in cloudwatch::StandardUnit::VALUES {
        assert_eq!(cloudwatch::StandardUnit::of(text), Some(*unit));
        assert_eq!(unit.as_str(), *text);
    }
    assert_eq!(kinesis::ShardIteratorType::AtSequenceNumber.as_str(), "AT_SEQUENCE_NUMBER");
}

#[test]
fn the_tables_name_what_is_built() {
    let built = |service: &str| -> Vec<&str> {
        let found = services().iter().find(|s| s.name == service).expect("there is a model");
        found.operations.iter().filter(|o| o.built).map(|o| o.full_name).collect()
    };
    assert!(built("sts").contains(&sts::GetCallerIdentity::NAME));
    assert!(built("kinesis").contains(&kinesis::PutRecords::NAME));
    assert!(!built("lambda").contains(&"lambda.Invoke"));
    let cloudwatch = services().iter().find(|s| s.name == "cloudwatch").expect("there is a model");
    assert_eq!(cloudwatch.protocols, ALL_OF_CLOUDWATCH);
    assert_eq!(cloudwatch.signing_name, "monitoring");
    assert!(cloudwatch.operation("PutAnomalyDetector").is_some_and(|o| !o.built));
}
