use anabranch_api::kms::{DisableKey, DisableKeyOutput, Error};
use anabranch_api::{Context, Resources, Serve};

use super::super::Kms;
use super::super::named::Aliases;
use super::super::stored::State;
use super::super::using::not_pending;

impl Serve<DisableKey> for Kms {
    fn resources(&self, cx: &Context, request: &DisableKey) -> Result<Resources, Error> {
        self.about::<DisableKey>(cx, &request.key_id, Aliases::NotTaken)
    }

    /// When it is answered, nobody can use the key and its material is out of memory.
    async fn serve(&self, cx: &Context, request: DisableKey) -> Result<DisableKeyOutput, Error> {
        let slot = self.own::<DisableKey>(cx, &request.key_id)?;
        self.change(&slot, |stored| {
            not_pending(stored, &slot.arn)?;
            stored.state = State::Disabled;
            Ok(())
        })
        .await?;
        Ok(DisableKeyOutput {})
    }
}
