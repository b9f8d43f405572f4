use anabranch_api::kinesis::{
    Error, RecordDistributionStrategy, UpdateStreamRecordDistributionStrategy,
    UpdateStreamRecordDistributionStrategyOutput,
};
use anabranch_api::{Context, Serve};

use crate::resolve::require_active;
use crate::stored::{Distribution, Mode};
use crate::{Streams, errors};

impl Serve<UpdateStreamRecordDistributionStrategy> for Streams {
    /// Takes effect at once; stored records stay where they are (AWS: API_UpdateStreamRecordDistributionStrategy).
    async fn serve(
        &self,
        cx: &Context,
        request: UpdateStreamRecordDistributionStrategy,
    ) -> Result<UpdateStreamRecordDistributionStrategyOutput, Error> {
        let stream = self.find_stream(cx, None, Some(&*request.stream_arn))?;
        let wanted = match request.record_distribution_strategy {
            RecordDistributionStrategy::Auto => Distribution::Auto,
            RecordDistributionStrategy::UserPartitionKey => Distribution::UserPartitionKey,
        };
        self.change(&stream, |draft| {
            require_active(&stream.id, draft.stored.status)?;
            if wanted == Distribution::Auto && draft.stored.mode == Mode::Provisioned {
                return Err(errors::auto_needs_on_demand(&stream.id.name, stream.id.account));
            }
            draft.stored.distribution = wanted;
            Ok(())
        })
        .await?;
        Ok(UpdateStreamRecordDistributionStrategyOutput {})
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::harness::{Bench, bench};

    fn request(stream: &str, strategy: RecordDistributionStrategy) -> UpdateStreamRecordDistributionStrategy {
        UpdateStreamRecordDistributionStrategy {
            stream_arn: format!("arn:aws:kinesis:us-east-1:123456789012:stream/{stream}").into(),
            record_distribution_strategy: strategy,
            ..Default::default()
        }
    }

    async fn shards_of_one_key(bench: &Bench) -> usize {
        let mut shards = BTreeSet::new();
        for _ in 0..8 {
            shards.insert(bench.put("d", "k", b"x").await.shard_id);
        }
        shards.len()
    }

    #[tokio::test]
    async fn an_on_demand_stream_changes_at_once_and_a_provisioned_one_cannot() {
        let bench = bench().await;
        bench.create("s", 1).await;
        bench.create_on_demand("d").await;
        assert_eq!(shards_of_one_key(&bench).await, 1);
        bench.call(request("d", RecordDistributionStrategy::Auto)).await.unwrap();
        assert_eq!(shards_of_one_key(&bench).await, 4);
        let provisioned = request("s", RecordDistributionStrategy::Auto);
        assert_eq!(bench.refused(provisioned).await.0, "InvalidArgumentException");
    }
}
