use anabranch_api::logs::{Error, ListTagsLogGroup, ListTagsLogGroupOutput};
use anabranch_api::{Context, Serve};

use crate::changes::listed;
use crate::service::Logs;

impl Serve<ListTagsLogGroup> for Logs {
    async fn serve(&self, cx: &Context, request: ListTagsLogGroup) -> Result<ListTagsLogGroupOutput, Error> {
        let group = self.group(cx, &request.log_group_name)?;
        Ok(ListTagsLogGroupOutput { tags: Some(listed(&group.stored().tags)) })
    }
}
