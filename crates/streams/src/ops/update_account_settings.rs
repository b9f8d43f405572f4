use anabranch_api::kinesis::{
    Error, MinimumThroughputBillingCommitmentInputStatus as Wanted, UpdateAccountSettings,
    UpdateAccountSettingsOutput,
};
use anabranch_api::{Context, Serve};
use anabranch_types::Timestamp;

use crate::limits::UPDATE_ACCOUNT_SETTINGS_CALLS;
use crate::stored::{Commitment, Scope, StoredSettings};
use crate::{Streams, accounts};

impl Serve<UpdateAccountSettings> for Streams {
    async fn serve(
        &self,
        cx: &Context,
        request: UpdateAccountSettings,
    ) -> Result<UpdateAccountSettingsOutput, Error> {
        self.count_call(cx, &UPDATE_ACCOUNT_SETTINGS_CALLS)?;
        let scope = Scope { account: cx.account, region: cx.region.clone() };
        let now = self.clock.now();
        let settings = self.accounts.get(&scope);
        let wanted = request.minimum_throughput_billing_commitment.status;
        let commitment = change(settings.commitment, wanted, now);
        if commitment != settings.commitment {
            self.change_settings(scope, &settings, StoredSettings { commitment }).await?;
        }
        Ok(UpdateAccountSettingsOutput {
            minimum_throughput_billing_commitment: Some(accounts::show(commitment, now)),
        })
    }
}

/// A commitment is kept for a day at least: disabled earlier, it ends by itself then; enabled again before, it goes on
/// (AWS: botocore 1.44.5, MinimumThroughputBillingCommitmentInput).
fn change(commitment: Option<Commitment>, wanted: Wanted, now: Timestamp) -> Option<Commitment> {
    let lasting = commitment.filter(|c| c.lasts(now));
    match (wanted, lasting) {
        (Wanted::Enabled, Some(c)) => Some(Commitment { ends_ms: None, ..c }),
        (Wanted::Enabled, None) => Some(Commitment::begin(now)),
        (Wanted::Disabled, Some(c)) => {
            Some(Commitment { ends_ms: Some(c.earliest_end().max(now).millis()), ..c })
        }
        (Wanted::Disabled, None) => commitment,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use anabranch_api::kinesis::{
        DescribeAccountSettings, MinimumThroughputBillingCommitmentInput,
        MinimumThroughputBillingCommitmentOutputStatus as Shown,
    };

    use super::*;
    use crate::harness::bench;

    fn request(status: Wanted) -> UpdateAccountSettings {
        UpdateAccountSettings {
            minimum_throughput_billing_commitment: MinimumThroughputBillingCommitmentInput { status },
        }
    }

    #[tokio::test]
    async fn a_commitment_lasts_a_day_at_least() {
        let bench = bench().await;
        let described = bench.call(DescribeAccountSettings {}).await.unwrap();
        assert_eq!(described.minimum_throughput_billing_commitment.unwrap().status, Shown::Disabled);
        for (wanted, shown) in [
            (Wanted::Enabled, Shown::Enabled),
            (Wanted::Disabled, Shown::EnabledUntilEarliestAllowedEnd),
            (Wanted::Enabled, Shown::Enabled),
            (Wanted::Disabled, Shown::EnabledUntilEarliestAllowedEnd),
        ] {
            let answer = bench.call(request(wanted)).await.unwrap();
            assert_eq!(answer.minimum_throughput_billing_commitment.unwrap().status, shown);
        }
        let bench = bench.restarted().await;
        bench.advance(Duration::from_secs(24 * 3600)).await;
        let described = bench.call(DescribeAccountSettings {}).await.unwrap();
        let ended = described.minimum_throughput_billing_commitment.unwrap();
        assert_eq!(ended.status, Shown::Disabled);
        assert_eq!(ended.ended_at, ended.started_at.map(|at| at + Duration::from_secs(24 * 3600)));
    }
}
