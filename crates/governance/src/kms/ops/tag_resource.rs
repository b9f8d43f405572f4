use anabranch_api::kms::{Error, TagResource, TagResourceOutput};
use anabranch_api::{Context, Resources, Serve};

use super::super::named::Aliases;
use super::super::using::not_pending;
use super::super::{Kms, tags};

impl Serve<TagResource> for Kms {
    fn resources(&self, cx: &Context, request: &TagResource) -> Result<Resources, Error> {
        self.about::<TagResource>(cx, &request.key_id, Aliases::NotTaken)
    }

    async fn serve(&self, cx: &Context, request: TagResource) -> Result<TagResourceOutput, Error> {
        let slot = self.own::<TagResource>(cx, &request.key_id)?;
        self.change(&slot, |stored| {
            not_pending(stored, &slot.arn)?;
            tags::put(&mut stored.tags, &request.tags)
        })
        .await?;
        Ok(TagResourceOutput {})
    }
}
