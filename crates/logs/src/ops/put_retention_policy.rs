use anabranch_api::logs::{Error, PutRetentionPolicy, PutRetentionPolicyOutput};
use anabranch_api::{Context, Serve};

use crate::errors;
use crate::limits::RETENTION_DAYS;
use crate::service::Logs;

impl Serve<PutRetentionPolicy> for Logs {
    async fn serve(
        &self,
        cx: &Context,
        request: PutRetentionPolicy,
    ) -> Result<PutRetentionPolicyOutput, Error> {
        let days = request.retention_in_days;
        if !RETENTION_DAYS.contains(&days) {
            return Err(errors::no_retention_of(days));
        }
        let group = self.group(cx, &request.log_group_name)?;
        self.change(&group, |stored| {
            stored.retention_days = u32::try_from(days).ok();
            Ok(())
        })
        .await?;
        Ok(PutRetentionPolicyOutput {})
    }
}
