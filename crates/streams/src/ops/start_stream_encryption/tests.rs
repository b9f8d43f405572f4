use std::time::Duration;

use anabranch_api::kinesis::{
    DeleteStream, EncryptionType, ShardIteratorType, StartStreamEncryption, StopStreamEncryption,
    StreamStatus,
};

use crate::Settings;
use crate::harness::{ACCOUNT, Bench, bench, bench_with, name};
use crate::limits::{ENCRYPTION_CHANGES_PER_DAY, LimitsMode};

fn start(stream: &str, key: &str) -> StartStreamEncryption {
    StartStreamEncryption {
        stream_name: Some(name(stream)),
        encryption_type: EncryptionType::Kms,
        key_id: key.into(),
        ..StartStreamEncryption::default()
    }
}

fn stop(stream: &str) -> StopStreamEncryption {
    StopStreamEncryption {
        stream_name: Some(name(stream)),
        encryption_type: EncryptionType::Kms,
        key_id: "alias/aws/kinesis".into(),
        ..StopStreamEncryption::default()
    }
}

/// Of each record its data, and whether it is said to have been sealed.
async fn read(b: &Bench, stream: &str) -> Vec<(Vec<u8>, Option<EncryptionType>)> {
    let iterator = b.iterator(stream, "shardId-000000000000", ShardIteratorType::TrimHorizon).await;
    let records = b.read(&iterator).await.records;
    records.into_iter().map(|r| (r.data.to_vec(), r.encryption_type)).collect()
}

#[tokio::test]
async fn records_are_sealed_from_start_to_stop_and_all_of_them_are_read() {
    let b = bench().await;
    b.create("s", 1).await;
    assert_eq!(b.put("s", "k", b"before").await.encryption_type, None);
    b.call(start("s", "alias/aws/kinesis")).await.unwrap();
    assert_eq!(b.put("s", "k", b"sealed").await.encryption_type, Some(EncryptionType::Kms));
    let described = b.describe("s").await;
    assert_eq!(described.encryption_type, Some(EncryptionType::Kms));
    assert_eq!(described.key_id.as_deref(), Some("alias/aws/kinesis"));
    b.call(stop("s")).await.unwrap();
    assert_eq!(b.put("s", "k", b"after").await.encryption_type, None);
    let described = b.describe("s").await;
    assert_eq!((described.encryption_type, described.key_id), (Some(EncryptionType::None), None));
    let kms = Some(EncryptionType::Kms);
    let expected = [(b"before".to_vec(), None), (b"sealed".to_vec(), kms), (b"after".to_vec(), None)];
    assert_eq!(read(&b, "s").await, expected);
}

#[tokio::test]
async fn every_start_of_the_server_seals_under_a_key_of_its_own() {
    let mut b = bench().await;
    b.create("s", 1).await;
    b.call(start("s", "alias/aws/kinesis")).await.unwrap();
    for put in [&b"one"[..], b"two", b"three"] {
        b.put("s", "k", put).await;
        b = b.restarted().await;
    }
    let stream = b.streams.directory.all().remove(0);
    let ids: Vec<u32> = stream.data_keys.stored().iter().map(|k| k.id).collect();
    assert_eq!(ids, [0, 1, 2]);
    let data: Vec<_> = read(&b, "s").await.into_iter().map(|(data, _)| data).collect();
    assert_eq!(data, [b"one".to_vec(), b"two".to_vec(), b"three".to_vec()]);
}

#[tokio::test]
async fn a_data_key_is_replaced_after_a_day_and_forgotten_after_twice_the_retention() {
    let b = bench().await;
    b.create("s", 1).await;
    b.call(start("s", "alias/aws/kinesis")).await.unwrap();
    let stream = b.streams.directory.all().remove(0);
    let ids = || stream.data_keys.stored().iter().map(|k| k.id).collect::<Vec<_>>();
    b.put("s", "k", b"1").await;
    b.advance(Duration::from_secs(23 * 3600)).await;
    b.put("s", "k", b"2").await;
    assert_eq!(ids(), [0]);
    for expected in [&[0, 1][..], &[0, 1, 2], &[1, 2, 3], &[2, 3, 4]] {
        b.advance(Duration::from_secs(25 * 3600)).await;
        b.put("s", "k", b"more").await;
        assert_eq!(ids(), expected);
    }
    assert_eq!(read(&b, "s").await.len(), 1, "what the retention of a day holds is read");
}

