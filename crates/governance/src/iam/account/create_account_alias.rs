use anabranch_api::iam::{CreateAccountAlias, CreateAccountAliasOutput, Error};
use anabranch_api::{Context, Serve};

use crate::iam::Iam;

impl Serve<CreateAccountAlias> for Iam {
    /// It takes the place of the one there was: an account has one alias, and nobody else has it (IAM console_account-alias).
    async fn serve(
        &self,
        cx: &Context,
        request: CreateAccountAlias,
    ) -> Result<CreateAccountAliasOutput, Error> {
        self.change(cx, |draft| {
            draft.settings.alias = Some(request.account_alias.to_string());
            Ok(CreateAccountAliasOutput {})
        })
        .await
    }
}
