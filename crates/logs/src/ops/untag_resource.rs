use anabranch_api::logs::{Error, UntagResource, UntagResourceOutput};
use anabranch_api::{Context, Serve};

use crate::service::Logs;

impl Serve<UntagResource> for Logs {
    async fn serve(&self, cx: &Context, request: UntagResource) -> Result<UntagResourceOutput, Error> {
        let group = self.group_of_arn(cx, &request.resource_arn)?;
        self.change(&group, |stored| {
            stored.tags.retain(|key, _| request.tag_keys.iter().all(|gone| **gone != **key));
            Ok(())
        })
        .await?;
        Ok(UntagResourceOutput {})
    }
}
