use std::collections::BTreeMap;

use anabranch_api::kinesis::{
    CreateStream, CreateStreamOutput, Error, RecordDistributionStrategy, StreamMode,
};
use anabranch_api::{Context, Serve};
use anabranch_catalog::{Revision, next_log_group};
use anabranch_log::GroupId;
use anabranch_types::{HashRange, StreamArn, Timestamp};

use crate::Streams;
use crate::directory::Usage;
use crate::errors::{self, Failed};
use crate::limits::{
    ACCOUNT_ON_DEMAND_STREAMS_MAX, ACCOUNT_SHARDS_MAX, CREATE_STREAM_CALLS, CREATING_STREAMS_MAX,
    MAX_RECORD_KIB_DEFAULT, SHARDS_DEFAULT,
};
use crate::stored::{Distribution, Mode, Scope, StoredShard, StoredStream};
use crate::stream::{Shard, Stream, View};
use crate::tags;

/// What kind of stream is asked for.
struct Wanted {
    mode: Mode,
    shards: u32,
    max_record_kib: u32,
    warm_mibps: Option<u32>,
    distribution: Distribution,
    tags: BTreeMap<String, String>,
}

impl Serve<CreateStream> for Streams {
    async fn serve(&self, cx: &Context, request: CreateStream) -> Result<CreateStreamOutput, Error> {
        self.count_call(cx, &CREATE_STREAM_CALLS)?;
        let name = request.stream_name.detached();
        let id = StreamArn { region: cx.region.clone(), account: cx.account, name };
        let wanted = Wanted::of(&request, &id)?;
        let scope = Scope { account: cx.account, region: cx.region.clone() };

        if let Some(mibps) = wanted.warm_mibps {
            self.refuse_warm_throughput(&scope, mibps)?;
        }
        let one_at_a_time = self.creating.lock().await;
        if self.directory.by_name(&scope, &id.name).is_some() {
            return Err(errors::stream_exists(&id));
        }
        refuse_over_limits(&id, &wanted, self.directory.usage(&scope))?;
        let group = next_log_group(&*self.catalog).await.map_err(Failed::from)?;
        let now = self.clock.now();
        let stream = self.add(self.new_stream(id, &scope, wanted, GroupId(group), now)).await?;
        drop(one_at_a_time);

        // The catalog names the stream first: a start makes the logs of one that is still being created.
        self.create_logs(&stream.view()).await?;
        self.settle(&stream, now).await?;
        Ok(CreateStreamOutput {})
    }
}

impl Wanted {
    fn of(request: &CreateStream, id: &StreamArn) -> Result<Self, Error> {
        let mode = match request.stream_mode_details.as_ref().map(|m| m.stream_mode) {
            Some(StreamMode::OnDemand) => Mode::OnDemand,
            Some(StreamMode::Provisioned) | None => Mode::Provisioned,
        };
        let auto = request.record_distribution_strategy == Some(RecordDistributionStrategy::Auto);
        if mode == Mode::OnDemand && request.shard_count.is_some() {
            return Err(errors::shard_count_on_demand());
        }
        if mode == Mode::Provisioned && auto {
            return Err(errors::auto_needs_on_demand(&id.name, id.account));
        }
        if request.warm_throughput_mibps.is_some() && mode == Mode::Provisioned {
            return Err(errors::warm_throughput_unavailable());
        }
        let mut tags = BTreeMap::new();
        let whose = || format!("stream {} under account {}", id.name, id.account);
        tags::put(&mut tags, request.tags.as_deref().unwrap_or_default(), whose)?;
        let number = |n: Option<i32>, default| n.and_then(|n| u32::try_from(n).ok()).unwrap_or(default);
        let warm_mibps = request.warm_throughput_mibps.and_then(|n| u32::try_from(n).ok());
        Ok(Self {
            mode,
            shards: number(request.shard_count, SHARDS_DEFAULT).max(warm_mibps.unwrap_or(0)),
            warm_mibps,
            max_record_kib: number(request.max_record_size_in_kib, MAX_RECORD_KIB_DEFAULT),
            distribution: if auto { Distribution::Auto } else { Distribution::UserPartitionKey },
            tags,
        })
    }
}

fn refuse_over_limits(id: &StreamArn, wanted: &Wanted, usage: Usage) -> Result<(), Error> {
    if usage.creating_streams >= CREATING_STREAMS_MAX {
        return Err(errors::too_many_creating(CREATING_STREAMS_MAX));
    }
    match wanted.mode {
        Mode::OnDemand if usage.on_demand_streams >= ACCOUNT_ON_DEMAND_STREAMS_MAX => {
            Err(errors::on_demand_limit(id, ACCOUNT_ON_DEMAND_STREAMS_MAX))
        }
        Mode::Provisioned if usage.open_shards.saturating_add(wanted.shards) > ACCOUNT_SHARDS_MAX => {
            Err(errors::shard_limit(id, usage.open_shards, ACCOUNT_SHARDS_MAX, wanted.shards))
        }
        _ => Ok(()),
    }
}