#[tokio::test]
async fn a_deleted_stream_takes_its_data_keys_along() {
    let b = bench().await;
    b.create("s", 1).await;
    b.call(start("s", "alias/aws/kinesis")).await.unwrap();
    b.put("s", "k", b"1").await;
    b.call(DeleteStream { stream_name: Some(name("s")), ..DeleteStream::default() }).await.unwrap();
    b.create("s", 1).await;
    let b = b.restarted().await;
    assert!(b.streams.directory.all().remove(0).data_keys.stored().is_empty());
}

#[tokio::test]
async fn the_stream_is_updating_meanwhile() {
    let delay = Duration::from_secs(10);
    let b = bench_with(Settings { limits: LimitsMode::Off, transition_delay: delay, ..Settings::default() })
        .await;
    b.create("s", 1).await;
    assert_eq!(
        b.refused(start("s", "alias/aws/kinesis")).await,
        (
            "ResourceInUseException".to_owned(),
            format!("Stream s under account {ACCOUNT} not ACTIVE, instead in state CREATING")
        )
    );
    b.advance(delay).await;
    b.call(start("s", "alias/aws/kinesis")).await.unwrap();
    assert_eq!(b.describe("s").await.stream_status, StreamStatus::Updating);
    assert_eq!(b.refused(stop("s")).await.0, "ResourceInUseException");
    b.put("s", "k", b"sealed already").await;
    assert_eq!(read(&b, "s").await[0].1, Some(EncryptionType::Kms));
    b.advance(delay).await;
    assert_eq!(b.describe("s").await.stream_status, StreamStatus::Active);
}

#[tokio::test]
async fn any_other_key_is_not_found() {
    let b = bench().await;
    b.create("s", 1).await;
    let own = format!("arn:aws:kms:us-east-1:{ACCOUNT}");
    let id = "1234abcd-12ab-34cd-56ef-1234567890ab";
    for (given, sentence) in [
        ("alias/mine".to_owned(), format!("Alias {own}:alias/mine is not found.")),
        (format!("{own}:alias/mine"), format!("Alias {own}:alias/mine is not found.")),
        (id.to_owned(), format!("Key '{own}:key/{id}' does not exist")),
        (format!("{own}:key/{id}"), format!("Key '{own}:key/{id}' does not exist")),
        ("hello".to_owned(), "Invalid keyId 'hello'".to_owned()),
    ] {
        let expected = ("KMSNotFoundException".to_owned(), sentence);
        assert_eq!(b.refused(start("s", &given)).await, expected);
        let stop = StopStreamEncryption { key_id: given.into(), ..stop("s") };
        assert_eq!(b.refused(stop).await.0, "InvalidArgumentException");
    }
    b.call(start("s", &format!("{own}:alias/aws/kinesis"))).await.unwrap();
}

#[tokio::test]
async fn only_kms_is_a_way_to_seal_and_only_a_stream_is_sealed() {
    let b = bench().await;
    b.create("s", 1).await;
    let none =
        StartStreamEncryption { encryption_type: EncryptionType::None, ..start("s", "alias/aws/kinesis") };
    assert_eq!(b.refused(none).await.0, "InvalidArgumentException");
    assert_eq!(b.refused(start("t", "alias/aws/kinesis")).await.0, "ResourceNotFoundException");
}

#[tokio::test]
async fn under_the_limits_of_aws_there_are_25_starts_a_day() {
    let settings = Settings { limits: LimitsMode::Aws, ..Settings::default() };
    let b = bench_with(settings).await;
    b.create("s", 1).await;
    for _ in 0..ENCRYPTION_CHANGES_PER_DAY {
        b.call(start("s", "alias/aws/kinesis")).await.unwrap();
    }
    assert_eq!(b.refused(start("s", "alias/aws/kinesis")).await.0, "LimitExceededException");
    b.call(stop("s")).await.unwrap();
    b.advance(Duration::from_secs(24 * 3600)).await;
    b.call(start("s", "alias/aws/kinesis")).await.unwrap();
}
