use anabranch_api::logs::{Error, ListTagsForResource, ListTagsForResourceOutput};
use anabranch_api::{Context, Serve};

use crate::changes::listed;
use crate::service::Logs;

impl Serve<ListTagsForResource> for Logs {
    async fn serve(
        &self,
        cx: &Context,
        request: ListTagsForResource,
    ) -> Result<ListTagsForResourceOutput, Error> {
        let group = self.group_of_arn(cx, &request.resource_arn)?;
        Ok(ListTagsForResourceOutput { tags: Some(listed(&group.stored().tags)) })
    }
}
