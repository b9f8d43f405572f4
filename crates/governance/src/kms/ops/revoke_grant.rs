use anabranch_api::kms::{Error, RevokeGrant, RevokeGrantOutput};
use anabranch_api::{Context, Resources, Serve};

use super::super::changes::Changes;
use super::super::grants::is_grant_id;
use super::super::key_id::KeyName;
use super::super::named::Aliases;
use super::super::using::unless_dry;
use super::super::{Kms, errors};

impl Serve<RevokeGrant> for Kms {
    fn resources(&self, cx: &Context, request: &RevokeGrant) -> Result<Resources, Error> {
        self.about::<RevokeGrant>(cx, &request.key_id, Aliases::NotTaken)
    }

    /// It allows nothing any more when this is answered.
    async fn serve(&self, cx: &Context, request: RevokeGrant) -> Result<RevokeGrantOutput, Error> {
        let name = self.named(cx, &request.key_id, Aliases::NotTaken)?;
        if !is_grant_id(&request.grant_id) {
            return Err(errors::invalid_grant_id(&request.grant_id));
        }
        self.end_grant(&name, &request.grant_id, request.dry_run).await?;
        Ok(RevokeGrantOutput {})
    }
}

impl Kms {
    /// Deletes a grant.
    pub(super) async fn end_grant(
        &self,
        name: &KeyName,
        id: &str,
        dry_run: Option<bool>,
    ) -> Result<(), Error> {
        let mut writing = self.turn().await?;
        let slot = self.directory.key(name).ok_or_else(|| errors::key_not_found(&name.arn()))?;
        let grant = slot.grants().get(id).cloned().ok_or_else(|| errors::grant_not_found(id))?;
        unless_dry(dry_run)?;
        let mut changes = Changes::default();
        changes.delete_grant(name, &grant);
        self.commit(&mut writing, changes).await
    }
}
