use std::time::Duration;

use anabranch_api::kinesis::{Error, UpdateShardCount, UpdateShardCountOutput};
use anabranch_api::{Context, Serve};
use anabranch_types::Timestamp;

use crate::changes::Draft;
use crate::limits::{
    LimitsMode, UPDATE_SHARD_COUNT_CALLS, UPDATE_SHARD_COUNT_PER_DAY, UPDATE_SHARD_COUNT_TARGET_MAX,
};
use crate::reshard::{Piece, Plan};
use crate::stream::Stream;
use crate::{Streams, errors};

impl Serve<UpdateShardCount> for Streams {
    async fn serve(&self, cx: &Context, request: UpdateShardCount) -> Result<UpdateShardCountOutput, Error> {
        let found = self.find_stream(cx, request.stream_name.as_ref(), request.stream_arn.as_deref());
        let stream = self.within(cx, &UPDATE_SHARD_COUNT_CALLS, found)?;
        let now = self.clock.now();
        let target = u32::try_from(request.target_shard_count).unwrap_or(0);
        let current = self
            .reshard(&stream, |draft| {
                draft.allow_reshard(&stream)?;
                let open = open_pieces(draft);
                self.refuse_target(&stream, open.len(), target)?;
                self.count_update(&stream, draft, now)?;
                let current = open.len();
                let plan = Plan::uniform(open, target, draft.stored.next_shard);
                draft.begin_reshard(plan, self.transition_end(now));
                Ok(current)
            })
            .await?;
        Ok(UpdateShardCountOutput {
            stream_name: Some(stream.id.name.clone()),
            current_shard_count: i32::try_from(current).ok(),
            target_shard_count: Some(request.target_shard_count),
            stream_arn: Some(stream.arn.clone()),
        })
    }
}

/// The open shards of a stream.
pub(crate) fn open_pieces(draft: &Draft) -> Vec<Piece> {
    let open = draft.shards.iter().filter(|s| s.closed.is_none());
    open.map(|s| Piece { index: s.index, range: s.range() }).collect()
}

impl Streams {
    fn refuse_target(&self, stream: &Stream, open: usize, target: u32) -> Result<(), Error> {
        let wanted = target as usize;
        if wanted > 2 * open {
            return Err(errors::more_than_double(open, target));
        }
        if 2 * wanted < open {
            return Err(errors::less_than_half(open, target));
        }
        let additional = target.saturating_sub(u32::try_from(open).unwrap_or(u32::MAX));
        if target > UPDATE_SHARD_COUNT_TARGET_MAX {
            let current = self.directory.usage(&stream.scope).open_shards;
            return Err(errors::shard_limit(&stream.id, current, UPDATE_SHARD_COUNT_TARGET_MAX, additional));
        }
        self.refuse_over_shard_limit(stream, additional)
    }

    /// Notes the call, if there may be another one within 24 hours. The quota is one of those that only `--limits aws` enforces.
    fn count_update(&self, stream: &Stream, draft: &mut Draft, now: Timestamp) -> Result<(), Error> {
        let noted = &mut draft.stored.count_updates_ms;
        if !note_in_a_day(noted, UPDATE_SHARD_COUNT_PER_DAY, now) && self.settings.limits == LimitsMode::Aws {
            let limit = UPDATE_SHARD_COUNT_PER_DAY;
            return Err(errors::too_often_in_a_day("UpdateShardCount", limit, &stream.id));
        }
        Ok(())
    }
}

/// Notes a call at `now`, unless there were `limit` in the 24 hours before; whether it was noted.
pub(crate) fn note_in_a_day(noted_ms: &mut Vec<i64>, limit: usize, now: Timestamp) -> bool {
    let a_day_ago = now - Duration::from_secs(24 * 3600);
    noted_ms.retain(|ms| Timestamp::from_millis(*ms) > a_day_ago);
    let allowed = noted_ms.len() < limit;
    if allowed {
        noted_ms.push(now.millis());
    }
    allowed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;
    use crate::harness::{bench, bench_with, name};

    fn request(target: i32) -> UpdateShardCount {
        UpdateShardCount {
            stream_name: Some(name("s")),
            target_shard_count: target,
            ..UpdateShardCount::default()
        }
    }

    #[tokio::test]
    async fn temporary_shards_stay_visible_as_closed_ones() {
        for (from, to, in_all) in [(1, 2, 3), (4, 5, 15), (4, 3, 11)] {
            let bench = bench().await;
            bench.create("s", from).await;
            let answer = bench.call(request(to)).await.unwrap();
            assert_eq!((answer.current_shard_count, answer.target_shard_count), (Some(from), Some(to)));
            let shards = bench.describe("s").await.shards;
            let open = shards.iter().filter(|s| s.sequence_number_range.ending_sequence_number.is_none());
            assert_eq!((shards.len(), open.count()), (in_all, usize::try_from(to).unwrap()));
            for child in &shards {
                let parent = child.parent_shard_id.map(|p| &shards[p.index() as usize]);
                if let Some(parent) = parent {
                    let (ended, began) = (&parent.sequence_number_range, &child.sequence_number_range);
                    assert!(ended.ending_sequence_number.unwrap() < began.starting_sequence_number);
                }
            }
        }
    }

    #[tokio::test]
    async fn a_count_is_at_most_doubled_and_at_most_halved() {
        let bench = bench().await;
        bench.create("s", 4).await;
        for (target, told) in [
            (
                9,
                "UpdateShardCount cannot scale up over double your current open shard count. Current open shard count: 4 Target shard count: 9",
            ),
            (
                1,
                "UpdateShardCount cannot scale down below half your current open shard count. Current open shard count: 4 Target shard count: 1",
            ),
        ] {
            assert_eq!(bench.refused(request(target)).await.1, told);
        }
        bench.create_on_demand("d").await;
        let on_demand = UpdateShardCount { stream_name: Some(name("d")), ..request(8) };
        assert_eq!(
            bench.refused(on_demand).await,
            (
                "ValidationException".to_owned(),
                "Request is invalid. Stream d under account 123456789012 is in On-Demand mode.".to_owned()
            )
        );
    }

    #[tokio::test]
    async fn an_eleventh_update_within_a_day_is_refused_also_after_a_restart() {
        let bench = bench_with(Settings { limits: LimitsMode::Aws, ..Settings::default() }).await;
        bench.create("s", 1).await;
        for i in 0..10 {
            bench.call(request(1 + (i + 1) % 2)).await.unwrap();
            bench.advance(Duration::from_secs(60)).await;
        }
        let bench = bench.restarted().await;
        assert_eq!(bench.refused(request(2)).await.0, "LimitExceededException");
        bench.advance(Duration::from_secs(24 * 3600)).await;
        bench.call(request(2)).await.unwrap();
    }
}
