use anabranch_api::logs::{Error, PutLogGroupDeletionProtection, PutLogGroupDeletionProtectionOutput};
use anabranch_api::{Context, Resources, Serve};

use crate::resolve::{identified, resources};
use crate::service::Logs;

impl Serve<PutLogGroupDeletionProtection> for Logs {
    fn resources(&self, cx: &Context, request: &PutLogGroupDeletionProtection) -> Result<Resources, Error> {
        let name = identified(cx, &request.log_group_identifier)?;
        Ok(resources(cx, "logs:PutLogGroupDeletionProtection", name, ""))
    }

    async fn serve(
        &self,
        cx: &Context,
        request: PutLogGroupDeletionProtection,
    ) -> Result<PutLogGroupDeletionProtectionOutput, Error> {
        let group = self.group(cx, identified(cx, &request.log_group_identifier)?)?;
        self.change(&group, |stored| {
            stored.is_protected = request.deletion_protection_enabled;
            Ok(())
        })
        .await?;
        Ok(PutLogGroupDeletionProtectionOutput {})
    }
}
