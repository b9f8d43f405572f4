use anabranch_api::kms::{CancelKeyDeletion, CancelKeyDeletionOutput, Error};
use anabranch_api::{Context, Resources, Serve};

use super::super::named::Aliases;
use super::super::stored::State;
use super::super::{Kms, errors};

impl Serve<CancelKeyDeletion> for Kms {
    fn resources(&self, cx: &Context, request: &CancelKeyDeletion) -> Result<Resources, Error> {
        self.about::<CancelKeyDeletion>(cx, &request.key_id, Aliases::NotTaken)
    }

    /// The key is disabled then (KMS API CancelKeyDeletion).
    async fn serve(
        &self,
        cx: &Context,
        request: CancelKeyDeletion,
    ) -> Result<CancelKeyDeletionOutput, Error> {
        let slot = self.own::<CancelKeyDeletion>(cx, &request.key_id)?;
        self.change(&slot, |stored| {
            if stored.state != State::PendingDeletion {
                return Err(errors::not_pending_deletion(&slot.arn));
            }
            stored.state = State::Disabled;
            stored.deletion_ms = None;
            stored.deletion_days = None;
            Ok(())
        })
        .await?;
        Ok(CancelKeyDeletionOutput { key_id: Some(slot.arn.clone()) })
    }
}
