use anabranch_api::kms::{EnableKeyRotation, EnableKeyRotationOutput, Error};
use anabranch_api::{Context, Resources, Serve};

use super::super::limits::ROTATION_DAYS_DEFAULT;
use super::super::named::Aliases;
use super::super::stored::{Rotation, Spec};
use super::super::using::enabled;
use super::super::{DAY_MS, Kms, errors};

impl Serve<EnableKeyRotation> for Kms {
    fn resources(&self, cx: &Context, request: &EnableKeyRotation) -> Result<Resources, Error> {
        self.about::<EnableKeyRotation>(cx, &request.key_id, Aliases::NotTaken)
    }

    /// The first rotation is a period from now; a key that is rotated already gets the new period from now on (KMS developer guide,
    /// rotating-keys-enable).
    async fn serve(
        &self,
        cx: &Context,
        request: EnableKeyRotation,
    ) -> Result<EnableKeyRotationOutput, Error> {
        let slot = self.own::<EnableKeyRotation>(cx, &request.key_id)?;
        let now_ms = self.clock.now().millis();
        self.change(&slot, |stored| {
            enabled(stored, &slot.arn)?;
            if stored.spec != Spec::SymmetricDefault {
                return Err(errors::cannot_rotate());
            }
            let present = stored.rotation.map(|rotation| rotation.period_days);
            let period_days = request.rotation_period_in_days.or(present).unwrap_or(ROTATION_DAYS_DEFAULT);
            if present != Some(period_days) {
                let next_ms = now_ms + i64::from(period_days) * DAY_MS;
                stored.rotation = Some(Rotation { period_days, next_ms });
            }
            Ok(())
        })
        .await?;
        Ok(EnableKeyRotationOutput {})
    }
}
