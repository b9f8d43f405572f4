use std::sync::Arc;
use std::time::Instant;

use anabranch_api::kinesis::{Error, GetRecords, GetRecordsOutput};
use anabranch_api::{Context, Operation, Resource, Resources, Serve};
use anabranch_log::ReadLimit;
use anabranch_types::{ShardId, StreamArn, Timestamp};

use crate::iterator::Iterator;
use crate::limits::{GET_RECORDS_BYTES_MAX, GET_RECORDS_RECORDS_MAX, LimitsMode};
use crate::resolve::serving;
use crate::stream::{Shard, Stream, View};
use crate::{Streams, describe, errors, read};

impl Serve<GetRecords> for Streams {
    fn resources(&self, cx: &Context, request: &GetRecords) -> Result<Resources, Error> {
        let iterator = self.open_iterator(&request.shard_iterator, self.clock.now())?;
        let arn = match self.directory.by_group(iterator.log.group) {
            Some(stream) => stream.arn.to_string(),
            None => request.resources(cx).swap_remove(0).arn,
        };
        Ok(vec![Resource { action: GetRecords::ACTION, arn }])
    }

    async fn serve(&self, cx: &Context, request: GetRecords) -> Result<GetRecordsOutput, Error> {
        let now = self.clock.now();
        let iterator = self.open_iterator(&request.shard_iterator, now)?;
        let stream = self.stream_of_iterator(cx, &iterator, request.stream_arn.as_deref())?;
        let view = serving(&stream)?;
        let id = ShardId::new(iterator.log.index).ok_or_else(errors::invalid_iterator)?;
        let shard = view.shard(id).ok_or_else(|| errors::shard_does_not_exist(id, &stream.id))?;
        if request.dry_run == Some(true) {
            return Err(errors::dry_run());
        }
        let begun = Instant::now();
        let answer = self.get_records(cx, &request, (&stream, &view, shard), iterator, now).await;
        stream.note_get_records(begun.elapsed(), answer.is_ok());
        answer
    }
}

impl Streams {
    async fn get_records(
        &self,
        cx: &Context,
        request: &GetRecords,
        (stream, view, shard): (&Stream, &View, &Shard),
        iterator: Iterator,
        now: Timestamp,
    ) -> Result<GetRecordsOutput, Error> {
        self.admit_read(stream, shard)?;
        let asked = request.limit.and_then(|l| usize::try_from(l).ok());
        let records_max = asked.unwrap_or(GET_RECORDS_RECORDS_MAX).min(GET_RECORDS_RECORDS_MAX);
        let limit = within(cx.room, ReadLimit { records_max, bytes_max: GET_RECORDS_BYTES_MAX });
        let found = self.read_retained(stream, view, shard, iterator.position, limit).await?;
        self.refuse_sealed(cx, stream, &found.records)?;
        let bytes = read::bytes(&found.records);
        if cx.room.is_some() && bytes > limit.bytes_max as u64 {
            // One record that is larger than what there is memory for. API_GetRecords: "the requested data is too large for the available
            // throughput".
            return Err(errors::rate_exceeded(shard.id(), &stream.id));
        }
        let behind_ms = read::millis_behind(&found, self.clock.now());
        self.count_read(stream, shard, found.records.len(), bytes, behind_ms);

        let ended = read::ended(&found, shard);
        let next = Iterator { position: found.next, ..iterator };
        Ok(GetRecordsOutput {
            records: self.show(stream, shard, found.records)?,
            next_shard_iterator: (!ended).then(|| self.seal_iterator(&next, now).into()),
            millis_behind_latest: Some(i64::try_from(behind_ms).unwrap_or(i64::MAX)),
            child_shards: ended.then(|| describe::child_shards(view, shard)),
        })
    }
}

/// What a record takes in an answer beside its data and key.
const RECORD_BYTES: usize = 280;

/// The limit of a read for which there is so much memory: data and keys stand in it as they were read and, at most 5/3 as long, as they
/// are answered.
fn within(room: Option<usize>, limit: ReadLimit) -> ReadLimit {
    let Some(room) = room else { return limit };
    ReadLimit {
        records_max: limit.records_max.min((room / RECORD_BYTES).max(1)),
        bytes_max: limit.bytes_max.min(room * 3 / 8),
    }
}

