use anabranch_api::cloudtrail::{AddTags, AddTagsOutput, Error};
use anabranch_api::{Context, Resources, Serve};

use crate::resolve::{about, put_tags};
use crate::service::CloudTrail;

impl Serve<AddTags> for CloudTrail {
    fn resources(&self, cx: &Context, request: &AddTags) -> Result<Resources, Error> {
        Ok(about::<AddTags>(cx, &request.resource_id))
    }

    async fn serve(&self, cx: &Context, request: AddTags) -> Result<AddTagsOutput, Error> {
        self.tagged(cx, &request.resource_id)?;
        self.change(cx, &request.resource_id, |stored| put_tags(&mut stored.tags, request.tags_list)).await?;
        Ok(AddTagsOutput {})
    }
}
