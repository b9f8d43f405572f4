use anabranch_api::logs::{Error, TagResource, TagResourceOutput};
use anabranch_api::{Context, Serve};

use crate::changes::add_tags;
use crate::errors;
use crate::service::Logs;

impl Serve<TagResource> for Logs {
    async fn serve(&self, cx: &Context, request: TagResource) -> Result<TagResourceOutput, Error> {
        let group = self.group_of_arn(cx, &request.resource_arn)?;
        self.change(&group, |stored| add_tags(&mut stored.tags, &request.tags, errors::too_many_tags))
            .await?;
        Ok(TagResourceOutput {})
    }
}