impl Streams {
    /// The stream an iterator reads, in the region where it is; if the request names one too, it must be that one.
    fn stream_of_iterator(
        &self,
        cx: &Context,
        iterator: &Iterator,
        arn: Option<&str>,
    ) -> Result<Arc<Stream>, Error> {
        let gone = || {
            let id =
                StreamArn { region: cx.region.clone(), account: cx.account, name: iterator.name.clone() };
            errors::stream_not_found(&id.name, id.account)
        };
        let stream = self.directory.by_group(iterator.log.group).ok_or_else(gone)?;
        match arn {
            Some(arn) if *arn != *stream.arn => Err(errors::invalid_iterator()),
            _ if stream.id.region != cx.region => Err(errors::invalid_iterator()),
            _ => Ok(stream),
        }
    }

    fn admit_read(&self, stream: &Stream, shard: &Shard) -> Result<(), Error> {
        if self.settings.limits == LimitsMode::Off || shard.admission().start_read(self.clock.now()) {
            return Ok(());
        }
        stream.note_read_refused(&shard.live);
        Err(errors::rate_exceeded(shard.id(), &stream.id))
    }

    fn count_read(&self, stream: &Stream, shard: &Shard, records: usize, bytes: u64, behind_ms: u64) {
        if self.settings.limits != LimitsMode::Off {
            shard.admission().read(bytes);
        }
        stream.note_read(&shard.live, records as u64, bytes, behind_ms);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use anabranch_api::kinesis::{ListShards, ShardIteratorType};

    use super::*;
    use crate::Settings;
    use crate::harness::{bench, bench_with};

    fn request(iterator: &str) -> GetRecords {
        GetRecords { shard_iterator: iterator.into(), ..GetRecords::default() }
    }

    #[tokio::test]
    async fn an_iterator_is_not_used_up_and_the_next_one_always_differs() {
        let bench = bench().await;
        bench.create("s", 1).await;
        bench.put("s", "k", b"a").await;
        let iterator = bench.iterator("s", "shardId-0", ShardIteratorType::TrimHorizon).await;
        let (once, twice) = (bench.read(&iterator).await, bench.read(&iterator).await);
        assert_eq!(once.records, twice.records);
        assert_eq!(once.millis_behind_latest, Some(0));
        let record = &once.records[0];
        assert_eq!((record.partition_key.as_deref(), record.encryption_type), (Some("k"), None));
        let mut iterator = once.next_shard_iterator.unwrap();
        for _ in 0..3 {
            let empty = bench.read(&format!("\"{iterator}\"")).await;
            assert_eq!((empty.records.len(), empty.millis_behind_latest), (0, Some(0)));
            let next = empty.next_shard_iterator.unwrap();
            assert_ne!(iterator, next);
            iterator = next;
        }
    }

    #[tokio::test]
    async fn a_limit_leaves_the_rest_for_the_next_iterator() {
        let bench = bench().await;
        bench.create("s", 1).await;
        for data in [b"a", b"b", b"c"] {
            bench.put("s", "k", data).await;
        }
        bench.advance(Duration::from_secs(1)).await;
        let iterator = bench.iterator("s", "shardId-0", ShardIteratorType::TrimHorizon).await;
        let two = bench.call(GetRecords { limit: Some(2), ..request(&iterator) }).await.unwrap();
        assert_eq!(two.records.len(), 2);
        assert!(two.millis_behind_latest.unwrap() >= 1000);
        assert_eq!(bench.data(&two.next_shard_iterator.unwrap()).await, ["c"]);
    }

    #[tokio::test]
    async fn where_memory_is_scarce_less_is_answered_and_what_cannot_be_less_is_refused_for_now() {
        let bench = bench().await;
        bench.create("s", 1).await;
        for data in [&[1; 3000][..], &[2; 3000], &[3; 30_000]] {
            bench.put("s", "k", data).await;
        }
        let iterator = bench.iterator("s", "shardId-0", ShardIteratorType::TrimHorizon).await;
        let scarce = anabranch_api::Context { room: Some(20_000), ..bench.cx.clone() };
        let read = async |iterator: &str| Serve::serve(&*bench.streams, &scarce, request(iterator)).await;
        let some = read(&iterator).await.unwrap();
        assert_eq!(some.records.len(), 2);
        let rest = some.next_shard_iterator.unwrap();
        let id = "arn:aws:kinesis:us-east-1:123456789012:stream/s".parse().unwrap();
        assert_eq!(read(&rest).await, Err(errors::rate_exceeded(ShardId::default(), &id)));
        assert_eq!(bench.read(&rest).await.records.len(), 1);
    }

    #[tokio::test]
    async fn an_iterator_and_a_token_lead_nowhere_in_another_region() {
        let bench = bench().await;
        bench.create("s", 2).await;
        let iterator = bench.iterator("s", "shardId-0", ShardIteratorType::TrimHorizon).await;
        let first =
            ListShards { stream_name: "s".parse().ok(), max_results: Some(1), ..ListShards::default() };
        let token = bench.call(first).await.unwrap().next_token;
        let elsewhere = anabranch_api::Context {
            region: anabranch_types::Region::parse("us-west-2").unwrap(),
            ..bench.cx.clone()
        };
        let read = Serve::serve(&*bench.streams, &elsewhere, request(&iterator)).await;
        assert_eq!(read, Err(errors::invalid_iterator()));
        let next = ListShards { next_token: token, ..ListShards::default() };
        let listed = Serve::serve(&*bench.streams, &elsewhere, next.clone()).await;
        assert_eq!(listed, Err(errors::invalid_next_token()));
        assert!(bench.call(next).await.is_ok());
    }

    #[tokio::test]
    async fn iterators_that_are_not_ours_or_too_old_are_refused() {
        let bench = bench().await;
        bench.create("s", 1).await;
        let iterator = bench.iterator("s", "shardId-0", ShardIteratorType::TrimHorizon).await;
        let mut forged = iterator.to_string();
        let last = forged.remove(40);
        forged.insert(40, if last == 'A' { 'B' } else { 'A' });
        for bad in ["garbage", "AAAAAAAAAAGUYOwqIzdHYbbXrz6DsKHm", &forged] {
            assert_eq!(
                bench.refused(request(bad)).await,
                ("InvalidArgumentException".to_owned(), "Invalid ShardIterator.".to_owned())
            );
        }
        bench.advance(Duration::from_secs(250)).await;
        bench.read(&iterator).await;
        bench.advance(Duration::from_secs(51)).await;
        let (code, message) = bench.refused(request(&iterator)).await;
        assert_eq!(code, "ExpiredIteratorException");
        assert!(
            message
                .ends_with("which is further in the future than the tolerated delay of 300000 milliseconds.")
        );
    }

    #[tokio::test]
    async fn reads_come_to_a_shards_limit_and_go_on_a_second_later() {
        let bench = bench_with(Settings::default()).await;
        bench.create("s", 1).await;
        let iterator = bench.iterator("s", "shardId-0", ShardIteratorType::TrimHorizon).await;
        let refusal = loop {
            if let Err(error) = bench.call(request(&iterator)).await {
                break error;
            }
        };
        assert_eq!(
            refusal,
            errors::rate_exceeded(
                ShardId::default(),
                &"arn:aws:kinesis:us-east-1:123456789012:stream/s".parse().unwrap()
            )
        );
        bench.advance(Duration::from_secs(1)).await;
        bench.read(&iterator).await;
    }

    #[tokio::test]
    async fn records_older_than_the_retention_are_passed_over() {
        let bench = bench().await;
        bench.create("s", 1).await;
        bench.put("s", "k", b"old").await;
        bench.advance(Duration::from_secs(23 * 3600)).await;
        bench.put("s", "k", b"new").await;
        bench.advance(Duration::from_secs(2 * 3600)).await;
        let iterator = bench.iterator("s", "shardId-0", ShardIteratorType::TrimHorizon).await;
        assert_eq!(bench.data(&iterator).await, ["new"]);
    }

    #[tokio::test]
    async fn the_call_is_about_the_stream_in_the_token() {
        let bench = bench().await;
        bench.create("s", 1).await;
        let iterator = bench.iterator("s", "shardId-0", ShardIteratorType::TrimHorizon).await;
        let resources = Serve::<GetRecords>::resources(&*bench.streams, &bench.cx, &request(&iterator));
        assert_eq!(
            resources.unwrap(),
            [Resource {
                action: "kinesis:GetRecords",
                arn: "arn:aws:kinesis:us-east-1:123456789012:stream/s".to_owned()
            }]
        );
    }
}
