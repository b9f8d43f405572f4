use anabranch_api::kms::{
    Error, IncludeKeyMaterial, KeyMaterialState, ListKeyRotations, ListKeyRotationsOutput, RotationType,
    RotationsListEntry,
};
use anabranch_api::{Context, Resources, Serve};

use super::super::directory::Slot;
use super::super::limits::{KEYS_PER_PAGE_DEFAULT, KEYS_PER_PAGE_MAX};
use super::super::named::Aliases;
use super::super::page::{Asked, Size, page};
use super::super::stored::{Generation, RotationKind, Spec};
use super::super::{Kms, errors};

impl Serve<ListKeyRotations> for Kms {
    fn resources(&self, cx: &Context, request: &ListKeyRotations) -> Result<Resources, Error> {
        self.about::<ListKeyRotations>(cx, &request.key_id, Aliases::NotTaken)
    }

    /// The rotations there were, the oldest first; with the first material if all is asked for.
    async fn serve(&self, cx: &Context, request: ListKeyRotations) -> Result<ListKeyRotationsOutput, Error> {
        let slot = self.find(cx, &request.key_id, Aliases::NotTaken)?;
        let view = slot.view();
        if view.stored.spec != Spec::SymmetricDefault {
            return Err(errors::cannot_rotate());
        }
        let all = request.include_key_material == Some(IncludeKeyMaterial::AllKeyMaterial);
        let current = view.stored.current().number;
        let generations = view.stored.generations.iter().filter(|one| all || one.kind.is_some());
        let entries = generations.map(|generation| {
            (format!("{:08x}", generation.number), show(&slot, generation, all.then_some(current)))
        });
        let asked = Asked { limit: request.limit, marker: request.marker.as_ref() };
        let page = page(entries, &asked, &Size { default: KEYS_PER_PAGE_DEFAULT, most: KEYS_PER_PAGE_MAX })?;
        let truncated = Some(page.next.is_some());
        Ok(ListKeyRotationsOutput { rotations: Some(page.entries), next_marker: page.next, truncated })
    }
}

/// With the material's state if the current generation is given.
fn show(slot: &Slot, generation: &Generation, current: Option<u32>) -> RotationsListEntry {
    RotationsListEntry {
        key_id: Some(slot.name.id.to_string().into()),
        key_material_id: Some(generation.material_id().into()),
        key_material_state: current.map(|current| match generation.number == current {
            true => KeyMaterialState::Current,
            false => KeyMaterialState::NonCurrent,
        }),
        rotation_date: generation.kind.map(|_| generation.made()),
        rotation_type: generation.kind.map(|kind| match kind {
            RotationKind::Automatic => RotationType::Automatic,
            RotationKind::OnDemand => RotationType::OnDemand,
        }),
        ..RotationsListEntry::default()
    }
}
