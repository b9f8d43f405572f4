use crate::iam::paging::Asked;
use anabranch_api::iam::{Error, ListAccountAliases, ListAccountAliasesOutput};
use anabranch_api::{Context, Serve};
use bytestring::ByteString;

use crate::iam::Iam;

impl Serve<ListAccountAliases> for Iam {
    async fn serve(
        &self,
        cx: &Context,
        request: ListAccountAliases,
    ) -> Result<ListAccountAliasesOutput, Error> {
        let account = self.account(cx);
        let aliases =
            account.stored.settings.alias.iter().map(|alias| (alias, ByteString::from(alias.as_str())));
        let page = Asked::new(request.marker.as_ref(), request.max_items).page(aliases);
        Ok(ListAccountAliasesOutput {
            account_aliases: page.items,
            is_truncated: page.is_truncated,
            marker: page.marker,
        })
    }
}
