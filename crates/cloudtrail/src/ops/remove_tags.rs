use anabranch_api::cloudtrail::{Error, RemoveTags, RemoveTagsOutput};
use anabranch_api::{Context, Resources, Serve};

use crate::resolve::about;
use crate::service::CloudTrail;

impl Serve<RemoveTags> for CloudTrail {
    fn resources(&self, cx: &Context, request: &RemoveTags) -> Result<Resources, Error> {
        Ok(about::<RemoveTags>(cx, &request.resource_id))
    }

    /// A tag goes whatever value is given with its key, and one that is not there is no error.
    async fn serve(&self, cx: &Context, request: RemoveTags) -> Result<RemoveTagsOutput, Error> {
        self.tagged(cx, &request.resource_id)?;
        let changed = self.change(cx, &request.resource_id, |stored| {
            stored.tags.retain(|key, _| request.tags_list.iter().all(|tag| *tag.key != **key));
            Ok(())
        });
        changed.await?;
        Ok(RemoveTagsOutput {})
    }
}
