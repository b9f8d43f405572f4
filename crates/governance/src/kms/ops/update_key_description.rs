use anabranch_api::kms::{Error, UpdateKeyDescription, UpdateKeyDescriptionOutput};
use anabranch_api::{Context, Resources, Serve};

use super::super::Kms;
use super::super::named::Aliases;
use super::super::using::not_pending;

impl Serve<UpdateKeyDescription> for Kms {
    fn resources(&self, cx: &Context, request: &UpdateKeyDescription) -> Result<Resources, Error> {
        self.about::<UpdateKeyDescription>(cx, &request.key_id, Aliases::NotTaken)
    }

    /// Takes any key that is not to be deleted.
    async fn serve(
        &self,
        cx: &Context,
        request: UpdateKeyDescription,
    ) -> Result<UpdateKeyDescriptionOutput, Error> {
        let slot = self.own::<UpdateKeyDescription>(cx, &request.key_id)?;
        self.change(&slot, |stored| {
            not_pending(stored, &slot.arn)?;
            stored.description = request.description.to_string();
            Ok(())
        })
        .await?;
        Ok(UpdateKeyDescriptionOutput {})
    }
}
