use anabranch_api::kinesis::{Error, GetShardIterator, GetShardIteratorOutput};
use anabranch_api::{Context, Serve};
use anabranch_types::StreamArn;

use crate::iterator::Iterator;
use crate::position::Start;
use crate::resolve::find_shard;
use crate::{Streams, errors};

impl Serve<GetShardIterator> for Streams {
    async fn serve(&self, cx: &Context, request: GetShardIterator) -> Result<GetShardIteratorOutput, Error> {
        let found = self.find_serving(cx, request.stream_name.as_ref(), request.stream_arn.as_deref());
        let (stream, view) = found.map_err(|error| of_the_shard(error, cx, &request))?;
        let shard = find_shard(&view, &stream.id, &request.shard_id, errors::shard_does_not_exist)?;
        self.count_iterator(cx, &stream, shard)?;
        let start = Start {
            kind: request.shard_iterator_type,
            number: request.starting_sequence_number.as_deref(),
            time: request.timestamp,
            operation: "GetShardIterator",
        };
        let position = self.begin(&stream, shard, &start).await?;
        if request.dry_run == Some(true) {
            return Err(errors::dry_run());
        }
        let iterator = Iterator { log: shard.live.log, position, name: stream.id.name.clone() };
        let token = self.seal_iterator(&iterator, self.clock.now());
        Ok(GetShardIteratorOutput { shard_iterator: Some(token.into()) })
    }
}

