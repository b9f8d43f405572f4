//! Limits as callers meet them. Those of calls per second are in `calls/tests.rs`; sizes and lists stand with their operations.

use std::time::Duration;

use anabranch_api::kinesis::{
    CreateStream, EncryptionType, GetRecords, MinimumThroughputBillingCommitmentInput,
    MinimumThroughputBillingCommitmentInputStatus, PutRecord, PutRecords, PutRecordsRequestEntry,
    RegisterStreamConsumer, ShardIteratorType, StartStreamEncryption, StopStreamEncryption, StreamMode,
    StreamModeDetails, UpdateAccountSettings, UpdateStreamMode,
};
use anabranch_types::{Clock, Timestamp};
use bytes::Bytes;
use bytestring::ByteString;

use super::*;
use crate::Settings;
use crate::harness::{Bench, bench, bench_at, name};

const ARN: &str = "arn:aws:kinesis:us-east-1:123456789012:stream/s";
const DAY: Duration = Duration::from_secs(24 * 3600);

async fn standing(limits: LimitsMode) -> Bench {
    let clock = Clock::standing(Timestamp::from_seconds(1_800_000_000));
    bench_at(clock, Settings { limits, ..Settings::default() }).await
}

fn switch(stream_mode: StreamMode) -> UpdateStreamMode {
    UpdateStreamMode {
        stream_arn: ARN.into(),
        stream_mode_details: StreamModeDetails { stream_mode },
        ..UpdateStreamMode::default()
    }
}

#[tokio::test]
async fn an_account_has_fifty_on_demand_streams() {
    let b = bench().await;
    b.create("s", 1).await;
    for n in 0..ACCOUNT_ON_DEMAND_STREAMS_MAX {
        b.create_on_demand(&format!("d{n}")).await;
    }
    let one_more = CreateStream {
        stream_name: name("more"),
        stream_mode_details: Some(StreamModeDetails { stream_mode: StreamMode::OnDemand }),
        ..CreateStream::default()
    };
    let told = (
        "LimitExceededException".to_owned(),
        "This request would exceed the on-demand stream limit for the account 123456789012 in us-east-1. Limit: 50."
            .to_owned(),
    );
    assert_eq!(b.refused(one_more).await, told);
    assert_eq!(b.refused(switch(StreamMode::OnDemand)).await, told);
}

#[tokio::test]
async fn an_account_that_committed_has_fifty_consumers_a_stream() {
    let b = bench().await;
    b.create("s", 1).await;
    let register = |n: usize| RegisterStreamConsumer {
        stream_arn: ARN.into(),
        consumer_name: format!("c{n}").into(),
        ..RegisterStreamConsumer::default()
    };
    for n in 0..CONSUMERS_MAX {
        b.call(register(n)).await.unwrap();
    }
    assert_eq!(b.refused(register(CONSUMERS_MAX)).await.0, "LimitExceededException");
    b.call(UpdateAccountSettings {
        minimum_throughput_billing_commitment: MinimumThroughputBillingCommitmentInput {
            status: MinimumThroughputBillingCommitmentInputStatus::Enabled,
        },
    })
    .await
    .unwrap();
    for n in CONSUMERS_MAX..CONSUMERS_ADVANTAGE_MAX {
        b.call(register(n)).await.unwrap();
    }
    assert_eq!(b.refused(register(CONSUMERS_ADVANTAGE_MAX)).await.0, "LimitExceededException");
}

#[tokio::test]
async fn an_answer_has_ten_thousand_records() {
    let b = bench().await;
    b.create("s", 1).await;
    let record = |n: usize| PutRecordsRequestEntry {
        data: Bytes::from(n.to_string()),
        partition_key: Some(ByteString::from_static("k")),
        ..PutRecordsRequestEntry::default()
    };
    for _ in 0..21 {
        let records = (0..500).map(record).collect();
        b.call(PutRecords { stream_name: Some(name("s")), records, ..PutRecords::default() }).await.unwrap();
    }
    let iterator = b.iterator("s", "shardId-0", ShardIteratorType::TrimHorizon).await;
    let first = b.read(&iterator).await;
    assert_eq!(first.records.len(), GET_RECORDS_RECORDS_MAX);
    assert_eq!(b.read(&first.next_shard_iterator.unwrap()).await.records.len(), 500);
}

#[tokio::test]
async fn an_answer_has_ten_mebibytes_and_after_it_a_shard_is_read_no_more_for_seconds() {
    let b = standing(LimitsMode::Shards).await;
    b.create("s", 1).await;
    for _ in 0..11 {
        let data = Bytes::from(vec![7; 1024 * 1024 - 1]);
        let put = PutRecord {
            stream_name: Some(name("s")),
            data,
            partition_key: Some("k".into()),
            ..PutRecord::default()
        };
        b.call(put.clone()).await.unwrap();
        assert_eq!(b.refused(put).await.0, "ProvisionedThroughputExceededException", "a second one");
        b.advance(Duration::from_secs(1)).await;
    }
    let iterator = b.iterator("s", "shardId-0", ShardIteratorType::TrimHorizon).await;
    let first = b.read(&iterator).await;
    assert_eq!(first.records.iter().map(|r| r.data.len() + 1).sum::<usize>(), GET_RECORDS_BYTES_MAX);
    let rest =
        || GetRecords { shard_iterator: first.next_shard_iterator.clone().unwrap(), ..GetRecords::default() };
    b.advance(Duration::from_millis(3_900)).await;
    assert_eq!(b.refused(rest()).await.0, "ProvisionedThroughputExceededException");
    b.advance(Duration::from_millis(1_100)).await;
    assert_eq!(b.call(rest()).await.unwrap().records.len(), 1);
}

#[tokio::test]
async fn quotas_of_a_day_survive_a_restart() {
    let mut b = standing(LimitsMode::Aws).await;
    b.create("s", 1).await;
    let (stream_name, key_id) = (Some(name("s")), ByteString::from_static("alias/aws/kinesis"));
    let start = StartStreamEncryption {
        stream_name: stream_name.clone(),
        encryption_type: EncryptionType::Kms,
        key_id: key_id.clone(),
        ..StartStreamEncryption::default()
    };
    let stop = StopStreamEncryption {
        stream_name,
        encryption_type: EncryptionType::Kms,
        key_id,
        ..StopStreamEncryption::default()
    };
    for _ in 0..ENCRYPTION_CHANGES_PER_DAY {
        b.call(start.clone()).await.unwrap();
        b.call(stop.clone()).await.unwrap();
    }
    for mode in [StreamMode::OnDemand, StreamMode::Provisioned] {
        b.call(switch(mode)).await.unwrap();
    }
    for _ in 0..2 {
        b = b.restarted().await;
        b.advance(DAY / 2 - Duration::from_secs(1)).await;
        for (code, message) in [
            b.refused(start.clone()).await,
            b.refused(stop.clone()).await,
            b.refused(switch(StreamMode::OnDemand)).await,
        ] {
            assert_eq!(code, "LimitExceededException");
            assert!(message.contains("in a rolling 24-hour period for stream s"), "{message}");
        }
    }
    b.advance(Duration::from_secs(2)).await;
    b.call(start).await.unwrap();
    b.call(stop).await.unwrap();
    b.call(switch(StreamMode::OnDemand)).await.unwrap();
}
