use anabranch_api::kms::{EnableKey, EnableKeyOutput, Error};
use anabranch_api::{Context, Resources, Serve};

use super::super::Kms;
use super::super::named::Aliases;
use super::super::stored::State;
use super::super::using::not_pending;

impl Serve<EnableKey> for Kms {
    fn resources(&self, cx: &Context, request: &EnableKey) -> Result<Resources, Error> {
        self.about::<EnableKey>(cx, &request.key_id, Aliases::NotTaken)
    }

    /// An automatic rotation that fell due meanwhile is made up for at once.
    async fn serve(&self, cx: &Context, request: EnableKey) -> Result<EnableKeyOutput, Error> {
        let slot = self.own::<EnableKey>(cx, &request.key_id)?;
        self.change(&slot, |stored| {
            not_pending(stored, &slot.arn)?;
            stored.state = State::Enabled;
            Ok(())
        })
        .await?;
        Ok(EnableKeyOutput {})
    }
}
