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
    ACCOUNT_ON_DEMAND_STREAMS_MAX, ACCOUNT_SHARDS_MAX, CREATING_STREAMS_MAX, MAX_RECORD_KIB_DEFAULT,
    RETENTION_HOURS_DEFAULT, SHARDS_DEFAULT,
};
use crate::stored::{Distribution, Mode, Scope, Status, StoredShard, StoredStream};
use crate::stream::{Shard, Stream, View};
use crate::tags;

/// What kind of stream is asked for.
struct Wanted {
    mode: Mode,
    shards: u32,
    max_record_kib: u32,
    distribution: Distribution,
    tags: BTreeMap<String, String>,
}

impl Serve<CreateStream> for Streams {
    async fn serve(&self, cx: &Context, request: CreateStream) -> Result<CreateStreamOutput, Error> {
        let name = request.stream_name.detached();
        let id = StreamArn { region: cx.region.clone(), account: cx.account, name };
        let wanted = Wanted::of(&request, &id)?;
        let scope = Scope { account: cx.account, region: cx.region.clone() };

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
        if request.warm_throughput_mibps.is_some() {
            return Err(errors::warm_throughput_unavailable());
        }
        let mut tags = BTreeMap::new();
        let whose = || format!("stream {} under account {}", id.name, id.account);
        tags::put(&mut tags, request.tags.as_deref().unwrap_or_default(), whose)?;
        let number = |n: Option<i32>, default| n.and_then(|n| u32::try_from(n).ok()).unwrap_or(default);
        Ok(Self {
            mode,
            shards: number(request.shard_count, SHARDS_DEFAULT),
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
            let stored = StoredShard {
                index,
                start: range.start,
                end: range.end,
                parent: None,
                adjacent_parent: None,
                created_seconds,
                created_ms: now.millis(),
                closed: None,
            };
            Shard::new(stored, group, now).into()
        });
        let stored = StoredStream {
            group: group.0,
            created_ms: now.millis(),
            status: Status::Creating,
            due_ms: Some(self.transition_end(now).millis()),
            mode: wanted.mode,
            retention_hours: RETENTION_HOURS_DEFAULT,
            max_record_kib: wanted.max_record_kib,
            distribution: wanted.distribution,
            next_shard: wanted.shards,
            tags: wanted.tags,
            intent: None,
            shard_metrics: 0,
            warm_mibps: None,
        };
        let view = View::new(stored, Revision::default(), shards.collect(), BTreeMap::new());
        let metrics = self.stream_metrics(&id);
        Stream::new(id, group, metrics, view)
    }
}