/// Of a stream that is not there, AWS says in this operation that its shard is not (recorded by kinesalite).
fn of_the_shard(error: Error, cx: &Context, request: &GetShardIterator) -> Error {
    let (Error::ResourceNotFoundException(_), Some(name)) = (&error, &request.stream_name) else {
        return error;
    };
    let stream = StreamArn { region: cx.region.clone(), account: cx.account, name: name.clone() };
    match request.shard_id.parse() {
        Ok(shard) => errors::shard_does_not_exist(shard, &stream),
        Err(_) => errors::shard_not_found(&request.shard_id, &stream),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use anabranch_api::kinesis::ShardIteratorType;
    use anabranch_types::{SequenceIndex, SequenceNumber, Timestamp};

    use super::*;
    use crate::harness::{Bench, bench, name};

    fn request(kind: ShardIteratorType) -> GetShardIterator {
        GetShardIterator {
            stream_name: Some(name("s")),
            shard_id: "shardId-000000000000".into(),
            shard_iterator_type: kind,
            ..GetShardIterator::default()
        }
    }

    fn by_number(kind: ShardIteratorType, number: impl ToString) -> GetShardIterator {
        GetShardIterator { starting_sequence_number: Some(number.to_string().into()), ..request(kind) }
    }

    fn at(time: Timestamp) -> GetShardIterator {
        GetShardIterator { timestamp: Some(time), ..request(ShardIteratorType::AtTimestamp) }
    }

    async fn found(bench: &Bench, request: GetShardIterator) -> Vec<bytes::Bytes> {
        let iterator = bench.call(request).await.unwrap().shard_iterator.unwrap();
        bench.data(&iterator).await
    }

    #[tokio::test]
    async fn each_type_begins_where_aws_begins() {
        let bench = bench().await;
        bench.create("s", 1).await;
        let start = bench.describe("s").await.shards[0].sequence_number_range.starting_sequence_number;
        let a = bench.put("s", "k", b"a").await.sequence_number;
        bench.advance(Duration::from_millis(10)).await;
        let between = bench.clock.now();
        bench.advance(Duration::from_millis(10)).await;
        let b = bench.put("s", "k", b"b").await.sequence_number;
        let latest = bench.call(request(ShardIteratorType::Latest)).await.unwrap().shard_iterator.unwrap();
        bench.put("s", "k", b"c").await;

        use ShardIteratorType::{AfterSequenceNumber, AtSequenceNumber, TrimHorizon};
        let long_ago = Timestamp::from_millis(0);
        for (request, data) in [
            (request(TrimHorizon), "abc"),
            (by_number(AtSequenceNumber, start), "abc"),
            (by_number(AfterSequenceNumber, start), "abc"),
            (by_number(AtSequenceNumber, a), "abc"),
            (by_number(AfterSequenceNumber, a), "bc"),
            (by_number(AtSequenceNumber, b), "bc"),
            (by_number(AfterSequenceNumber, b), "c"),
            (at(long_ago), "abc"),
            (at(between), "bc"),
        ] {
            assert_eq!(found(&bench, request.clone()).await.concat(), data.as_bytes(), "{request:?}");
        }
        assert_eq!(bench.data(&latest).await.concat(), b"c", "LATEST is where it was taken");
    }

    #[tokio::test]
    async fn a_record_at_exactly_the_time_is_found() {
        let bench = bench().await;
        bench.create("s", 1).await;
        bench.put("s", "k", b"a").await;
        let iterator = bench.iterator("s", "shardId-0", ShardIteratorType::TrimHorizon).await;
        let arrival = bench.read(&iterator).await.records[0].approximate_arrival_timestamp.unwrap();
        assert_eq!(found(&bench, at(arrival)).await.len(), 1);
        bench.advance(Duration::from_millis(5)).await;
        assert_eq!(found(&bench, at(Timestamp::from_millis(arrival.millis() + 1))).await.len(), 0);
    }

    #[tokio::test]
    async fn arguments_that_do_not_fit_are_refused() {
        let bench = bench().await;
        bench.create("s", 2).await;
        let n = bench.describe("s").await.shards[1].sequence_number_range.starting_sequence_number;
        let older = SequenceNumber::new(n.created_seconds() - 1, Default::default(), SequenceIndex::START, 0);
        let never = SequenceNumber::end_of(Default::default(), n.created_seconds(), n.created_seconds());
        use ShardIteratorType::{AtSequenceNumber, AtTimestamp, TrimHorizon};
        let foreign = |given: &str| {
            format!(
                "StartingSequenceNumber {given} used in GetShardIterator on shard shardId-000000000000 in stream s \
                 under account 123456789012 is invalid because it did not come from this stream."
            )
        };
        for (request, told) in [
            (
                by_number(AtSequenceNumber, n),
                "Invalid StartingSequenceNumber. It encodes shardId-000000000001, while it was used in a call to a shard with shardId-000000000000".to_owned(),
            ),
            (by_number(AtSequenceNumber, "7"), foreign("7")),
            (by_number(AtSequenceNumber, older), foreign(&older.to_string())),
            (by_number(AtSequenceNumber, never), foreign(&never.to_string())),
            (
                by_number(TrimHorizon, n),
                crate::harness::refusal(errors::iterator_arguments("TRIM_HORIZON", errors::NumberGiven::Yes).into()).1,
            ),
            (
                request(AtSequenceNumber),
                crate::harness::refusal(errors::iterator_arguments("AT_SEQUENCE_NUMBER", errors::NumberGiven::No).into()).1,
            ),
            (request(AtTimestamp), crate::harness::refusal(errors::timestamp_missing().into()).1),
            (
                GetShardIterator { shard_id: "shardId-000000000007".into(), ..request(TrimHorizon) },
                "Shard shardId-000000000007 in stream s under account 123456789012 does not exist".to_owned(),
            ),
            (
                GetShardIterator { shard_id: "seven".into(), ..request(TrimHorizon) },
                "Could not find shard seven in stream s under account 123456789012.".to_owned(),
            ),
        ] {
            assert_eq!(bench.refused(request).await.1, told);
        }
        let future = at(bench.clock.now() + Duration::from_secs(60));
        assert!(
            bench.refused(future).await.1.starts_with("The timestampInMillis parameter cannot be greater")
        );
    }
}
