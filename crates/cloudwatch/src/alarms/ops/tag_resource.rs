use anabranch_api::cloudwatch::{Error, TagResource, TagResourceOutput};
use anabranch_api::{Context, Serve};

use super::super::request as asked;
use super::super::service::Alarms;

impl Serve<TagResource> for Alarms {
    async fn serve(&self, cx: &Context, request: TagResource) -> Result<TagResourceOutput, Error> {
        self.change_tags(cx, &request.resource_arn, |tags| asked::tags(tags, &request.tags)).await?;
        Ok(TagResourceOutput {})
    }
}
