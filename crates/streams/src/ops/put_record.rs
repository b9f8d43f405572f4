use std::time::Instant;

use anabranch_api::kinesis::{Error, PutRecord, PutRecordOutput};
use anabranch_api::{Context, Serve};
use anabranch_types::{SequenceNumber, ShardId};

use crate::numbers::{position_at, put_seconds};
use crate::put::{Fate, Put, record_bytes_max};
use crate::stream::{Stream, View};
use crate::{Streams, describe, errors};

impl Serve<PutRecord> for Streams {
    async fn serve(&self, cx: &Context, request: PutRecord) -> Result<PutRecordOutput, Error> {
        let (stream, view) =
            self.find_serving(cx, request.stream_name.as_ref(), request.stream_arn.as_deref())?;
        let (key, explicit) = (request.partition_key.as_ref(), request.explicit_hash_key.as_ref());
        let place = self.place(&view, key, explicit, || "partitionKey".to_owned())?;
        let put = Put { data: &request.data, key, place };
        let bytes_max = record_bytes_max(&view);
        if put.bytes() > bytes_max {
            return Err(errors::record_too_large("data", bytes_max));
        }
        if let Some(given) = &request.sequence_number_for_ordering {
            self.refuse_number_from_future(&stream, &view, given)?;
        }
        if request.dry_run == Some(true) {
            return Err(errors::dry_run());
        }
        let encryption_type = describe::sealed_as(&view.stored);
        let kms_key = self.key_to_seal_under(cx, &stream, &view).await?;
        let begun = Instant::now();
        let fates = self.put_all(&stream, view, kms_key.as_ref(), &[put]).await;
        let is_stored = matches!(fates.as_deref(), Ok([Fate::Stored { .. }]));
        stream.note_put_record(begun.elapsed(), is_stored.then_some(put.bytes() as u64));
        match fates?[0] {
            Fate::Stored { shard, number } => {
                Ok(PutRecordOutput { shard_id: shard, sequence_number: number, encryption_type })
            }
            Fate::Throttled(shard) => Err(errors::rate_exceeded(shard, &stream.id)),
            Fate::Failed => Err(errors::internal()),
        }
    }
}

impl Streams {
    /// A SequenceNumberForOrdering must be a number this stream has given, so that the new record's is greater in its shard.
    fn refuse_number_from_future(&self, stream: &Stream, view: &View, given: &str) -> Result<(), Error> {
        let number: Option<SequenceNumber> = given.parse().ok();
        match number {
            Some(number) if self.was_given(view, number) => Ok(()),
            _ => Err(errors::invalid_number_for_ordering(given, &stream.id)),
        }
    }

    fn was_given(&self, view: &View, number: SequenceNumber) -> bool {
        let shard_of =
            |id: ShardId| view.shard(id).filter(|s| s.stored.created_seconds == number.created_seconds());
        let Some(shard) = shard_of(number.shard()) else { return false };
        let latest_second = put_seconds(self.clock.now(), shard.stored.created_seconds);
        let Ok(state) = self.log.state(shard.live.log) else { return false };
        let within = number.index().record().is_none_or(|_| position_at(number.index()) < state.end);
        let ends_open = Some(number) == shard.ending_number() || number.index().record().is_some();
        let starts = number == shard.starting_number();
        number.put_seconds() <= latest_second && within && (starts || ends_open)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::harness::{bench, name};
    use crate::put::hash;

    fn request(key: &str) -> PutRecord {
        PutRecord {
            stream_name: Some(name("s")),
            data: Bytes::from_static(b"x"),
            partition_key: Some(key.into()),
            ..PutRecord::default()
        }
    }

    #[tokio::test]
    async fn a_record_goes_where_its_key_or_its_hash_key_says() {
        let bench = bench().await;
        bench.create("s", 2).await;
        let half = "170141183460469231731687303715884105728";
        for key in ["a", "b", "c", "d"] {
            let upper = hash(key) >= half.parse().unwrap();
            let shard = bench.call(request(key)).await.unwrap().shard_id;
            assert_eq!(shard.index(), u32::from(upper), "{key}");
        }
        for (explicit, shard) in [("0", 0), (half, 1)] {
            let request = PutRecord { explicit_hash_key: Some(explicit.into()), ..request("a") };
            assert_eq!(bench.call(request).await.unwrap().shard_id.index(), shard);
        }
    }

    #[tokio::test]
    async fn records_larger_than_the_streams_maximum_are_refused_with_their_key() {
        let bench = bench().await;
        bench.create("s", 1).await;
        let of = |bytes: usize| PutRecord { data: vec![0; bytes].into(), ..request("k") };
        bench.call(of(1024 * 1024 - 1)).await.unwrap();
        assert_eq!(
            bench.refused(of(1024 * 1024)).await,
            (
                "ValidationException".to_owned(),
                "1 validation error detected: Value at 'data' failed to satisfy constraint: Member must have \
                 length less than or equal to 1048576"
                    .to_owned()
            )
        );
    }

    #[tokio::test]
    async fn a_number_for_ordering_must_have_been_given() {
        let bench = bench().await;
        bench.create("s", 1).await;
        let start = bench.describe("s").await.shards[0].sequence_number_range.starting_sequence_number;
        let first = bench.call(request("k")).await.unwrap().sequence_number;
        for given in [start, first] {
            let next =
                PutRecord { sequence_number_for_ordering: Some(given.to_string().into()), ..request("k") };
            assert!(bench.call(next).await.unwrap().sequence_number > given);
        }
        let later = SequenceNumber::new(
            first.created_seconds(),
            first.shard(),
            first.index(),
            first.put_seconds() + 1000,
        );
        let beyond = SequenceNumber::new(
            first.created_seconds(),
            first.shard(),
            anabranch_types::SequenceIndex::of_record(0, 1000),
            first.put_seconds(),
        );
        for given in ["0".to_owned(), later.to_string(), beyond.to_string()] {
            let next = PutRecord { sequence_number_for_ordering: Some(given.clone().into()), ..request("k") };
            assert_eq!(
                bench.refused(next).await.1,
                format!(
                    "ExclusiveMinimumSequenceNumber {given} used in PutRecord on stream s under account \
                     123456789012 is invalid."
                )
            );
        }
    }

    #[tokio::test]
    async fn a_dry_run_puts_nothing() {
        let bench = bench().await;
        bench.create("s", 1).await;
        let dry = PutRecord { dry_run: Some(true), ..request("k") };
        assert_eq!(bench.refused(dry).await.0, "DryRunOperationException");
        let kind = anabranch_api::kinesis::ShardIteratorType::TrimHorizon;
        let iterator = bench.iterator("s", "shardId-0", kind).await;
        assert_eq!(bench.data(&iterator).await.len(), 0);
    }
}
