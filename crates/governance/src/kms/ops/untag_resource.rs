use anabranch_api::kms::{Error, UntagResource, UntagResourceOutput};
use anabranch_api::{Context, Resources, Serve};

use super::super::named::Aliases;
use super::super::using::not_pending;
use super::super::{Kms, tags};

impl Serve<UntagResource> for Kms {
    fn resources(&self, cx: &Context, request: &UntagResource) -> Result<Resources, Error> {
        self.about::<UntagResource>(cx, &request.key_id, Aliases::NotTaken)
    }

    async fn serve(&self, cx: &Context, request: UntagResource) -> Result<UntagResourceOutput, Error> {
        let slot = self.own::<UntagResource>(cx, &request.key_id)?;
        self.change(&slot, |stored| {
            not_pending(stored, &slot.arn)?;
            tags::remove(&mut stored.tags, &request.tag_keys)
        })
        .await?;
        Ok(UntagResourceOutput {})
    }
}
