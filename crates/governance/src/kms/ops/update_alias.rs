use anabranch_api::kms::{Error, UpdateAlias, UpdateAliasOutput};
use anabranch_api::{Context, Operation as _, Resource, Resources, Serve};
use minicbor::bytes::ByteArray;

use super::super::changes::Changes;
use super::super::key_id::KeyName;
use super::super::named::{ALIAS, Aliases};
use super::super::service::scope;
use super::super::stored::StoredAlias;
use super::super::using::not_pending;
use super::super::{Kms, errors};
use super::create_alias::own_alias;

impl Serve<UpdateAlias> for Kms {
    /// The alias, its present key and its next one (KMS developer guide, alias-access).
    fn resources(&self, cx: &Context, request: &UpdateAlias) -> Result<Resources, Error> {
        let next = self.about::<UpdateAlias>(cx, &request.target_key_id, Aliases::NotTaken)?;
        Ok([self.about_alias(cx, UpdateAlias::ACTION, &request.alias_name), next].concat())
    }

    async fn serve(&self, cx: &Context, request: UpdateAlias) -> Result<UpdateAliasOutput, Error> {
        let name = own_alias(&request.alias_name)?;
        let slot = self.own::<UpdateAlias>(cx, &request.target_key_id)?;
        let scope = scope(cx);
        let mut writing = self.turn().await?;
        let not_found = || errors::alias_not_found(&scope.arn(&request.alias_name));
        let alias = self.directory.alias(&scope, name).ok_or_else(not_found)?;
        let next = slot.view();
        not_pending(&next.stored, &slot.arn)?;
        let present = self.directory.key(&KeyName { scope: scope.clone(), id: alias.target() });
        let kind = |stored: &super::super::stored::StoredKey| {
            (stored.spec.is_asymmetric(), stored.spec.is_hmac(), stored.usage)
        };
        if slot.name.scope != scope
            || present.is_some_and(|key| kind(&key.view().stored) != kind(&next.stored))
        {
            return Err(errors::other_kind_of_key(&slot.arn));
        }
        if alias.target() == slot.name.id {
            return Ok(UpdateAliasOutput {});
        }
        self.room_for_alias(&slot)?;
        let stored = StoredAlias {
            target: ByteArray::from(slot.name.id.to_bytes()),
            updated_ms: self.clock.now().millis(),
            ..alias.stored.clone()
        };
        let mut changes = Changes::default();
        changes.put_alias(&scope, name, Some(&alias), &stored);
        self.commit(&mut writing, changes).await?;
        Ok(UpdateAliasOutput {})
    }
}

impl Kms {
    /// An alias, and the key it is of if it exists.
    pub(super) fn about_alias(&self, cx: &Context, action: &'static str, name: &str) -> Resources {
        let scope = scope(cx);
        let mut about = vec![Resource { action, arn: scope.arn(name) }];
        let found = name.strip_prefix(ALIAS).and_then(|alias| self.directory.alias(&scope, alias));
        if let Some(alias) = found {
            let arn = KeyName { scope, id: alias.target() }.arn().to_string();
            about.push(Resource { action, arn });
        }
        about
    }
}
