use anabranch_api::logs::{DeleteRetentionPolicy, DeleteRetentionPolicyOutput, Error};
use anabranch_api::{Context, Serve};

use crate::service::Logs;

impl Serve<DeleteRetentionPolicy> for Logs {
    async fn serve(
        &self,
        cx: &Context,
        request: DeleteRetentionPolicy,
    ) -> Result<DeleteRetentionPolicyOutput, Error> {
        let group = self.group(cx, &request.log_group_name)?;
        self.change(&group, |stored| {
            stored.retention_days = None;
            Ok(())
        })
        .await?;
        Ok(DeleteRetentionPolicyOutput {})
    }
}
