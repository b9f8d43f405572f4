use anabranch_api::iam::{DeleteAccountAlias, DeleteAccountAliasOutput, Error};
use anabranch_api::{Context, Serve};

use crate::iam::{Iam, errors};

impl Serve<DeleteAccountAlias> for Iam {
    async fn serve(
        &self,
        cx: &Context,
        request: DeleteAccountAlias,
    ) -> Result<DeleteAccountAliasOutput, Error> {
        self.change(cx, |draft| {
            if draft.settings.alias.as_deref() != Some(&*request.account_alias) {
                return Err(errors::no_alias(&request.account_alias));
            }
            draft.settings.alias = None;
            Ok(DeleteAccountAliasOutput {})
        })
        .await
    }
}
