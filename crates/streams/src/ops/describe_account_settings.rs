use anabranch_api::kinesis::{DescribeAccountSettings, DescribeAccountSettingsOutput, Error};
use anabranch_api::{Context, Serve};

use crate::limits::DESCRIBE_ACCOUNT_SETTINGS_CALLS;
use crate::stored::Scope;
use crate::{Streams, accounts};

impl Serve<DescribeAccountSettings> for Streams {
    async fn serve(
        &self,
        cx: &Context,
        _: DescribeAccountSettings,
    ) -> Result<DescribeAccountSettingsOutput, Error> {
        self.count_call(cx, &DESCRIBE_ACCOUNT_SETTINGS_CALLS)?;
        let scope = Scope { account: cx.account, region: cx.region.clone() };
        let settings = self.accounts.get(&scope);
        Ok(DescribeAccountSettingsOutput {
            minimum_throughput_billing_commitment: Some(accounts::show(
                settings.commitment,
                self.clock.now(),
            )),
        })
    }
}
