use anabranch_api::kms::{CreateAlias, CreateAliasOutput, Error};
use anabranch_api::{Context, Operation as _, Resource, Resources, Serve};
use minicbor::bytes::ByteArray;

use super::super::changes::Changes;
use super::super::directory::Slot;
use super::super::limits::ALIASES_PER_KEY_MAX;
use super::super::named::{ALIAS, AWS, Aliases};
use super::super::service::scope;
use super::super::stored::StoredAlias;
use super::super::using::not_pending;
use super::super::{Kms, errors};

impl Serve<CreateAlias> for Kms {
    /// The alias and the key (KMS developer guide, alias-access).
    fn resources(&self, cx: &Context, request: &CreateAlias) -> Result<Resources, Error> {
        let arn = scope(cx).arn(&request.alias_name);
        let alias = Resource { action: CreateAlias::ACTION, arn };
        let key = self.about::<CreateAlias>(cx, &request.target_key_id, Aliases::NotTaken)?;
        Ok([vec![alias], key].concat())
    }

    async fn serve(&self, cx: &Context, request: CreateAlias) -> Result<CreateAliasOutput, Error> {
        let alias = own_alias(&request.alias_name)?;
        let slot = self.own::<CreateAlias>(cx, &request.target_key_id)?;
        let scope = scope(cx);
        if slot.name.scope != scope {
            return Err(errors::key_not_found(&slot.arn));
        }
        let mut writing = self.turn().await?;
        not_pending(&slot.view().stored, &slot.arn)?;
        if self.directory.alias(&scope, alias).is_some() {
            return Err(errors::alias_exists(&scope.arn(&request.alias_name)));
        }
        self.room_for_alias(&slot)?;
        let now_ms = self.clock.now().millis();
        let target = ByteArray::from(slot.name.id.to_bytes());
        let stored = StoredAlias { target, created_ms: now_ms, updated_ms: now_ms };
        let mut changes = Changes::default();
        changes.put_alias(&scope, alias, None, &stored);
        self.commit(&mut writing, changes).await?;
        Ok(CreateAliasOutput {})
    }
}

impl Kms {
    /// Refuses one alias more than a key may have, and any of a key that is gone.
    pub(super) fn room_for_alias(&self, slot: &Slot) -> Result<(), Error> {
        if self.directory.key(&slot.name).is_none() {
            return Err(errors::key_not_found(&slot.arn));
        }
        if self.directory.aliases(&slot.name.scope, Some(slot.name.id)).len() >= ALIASES_PER_KEY_MAX {
            return Err(errors::too_many_aliases(&slot.arn, ALIASES_PER_KEY_MAX));
        }
        Ok(())
    }
}

/// What follows `alias/` in a name that customers may give.
pub(super) fn own_alias(name: &str) -> Result<&str, Error> {
    let alias = name.strip_prefix(ALIAS).ok_or_else(errors::alias_prefix)?;
    if alias.is_empty() {
        return Err(errors::alias_empty());
    }
    if alias.contains(':') {
        return Err(errors::alias_characters(name));
    }
    if alias.starts_with(AWS) { Err(errors::alias_reserved()) } else { Ok(alias) }
}
