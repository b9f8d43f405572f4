use std::os::unix::fs::MetadataExt;
use std::path::Path;

use anabranch_api::kinesis::{
    DeleteStream, EncryptionType, GetShardIterator, IncreaseStreamRetentionPeriod, PutRecord,
    ShardIteratorType, SplitShard, StartStreamEncryption,
};
use anabranch_types::ShardId;
use bytes::Bytes;

use super::*;
use crate::harness::{Bench, bench, bench_on_disk, name};

#[tokio::test]
async fn a_closed_shard_goes_when_its_last_record_has_expired() {
    let bench = bench().await;
    bench.create("s", 1).await;
    bench.put("s", "k", b"x").await;
    let split = SplitShard {
        stream_name: Some(name("s")),
        shard_to_split: "shardId-0".into(),
        new_starting_hash_key: "1000".into(),
        ..SplitShard::default()
    };
    bench.call(split).await.unwrap();
    bench.advance(Duration::from_secs(23 * 3600)).await;
    let iterator = bench.iterator("s", "shardId-0", ShardIteratorType::TrimHorizon).await;
    assert_eq!(bench.data(&iterator).await, ["x"]);
    bench.put("s", "k", b"kept").await;
    bench.advance(Duration::from_secs(3700)).await;
    let bench = bench.restarted().await;
    let request = GetShardIterator {
        stream_name: Some(name("s")),
        shard_id: "shardId-0".into(),
        shard_iterator_type: ShardIteratorType::TrimHorizon,
        ..GetShardIterator::default()
    };
    assert_eq!(
        bench.refused(request).await.1,
        "Shard shardId-000000000000 in stream s under account 123456789012 does not exist"
    );
    let shards = bench.describe("s").await.shards;
    assert_eq!(
        shards.iter().map(|s| s.shard_id).collect::<Vec<_>>(),
        [1, 2].map(|i| ShardId::new(i).unwrap())
    );
    let iterator = bench.iterator("s", "shardId-2", ShardIteratorType::TrimHorizon).await;
    assert_eq!(bench.data(&iterator).await, ["kept"]);
}

/// What is looked for on the disk, in each record many times.
const MARKER: &[u8] = b"what-a-producer-put-in-plain";
const RECORDS: usize = 12;
const RECORD_BYTES: usize = 1024 * 1024 - 64;
const HOUR: Duration = Duration::from_secs(3600);
/// How long the log takes at most until it takes in what was written, or lets go of what is gone.
const CHECKPOINT: Duration = Duration::from_secs(60);

/// What `du` says of a directory, in bytes.
fn du(dir: &Path) -> u64 {
    let entries = dir.read_dir().unwrap().map(|entry| entry.unwrap().path());
    entries.map(|p| if p.is_dir() { du(&p) } else { p.metadata().unwrap().blocks() * 512 }).sum()
}

/// Whether the marker stands in a file beneath a directory.
fn is_plain(dir: &Path) -> bool {
    let entries = dir.read_dir().unwrap().map(|entry| entry.unwrap().path());
    entries.into_iter().any(|path| match path.is_dir() {
        true => is_plain(&path),
        false => std::fs::read(&path).unwrap().windows(MARKER.len()).any(|w| w == MARKER),
    })
}

async fn put(b: &Bench, stream: &str) {
    let data: Bytes = MARKER.repeat(RECORD_BYTES / MARKER.len()).into();
    for _ in 0..RECORDS {
        b.call(PutRecord {
            stream_name: Some(name(stream)),
            data: data.clone(),
            partition_key: Some("k".into()),
            ..PutRecord::default()
        })
        .await
        .unwrap();
    }
}

async fn encrypt(b: &Bench, stream: &str) {
    b.call(StartStreamEncryption {
        stream_name: Some(name(stream)),
        encryption_type: EncryptionType::Kms,
        key_id: "alias/aws/kinesis".into(),
        ..StartStreamEncryption::default()
    })
    .await
    .unwrap();
}

/// Deletes the stream, and waits for a checkpoint.
async fn delete(b: &Bench) {
    let request = DeleteStream { stream_name: Some(name("s")), ..DeleteStream::default() };
    b.call(request).await.unwrap();
    b.advance(CHECKPOINT).await;
}

/// The bytes that the records take at least, less what the catalog may grow meanwhile.
const PUT: u64 = (RECORDS * RECORD_BYTES) as u64 - 256 * 1024;

#[tokio::test]
async fn the_directory_shrinks_once_retention_has_passed() {
    for hours in [24, 48] {
        let dir = tempfile::tempdir().unwrap();
        let b = bench_on_disk(dir.path()).await;
        b.create("s", 1).await;
        if hours > 24 {
            let longer = IncreaseStreamRetentionPeriod {
                stream_name: Some(name("s")),
                retention_period_hours: hours,
                ..IncreaseStreamRetentionPeriod::default()
            };
            b.call(longer).await.unwrap();
        }
        let retention = HOUR * hours.unsigned_abs();
        put(&b, "s").await;
        b.advance(2 * CHECKPOINT).await;
        let full = du(dir.path());
        assert!(is_plain(dir.path()));
        b.advance(retention - 3 * CHECKPOINT).await;
        assert!(du(dir.path()) >= full, "nothing goes before its time");
        b.advance(3 * CHECKPOINT + retention / 24).await;
        let left = du(dir.path());
        assert!(left + PUT <= full, "{hours} hours: {full} bytes before, {left} after");
    }
}

#[tokio::test]
async fn a_deleted_stream_leaves_the_directory_within_a_checkpoint_interval() {
    for sealed in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let b = bench_on_disk(dir.path()).await;
        b.create("kept", 1).await;
        // The first deletion takes a second segment of the write-ahead log into use, which stays.
        b.create("s", 1).await;
        delete(&b).await;
        b.create("s", 2).await;
        if sealed {
            encrypt(&b, "s").await;
        }
        put(&b, "s").await;
        b.put("kept", "k", b"something else").await;
        assert_eq!(is_plain(dir.path()), !sealed, "in the write-ahead log");
        b.advance(2 * CHECKPOINT).await;
        assert_eq!(is_plain(dir.path()), !sealed, "in history");
        // Some are in history, some in the write-ahead log alone.
        b.put("s", "k", MARKER).await;
        let full = du(dir.path());
        delete(&b).await;
        let left = du(dir.path());
        assert!(left + PUT <= full, "sealed {sealed}: {full} bytes before, {left} after");
        assert!(!is_plain(dir.path()), "sealed {sealed}");
        let b = b.restarted().await;
        let kept = b.iterator("kept", "shardId-0", ShardIteratorType::TrimHorizon).await;
        assert_eq!(b.data(&kept).await, ["something else"]);
    }
}
