use anabranch_api::logs::{Error, UntagLogGroup, UntagLogGroupOutput};
use anabranch_api::{Context, Serve};

use crate::service::Logs;

impl Serve<UntagLogGroup> for Logs {
    async fn serve(&self, cx: &Context, request: UntagLogGroup) -> Result<UntagLogGroupOutput, Error> {
        let group = self.group(cx, &request.log_group_name)?;
        self.change(&group, |stored| {
            stored.tags.retain(|key, _| request.tags.iter().all(|gone| **gone != **key));
            Ok(())
        })
        .await?;
        Ok(UntagLogGroupOutput {})
    }
}
