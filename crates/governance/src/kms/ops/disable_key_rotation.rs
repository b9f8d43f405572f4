use anabranch_api::kms::{DisableKeyRotation, DisableKeyRotationOutput, Error};
use anabranch_api::{Context, Resources, Serve};

use super::super::named::Aliases;
use super::super::stored::Spec;
use super::super::using::enabled;
use super::super::{Kms, errors};

impl Serve<DisableKeyRotation> for Kms {
    fn resources(&self, cx: &Context, request: &DisableKeyRotation) -> Result<Resources, Error> {
        self.about::<DisableKeyRotation>(cx, &request.key_id, Aliases::NotTaken)
    }

    async fn serve(
        &self,
        cx: &Context,
        request: DisableKeyRotation,
    ) -> Result<DisableKeyRotationOutput, Error> {
        let slot = self.own::<DisableKeyRotation>(cx, &request.key_id)?;
        self.change(&slot, |stored| {
            enabled(stored, &slot.arn)?;
            if stored.spec != Spec::SymmetricDefault {
                return Err(errors::cannot_rotate());
            }
            stored.rotation = None;
            Ok(())
        })
        .await?;
        Ok(DisableKeyRotationOutput {})
    }
}
