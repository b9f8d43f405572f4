use anabranch_api::logs::{Error, TagLogGroup, TagLogGroupOutput};
use anabranch_api::{Context, Serve};

use crate::changes::add_tags;
use crate::errors;
use crate::service::Logs;

impl Serve<TagLogGroup> for Logs {
    async fn serve(&self, cx: &Context, request: TagLogGroup) -> Result<TagLogGroupOutput, Error> {
        let group = self.group(cx, &request.log_group_name)?;
        let add = |tags: &mut _| add_tags(tags, &request.tags, errors::too_many_tags_of_group);
        self.change(&group, |stored| add(&mut stored.tags)).await?;
        Ok(TagLogGroupOutput {})
    }
}
