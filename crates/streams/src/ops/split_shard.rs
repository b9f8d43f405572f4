use anabranch_api::kinesis::{Error, SplitShard, SplitShardOutput};
use anabranch_api::{Context, Serve};
use anabranch_types::{HashKey, ShardId};

use crate::limits::SPLIT_SHARD_CALLS;
use crate::reshard::{Piece, Plan};
use crate::resolve::find_open_shard;
use crate::{Streams, errors};

impl Serve<SplitShard> for Streams {
    async fn serve(&self, cx: &Context, request: SplitShard) -> Result<SplitShardOutput, Error> {
        let found = self.find_stream(cx, request.stream_name.as_ref(), request.stream_arn.as_deref());
        let stream = self.within(cx, &SPLIT_SHARD_CALLS, found)?;
        let now = self.clock.now();
        self.reshard(&stream, |draft| {
            draft.allow_reshard(&stream)?;
            let parent = find_open_shard(draft, &stream.id, &request.shard_to_split)?;
            let (id, range) = (parent.id(), parent.range());
            let given = &request.new_starting_hash_key;
            let refused = || errors::bad_split_key(given, id, &stream.id, range.start, range.end);
            let at: HashKey = given.parse().map_err(|_| refused())?;
            if at.0 <= range.start.0.saturating_add(1) || at >= range.end {
                return Err(refused());
            }
            self.refuse_over_shard_limit(&stream, 1)?;
            let mut plan = Plan::new(draft.stored.next_shard);
            plan.split(Piece { index: ShardId::index(id), range }, at);
            draft.begin_reshard(plan, self.transition_end(now));
            Ok(())
        })
        .await?;
        Ok(SplitShardOutput {})
    }
}

#[cfg(test)]
mod tests;
