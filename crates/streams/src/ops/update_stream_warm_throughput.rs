use anabranch_api::kinesis::{
    Error, UpdateStreamWarmThroughput, UpdateStreamWarmThroughputOutput, WarmThroughputObject,
};
use anabranch_api::{Context, Serve};

use super::update_shard_count::open_pieces;
use crate::limits::{SHARDS_DEFAULT, UPDATE_STREAM_WARM_THROUGHPUT_CALLS, WARM_THROUGHPUT_MIBPS_MAX};
use crate::reshard::Plan;
use crate::resolve::require_active;
use crate::stored::Mode;
use crate::stream::{Stream, View};
use crate::{Streams, errors};

impl Serve<UpdateStreamWarmThroughput> for Streams {
    async fn serve(
        &self,
        cx: &Context,
        request: UpdateStreamWarmThroughput,
    ) -> Result<UpdateStreamWarmThroughputOutput, Error> {
        let found = self.find_stream(cx, request.stream_name.as_ref(), request.stream_arn.as_deref());
        let stream = self.within(cx, &UPDATE_STREAM_WARM_THROUGHPUT_CALLS, found)?;
        self.warm(&stream, request.warm_throughput_mibps).await?;
        Ok(UpdateStreamWarmThroughputOutput {
            stream_arn: Some(stream.arn.clone()),
            stream_name: Some(stream.id.name.clone()),
            warm_throughput: warm_throughput(&stream.view()),
        })
    }
}

impl Streams {
    /// Scales an on-demand stream to take so many MiB a second, one shard each; never below four shards.
    pub(super) async fn warm(&self, stream: &Stream, mibps: i32) -> Result<(), Error> {
        let now = self.clock.now();
        let mibps = u32::try_from(mibps).unwrap_or(0);
        self.refuse_warm_throughput(&stream.scope, mibps)?;
        self.reshard(stream, |draft| {
            require_active(&stream.id, draft.stored.status)?;
            if draft.stored.mode == Mode::Provisioned {
                return Err(errors::warm_throughput_provisioned(&stream.id));
            }
            let target = mibps.max(SHARDS_DEFAULT);
            let plan = Plan::uniform(open_pieces(draft), target, draft.stored.next_shard);
            draft.stored.warm_mibps = Some(mibps);
            draft.begin_reshard(plan, self.transition_end(now));
            Ok(())
        })
        .await
    }

    /// Warm throughput is for accounts with a throughput commitment (AWS: API_UpdateStreamWarmThroughput).
    pub(super) fn refuse_warm_throughput(
        &self,
        scope: &crate::stored::Scope,
        mibps: u32,
    ) -> Result<(), Error> {
        if !self.accounts.is_committed(scope, self.clock.now()) {
            return Err(errors::warm_throughput_unavailable());
        }
        if mibps > WARM_THROUGHPUT_MIBPS_MAX {
            return Err(errors::warm_throughput_limit(WARM_THROUGHPUT_MIBPS_MAX));
        }
        Ok(())
    }
}

/// As answers show it, once it was asked for.
pub(super) fn warm_throughput(view: &View) -> Option<WarmThroughputObject> {
    let target = view.stored.warm_mibps?;
    Some(WarmThroughputObject {
        target_mibps: i32::try_from(target).ok(),
        current_mibps: i32::try_from(view.open.len()).ok(),
    })
}

#[cfg(test)]
mod tests {
    use anabranch_api::kinesis::{
        MinimumThroughputBillingCommitmentInput, MinimumThroughputBillingCommitmentInputStatus,
        UpdateAccountSettings,
    };

    use super::*;
    use crate::harness::{bench, name};

    fn request(stream: &str, mibps: i32) -> UpdateStreamWarmThroughput {
        UpdateStreamWarmThroughput {
            stream_name: Some(name(stream)),
            warm_throughput_mibps: mibps,
            ..UpdateStreamWarmThroughput::default()
        }
    }

    #[tokio::test]
    async fn an_account_with_a_commitment_warms_its_on_demand_streams() {
        let bench = bench().await;
        bench.create("s", 1).await;
        bench.create_on_demand("d").await;
        assert_eq!(bench.refused(request("d", 10)).await.0, "ValidationException");
        let status = MinimumThroughputBillingCommitmentInputStatus::Enabled;
        let commit = UpdateAccountSettings {
            minimum_throughput_billing_commitment: MinimumThroughputBillingCommitmentInput { status },
        };
        bench.call(commit).await.unwrap();
        let warmed = bench.call(request("d", 10)).await.unwrap().warm_throughput.unwrap();
        assert_eq!((warmed.target_mibps, warmed.current_mibps), (Some(10), Some(10)));
        let cooled = bench.call(request("d", 1)).await.unwrap().warm_throughput.unwrap();
        assert_eq!((cooled.target_mibps, cooled.current_mibps), (Some(1), Some(4)));
        assert_eq!(bench.refused(request("s", 10)).await.0, "ValidationException");
        assert_eq!(bench.refused(request("d", 10_241)).await.0, "LimitExceededException");
    }
}