impl Streams {
    fn new_stream(
        &self,
        id: StreamArn,
        scope: &Scope,
        wanted: Wanted,
        group: GroupId,
        now: Timestamp,
    ) -> Stream {
        let after_namesake = self.tombstones.get(scope, &id.name).map_or(0, |last| last + 1);
        let created_seconds = u64::try_from(now.seconds()).unwrap_or(0).max(after_namesake);
        let shards = (0..).zip(HashRange::divide(wanted.shards)).map(|(index, range)| {
            let planned = StoredShard::planned(index, range, None, None);
            let stored = StoredShard { created_seconds, created_ms: now.millis(), ..planned };
            Shard::new(stored, group, now).into()
        });
        let stored = StoredStream {
            due_ms: Some(self.transition_end(now).millis()),
            mode: wanted.mode,
            max_record_kib: wanted.max_record_kib,
            distribution: wanted.distribution,
            next_shard: wanted.shards,
            tags: wanted.tags,
            warm_mibps: wanted.warm_mibps,
            ..StoredStream::begin(group, now)
        };
        let view = View::new(stored, Revision::default(), shards.collect(), BTreeMap::new());
        Stream::new(id, group, &self.metrics, view)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use anabranch_api::kinesis::{
        CreateStream, DeleteStream, RecordDistributionStrategy, StreamMode, StreamModeDetails, StreamStatus,
    };

    use crate::Settings;
    use crate::harness::{bench, bench_with, name};

    fn request(stream: &str) -> CreateStream {
        CreateStream { stream_name: name(stream), ..CreateStream::default() }
    }

    #[tokio::test]
    async fn a_new_stream_has_four_shards_that_divide_the_hash_keys() {
        let bench = bench().await;
        bench.call(request("s")).await.unwrap();
        let described = bench.describe("s").await;
        assert_eq!(described.stream_status, StreamStatus::Active);
        assert_eq!(described.retention_period_hours, 24);
        assert_eq!(described.stream_arn, "arn:aws:kinesis:us-east-1:123456789012:stream/s");
        assert_eq!(described.shards.len(), 4);
        let numbers: Vec<_> = described.shards.iter().map(|s| s.sequence_number_range.clone()).collect();
        assert!(numbers.iter().all(|n| n.ending_sequence_number.is_none()));
        assert!(numbers.windows(2).all(|n| n[0].starting_sequence_number < n[1].starting_sequence_number));
        assert_eq!(
            described.shards[3].hash_key_range.ending_hash_key.to_string(),
            "340282366920938463463374607431768211455"
        );
    }

    #[tokio::test]
    async fn a_name_is_free_once() {
        let bench = bench().await;
        bench.create("s", 1).await;
        let (code, message) = bench.refused(request("s")).await;
        assert_eq!(code, "ResourceInUseException");
        assert_eq!(message, "Stream s under account 123456789012 already exists.");
    }

    #[tokio::test]
    async fn what_belongs_to_one_mode_is_refused_in_the_other() {
        let bench = bench().await;
        let on_demand = Some(StreamModeDetails { stream_mode: StreamMode::OnDemand });
        let auto = Some(RecordDistributionStrategy::Auto);
        for (request, code) in [
            (
                CreateStream { stream_mode_details: on_demand, shard_count: Some(2), ..request("s") },
                "ValidationException",
            ),
            (CreateStream { record_distribution_strategy: auto, ..request("s") }, "InvalidArgumentException"),
            (CreateStream { shard_count: Some(20_001), ..request("s") }, "LimitExceededException"),
            (
                CreateStream { tags: Some(vec![("a,b".into(), "".into())]), ..request("s") },
                "InvalidArgumentException",
            ),
        ] {
            assert_eq!(bench.refused(request).await.0, code);
        }
    }

    #[tokio::test]
    async fn a_sixth_stream_in_creation_is_refused() {
        let settings = Settings { transition_delay: Duration::from_secs(10), ..Settings::default() };
        let bench = bench_with(settings).await;
        for i in 0..5 {
            bench.call(request(&format!("s{i}"))).await.unwrap();
        }
        assert_eq!(bench.refused(request("s5")).await.0, "LimitExceededException");
    }

    #[tokio::test]
    async fn a_stream_stays_in_creation_for_the_transition_delay_also_over_a_restart() {
        let settings = Settings { transition_delay: Duration::from_secs(10), ..Settings::default() };
        let bench = bench_with(settings).await;
        bench.create("s", 2).await;
        let creating = bench.describe("s").await;
        assert_eq!((creating.stream_status, creating.shards.len()), (StreamStatus::Creating, 0));
        let put = anabranch_api::kinesis::PutRecord {
            stream_name: Some(name("s")),
            partition_key: Some("k".into()),
            ..Default::default()
        };
        assert_eq!(bench.refused(put).await.1, "Stream s under account 123456789012 not found.");
        bench.advance(Duration::from_secs(9)).await;
        let bench = bench.restarted().await;
        assert_eq!(bench.describe("s").await.stream_status, StreamStatus::Creating);
        bench.advance(Duration::from_secs(2)).await;
        let active = bench.describe("s").await;
        assert_eq!((active.stream_status, active.shards.len()), (StreamStatus::Active, 2));
    }

    #[tokio::test]
    async fn numbers_of_a_recreated_stream_are_greater_than_its_namesakes() {
        let bench = bench().await;
        bench.create("s", 1).await;
        let before = bench.put("s", "k", b"x").await.sequence_number;
        bench.call(DeleteStream { stream_name: Some(name("s")), ..DeleteStream::default() }).await.unwrap();
        let bench = bench.restarted().await;
        bench.create("s", 1).await;
        assert!(bench.put("s", "k", b"x").await.sequence_number > before);
    }
}
