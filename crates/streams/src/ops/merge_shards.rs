use anabranch_api::kinesis::{Error, MergeShards, MergeShardsOutput};
use anabranch_api::{Context, Serve};

use crate::limits::MERGE_SHARDS_CALLS;
use crate::reshard::{Piece, Plan};
use crate::resolve::{find_drafted_shard, open};
use crate::{Streams, errors};

impl Serve<MergeShards> for Streams {
    async fn serve(&self, cx: &Context, request: MergeShards) -> Result<MergeShardsOutput, Error> {
        let found = self.find_stream(cx, request.stream_name.as_ref(), request.stream_arn.as_deref());
        let stream = self.within(cx, &MERGE_SHARDS_CALLS, found)?;
        let now = self.clock.now();
        self.reshard(&stream, |draft| {
            draft.allow_reshard(&stream)?;
            // Both have to be there before either is looked at.
            let lower = find_drafted_shard(draft, &stream.id, &request.shard_to_merge)?;
            let upper = find_drafted_shard(draft, &stream.id, &request.adjacent_shard_to_merge)?;
            let (lower, upper) = (open(lower, &stream.id)?, open(upper, &stream.id)?);
            if lower.end.0.checked_add(1) != Some(upper.start.0) {
                return Err(errors::not_adjacent(lower.id(), upper.id(), &stream.id));
            }
            let piece = |s: &crate::stored::StoredShard| Piece { index: s.index, range: s.range() };
            let mut plan = Plan::new(draft.stored.next_shard);
            plan.merge(piece(lower), piece(upper));
            draft.begin_reshard(plan, self.transition_end(now));
            Ok(())
        })
        .await?;
        Ok(MergeShardsOutput {})
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::{bench, name};

    fn request(lower: &str, upper: &str) -> MergeShards {
        MergeShards {
            stream_name: Some(name("s")),
            shard_to_merge: lower.into(),
            adjacent_shard_to_merge: upper.into(),
            ..MergeShards::default()
        }
    }

    #[tokio::test]
    async fn a_merged_shard_has_two_parents() {
        let bench = bench().await;
        bench.create("s", 3).await;
        bench.call(request("shardId-1", "shardId-2")).await.unwrap();
        let shards = bench.describe("s").await.shards;
        assert_eq!(shards.len(), 4);
        let child = &shards[3];
        assert_eq!(child.parent_shard_id, Some(shards[1].shard_id));
        assert_eq!(child.adjacent_parent_shard_id, Some(shards[2].shard_id));
        assert_eq!(child.hash_key_range.starting_hash_key, shards[1].hash_key_range.starting_hash_key);
        assert_eq!(child.hash_key_range.ending_hash_key, shards[2].hash_key_range.ending_hash_key);
    }

    #[tokio::test]
    async fn only_a_lower_and_then_an_upper_neighbour_are_merged() {
        let bench = bench().await;
        bench.create("s", 4).await;
        for (lower, upper) in [(1, 0), (0, 2), (1, 1), (3, 0)] {
            let told = bench.refused(request(&format!("shardId-{lower}"), &format!("shardId-{upper}"))).await;
            assert_eq!(
                told,
                (
                    "InvalidArgumentException".to_owned(),
                    format!(
                        "Shards shardId-00000000000{lower} and shardId-00000000000{upper} in stream s under account \
                         123456789012 are not an adjacent pair of shards eligible for merging"
                    )
                )
            );
        }
        assert_eq!(
            bench.refused(request("shardId-0", "shardId-9")).await.1,
            "Could not find shard shardId-000000000009 in stream s under account 123456789012."
        );
    }
}
