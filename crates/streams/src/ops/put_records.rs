use std::time::Instant;

use anabranch_api::kinesis::{Error, PutRecords, PutRecordsOutput, PutRecordsResultEntry};
use anabranch_api::{Context, Serve};
use bytestring::ByteString;

use crate::limits::PUT_RECORDS_BYTES_MAX;
use crate::put::{Fate, Put, record_bytes_max};
use crate::stream::{Fates, Stream, View};
use crate::{Streams, describe, errors};

impl Serve<PutRecords> for Streams {
    async fn serve(&self, cx: &Context, request: PutRecords) -> Result<PutRecordsOutput, Error> {
        let (stream, view) =
            self.find_serving(cx, request.stream_name.as_ref(), request.stream_arn.as_deref())?;
        let puts = self.placed(&view, &request)?;
        refuse_too_large(&view, &puts)?;
        if request.dry_run == Some(true) {
            return Err(errors::dry_run());
        }
        let encryption_type = describe::sealed_as(&view.stored);
        let kms_key = self.key_to_seal_under(cx, &stream, &view).await?;
        let begun = Instant::now();
        let fates = self.put_all(&stream, view, kms_key.as_ref(), &puts).await;
        stream.note_put_records(begun.elapsed(), &counted(&puts, fates.as_deref().unwrap_or_default()));
        let fates = fates?;
        let failed = fates.iter().filter(|f| !matches!(f, Fate::Stored { .. })).count();
        Ok(PutRecordsOutput {
            failed_record_count: i32::try_from(failed).ok(),
            records: fates.into_iter().map(|fate| result(fate, &stream)).collect(),
            encryption_type,
        })
    }
}

impl Streams {
    /// A bad ExplicitHashKey in one record fails them all (recorded by kinesalite).
    fn placed<'r>(&self, view: &View, request: &'r PutRecords) -> Result<Vec<Put<'r>>, Error> {
        let placed = (1..).zip(&request.records).map(|(n, record)| {
            let (key, explicit) = (record.partition_key.as_ref(), record.explicit_hash_key.as_ref());
            let place = self.place(view, key, explicit, || format!("records.{n}.member.partitionKey"))?;
            Ok(Put { data: &record.data, key, place })
        });
        placed.collect()
    }
}

