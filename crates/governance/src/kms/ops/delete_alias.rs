use anabranch_api::kms::{DeleteAlias, DeleteAliasOutput, Error};
use anabranch_api::{Context, Operation as _, Resources, Serve};

use super::super::changes::Changes;
use super::super::service::scope;
use super::super::{Kms, errors};
use super::create_alias::own_alias;

impl Serve<DeleteAlias> for Kms {
    /// The alias and its key (KMS developer guide, alias-access).
    fn resources(&self, cx: &Context, request: &DeleteAlias) -> Result<Resources, Error> {
        Ok(self.about_alias(cx, DeleteAlias::ACTION, &request.alias_name))
    }

    async fn serve(&self, cx: &Context, request: DeleteAlias) -> Result<DeleteAliasOutput, Error> {
        let name = own_alias(&request.alias_name)?;
        let scope = scope(cx);
        let mut writing = self.turn().await?;
        let not_found = || errors::alias_not_found(&scope.arn(&request.alias_name));
        let alias = self.directory.alias(&scope, name).ok_or_else(not_found)?;
        let mut changes = Changes::default();
        changes.delete_alias(&scope, name, &alias);
        self.commit(&mut writing, changes).await?;
        Ok(DeleteAliasOutput {})
    }
}
