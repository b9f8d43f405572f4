use anabranch_api::kms::{Error, RotateKeyOnDemand, RotateKeyOnDemandOutput};
use anabranch_api::{Context, Resources, Serve};
use anabranch_types::Timestamp;

use super::super::changes::Changes;
use super::super::directory::Slot;
use super::super::limits::ON_DEMAND_ROTATIONS_MAX;
use super::super::material::Material;
use super::super::named::Aliases;
use super::super::service::Writing;
use super::super::stored::{Rotation, RotationKind, Spec};
use super::super::using::enabled;
use super::super::{DAY_MS, Kms, errors};

impl Serve<RotateKeyOnDemand> for Kms {
    fn resources(&self, cx: &Context, request: &RotateKeyOnDemand) -> Result<Resources, Error> {
        self.about::<RotateKeyOnDemand>(cx, &request.key_id, Aliases::NotTaken)
    }

    /// What is encrypted from now on is encrypted under new material; what was before stays readable.
    async fn serve(
        &self,
        cx: &Context,
        request: RotateKeyOnDemand,
    ) -> Result<RotateKeyOnDemandOutput, Error> {
        let slot = self.own::<RotateKeyOnDemand>(cx, &request.key_id)?;
        let mut writing = self.turn().await?;
        if self.directory.key(&slot.name).is_none() {
            return Err(errors::key_not_found(&slot.arn));
        }
        let view = slot.view();
        enabled(&view.stored, &slot.arn)?;
        if view.stored.spec != Spec::SymmetricDefault {
            return Err(errors::cannot_rotate());
        }
        let before = view.stored.generations.iter().filter(|one| one.kind == Some(RotationKind::OnDemand));
        if before.count() >= ON_DEMAND_ROTATIONS_MAX {
            return Err(errors::too_many_rotations(&slot.arn));
        }
        self.rotate(&mut writing, &slot, RotationKind::OnDemand, self.clock.now()).await?;
        Ok(RotateKeyOnDemandOutput { key_id: Some(slot.arn.clone()) })
    }
}

impl Kms {
    /// Gives a symmetric key new material. An automatic rotation sets the date of the next one; one on demand leaves it (KMS developer
    /// guide, rotating-keys-on-demand).
    pub(in super::super) async fn rotate(
        &self,
        writing: &mut Writing,
        slot: &Slot,
        kind: RotationKind,
        now: Timestamp,
    ) -> Result<(), Error> {
        let view = slot.view();
        let mut stored = view.stored.clone();
        let next = (&slot.name, stored.current().number + 1);
        let sealing = (&*self.master_key, &self.rng);
        let material = Material::symmetric(&self.rng);
        stored.generations.push(material.into_generation(next, Some(kind), now.millis(), sealing));
        if let (RotationKind::Automatic, Some(Rotation { period_days, next_ms })) = (kind, stored.rotation) {
            let period_ms = i64::from(period_days.max(1)) * DAY_MS;
            // A server that was down over several dates makes up for one.
            let missed = (now.millis() - next_ms).max(0) / period_ms;
            stored.rotation = Some(Rotation { period_days, next_ms: next_ms + (missed + 1) * period_ms });
        }
        let mut changes = Changes::default();
        changes.put_key(&slot.name, Some(&view), &stored);
        self.commit(writing, changes).await
    }
}