fn refuse_too_large(view: &View, puts: &[Put<'_>]) -> Result<(), Error> {
    let bytes_max = record_bytes_max(view);
    if let Some(i) = puts.iter().position(|p| p.bytes() > bytes_max) {
        let member = format_args!("records.{}.member.data", i + 1).to_string();
        return Err(errors::record_too_large(member, bytes_max));
    }
    if puts.iter().map(Put::bytes).sum::<usize>() > PUT_RECORDS_BYTES_MAX {
        return Err(errors::records_too_large(PUT_RECORDS_BYTES_MAX));
    }
    Ok(())
}

/// What became of how many; without fates all have failed.
fn counted(puts: &[Put<'_>], fates: &[Fate]) -> Fates {
    let mut counts = Fates { total: puts.len() as u64, ..Fates::default() };
    for (put, fate) in puts.iter().zip(fates) {
        match fate {
            Fate::Stored { .. } => {
                counts.stored += 1;
                counts.stored_bytes += put.bytes() as u64;
            }
            Fate::Throttled(_) => counts.throttled += 1,
            Fate::Failed => {}
        }
    }
    counts.failed = counts.total - counts.stored - counts.throttled;
    counts
}

/// A record that was put has shard and number, another one code and message.
fn result(fate: Fate, stream: &Stream) -> PutRecordsResultEntry {
    let refused = |code: &'static str, message: String| PutRecordsResultEntry {
        error_code: Some(ByteString::from_static(code)),
        error_message: Some(message.into()),
        ..PutRecordsResultEntry::default()
    };
    match fate {
        Fate::Stored { shard, number } => PutRecordsResultEntry {
            sequence_number: Some(number),
            shard_id: Some(shard),
            ..PutRecordsResultEntry::default()
        },
        Fate::Throttled(shard) => refused(
            "ProvisionedThroughputExceededException",
            errors::rate_exceeded_message(shard, &stream.id),
        ),
        Fate::Failed => refused("InternalFailure", "Internal Service Failure".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use anabranch_api::kinesis::{
        CreateStream, PutRecordsRequestEntry, RecordDistributionStrategy, StreamMode, StreamModeDetails,
    };
    use bytes::Bytes;

    use super::*;
    use crate::Settings;
    use crate::harness::{bench, bench_with, name};

    fn entry(key: &str, bytes: usize) -> PutRecordsRequestEntry {
        PutRecordsRequestEntry {
            data: vec![b'x'; bytes].into(),
            partition_key: Some(key.into()),
            ..PutRecordsRequestEntry::default()
        }
    }

    fn request(records: Vec<PutRecordsRequestEntry>) -> PutRecords {
        PutRecords { stream_name: Some(name("s")), records, ..PutRecords::default() }
    }

    #[tokio::test]
    async fn results_stand_in_the_order_of_the_records() {
        let bench = bench().await;
        bench.create("s", 4).await;
        let keys: Vec<_> = (0..100).map(|i| format!("key {i}")).collect();
        let records = keys.iter().map(|k| entry(k, 10)).collect();
        let put = bench.call(request(records)).await.unwrap();
        assert_eq!(put.failed_record_count, Some(0));
        for (key, result) in keys.iter().zip(&put.records) {
            let alone = bench.put("s", key, b"x").await;
            assert_eq!(result.shard_id, Some(alone.shard_id));
            assert!(result.sequence_number.unwrap() < alone.sequence_number);
        }
    }

    #[tokio::test]
    async fn what_a_shard_does_not_take_fails_record_by_record() {
        let bench = bench_with(Settings::default()).await;
        bench.create("s", 1).await;
        let put = bench.call(request((0..500).map(|_| entry("k", 5000)).collect())).await.unwrap();
        let taken = put.records.iter().filter(|r| r.sequence_number.is_some()).count();
        assert_eq!(taken, 1024 * 1024 / 5001);
        assert_eq!(put.failed_record_count, Some(500 - i32::try_from(taken).unwrap()));
        let refused = &put.records[499];
        assert_eq!(refused.error_code.as_deref(), Some("ProvisionedThroughputExceededException"));
        assert_eq!(
            refused.error_message.as_deref(),
            Some("Rate exceeded for shard shardId-000000000000 in stream s under account 123456789012.")
        );
        assert_eq!((refused.shard_id, refused.sequence_number), (None, None));
    }

    #[tokio::test]
    async fn one_bad_record_fails_them_all() {
        let bench = bench().await;
        bench.create("s", 1).await;
        let bad_hash = PutRecordsRequestEntry {
            explicit_hash_key: Some("340282366920938463463374607431768211456".into()),
            ..entry("k", 1)
        };
        let no_key = PutRecordsRequestEntry { data: Bytes::new(), ..PutRecordsRequestEntry::default() };
        let large = || entry("k", 1024 * 1024 - 1);
        for (records, told) in [
            (
                vec![entry("k", 1), bad_hash],
                "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was 340282366920938463463374607431768211456",
            ),
            (
                vec![entry("k", 1), entry("k", 1024 * 1024)],
                "1 validation error detected: Value at 'records.2.member.data' failed to satisfy constraint: Member must have length less than or equal to 1048576",
            ),
            (
                vec![no_key],
                "1 validation error detected: Value null at 'records.1.member.partitionKey' failed to satisfy constraint: Member must not be null",
            ),
            ((0..11).map(|_| large()).collect(), "Records size exceeds 10 MB limit"),
        ] {
            assert_eq!(bench.refused(request(records)).await.1, told);
        }
        bench.call(request((0..10).map(|_| large()).collect())).await.unwrap();
    }

    #[tokio::test]
    async fn an_auto_stream_spreads_records_evenly_whatever_their_keys() {
        let bench = bench().await;
        let create = CreateStream {
            stream_name: name("s"),
            stream_mode_details: Some(StreamModeDetails { stream_mode: StreamMode::OnDemand }),
            record_distribution_strategy: Some(RecordDistributionStrategy::Auto),
            ..CreateStream::default()
        };
        bench.call(create).await.unwrap();
        let put = bench.call(request((0..100).map(|_| entry("k", 1)).collect())).await.unwrap();
        for shard in 0..4 {
            let here = put.records.iter().filter(|r| r.shard_id.is_some_and(|s| s.index() == shard));
            assert_eq!(here.count(), 25);
        }
    }
}
