use anabranch_api::kms::{Error, GetKeyRotationStatus, GetKeyRotationStatusOutput};
use anabranch_api::{Context, Resources, Serve};

use super::super::named::Aliases;
use super::super::stored::Spec;
use super::super::{Kms, errors};

impl Serve<GetKeyRotationStatus> for Kms {
    fn resources(&self, cx: &Context, request: &GetKeyRotationStatus) -> Result<Resources, Error> {
        self.about::<GetKeyRotationStatus>(cx, &request.key_id, Aliases::NotTaken)
    }

    /// A rotation on demand is over when it is answered, so none is ever going on.
    async fn serve(
        &self,
        cx: &Context,
        request: GetKeyRotationStatus,
    ) -> Result<GetKeyRotationStatusOutput, Error> {
        let slot = self.find(cx, &request.key_id, Aliases::NotTaken)?;
        let view = slot.view();
        if view.stored.spec != Spec::SymmetricDefault {
            return Err(errors::cannot_rotate());
        }
        Ok(GetKeyRotationStatusOutput {
            key_rotation_enabled: Some(view.stored.rotation.is_some()),
            key_id: Some(slot.name.id.to_string().into()),
            rotation_period_in_days: view.stored.rotation.map(|rotation| rotation.period_days),
            next_rotation_date: view.stored.next_rotation(),
            on_demand_rotation_start_date: None,
        })
    }
}
