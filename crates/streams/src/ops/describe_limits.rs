use anabranch_api::kinesis::{DescribeLimits, DescribeLimitsOutput, Error};
use anabranch_api::{Context, Serve};

use crate::Streams;
use crate::limits::{ACCOUNT_ON_DEMAND_STREAMS_MAX, ACCOUNT_SHARDS_MAX, DESCRIBE_LIMITS_CALLS};
use crate::stored::Scope;

impl Serve<DescribeLimits> for Streams {
    async fn serve(&self, cx: &Context, _: DescribeLimits) -> Result<DescribeLimitsOutput, Error> {
        self.count_call(cx, &DESCRIBE_LIMITS_CALLS)?;
        let usage = self.directory.usage(&Scope { account: cx.account, region: cx.region.clone() });
        let count = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
        Ok(DescribeLimitsOutput {
            shard_limit: count(ACCOUNT_SHARDS_MAX),
            open_shard_count: count(usage.open_shards),
            on_demand_stream_count: count(usage.on_demand_streams),
            on_demand_stream_count_limit: count(ACCOUNT_ON_DEMAND_STREAMS_MAX),
            channel_count: None,
            channel_count_limit: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::{bench, context};

    #[tokio::test]
    async fn an_account_is_told_its_own_shards_and_streams() {
        let mut bench = bench().await;
        bench.create("s", 3).await;
        bench.create_on_demand("d").await;
        let limits = bench.call(DescribeLimits {}).await.unwrap();
        assert_eq!((limits.open_shard_count, limits.on_demand_stream_count), (3, 1));
        bench.cx = context("999999999999", "us-east-1", &bench.clock);
        let limits = bench.call(DescribeLimits {}).await.unwrap();
        assert_eq!((limits.open_shard_count, limits.on_demand_stream_count), (0, 0));
    }
}
