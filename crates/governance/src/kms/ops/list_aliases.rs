use anabranch_api::kms::{AliasListEntry, Error, ListAliases, ListAliasesOutput};
use anabranch_api::{Context, Serve};
use anabranch_types::Timestamp;

use super::super::Kms;
use super::super::limits::{ENTRIES_PER_PAGE_DEFAULT, ENTRIES_PER_PAGE_MAX};
use super::super::named::{ALIAS, Aliases};
use super::super::page::{Asked, Size, page};
use super::super::service::scope;

impl Serve<ListAliases> for Kms {
    async fn serve(&self, cx: &Context, request: ListAliases) -> Result<ListAliasesOutput, Error> {
        let key = request.key_id.as_ref().map(|id| self.find(cx, id, Aliases::NotTaken)).transpose()?;
        let scope = scope(cx);
        let aliases = self.directory.aliases(&scope, key.map(|slot| slot.name.id));
        let entries = aliases.into_iter().map(|(name, alias)| {
            let full = format!("{ALIAS}{name}");
            let entry = AliasListEntry {
                alias_arn: Some(scope.arn(&full).into()),
                alias_name: Some(full.into()),
                target_key_id: Some(alias.target().to_string().into()),
                creation_date: Some(Timestamp::from_millis(alias.stored.created_ms)),
                last_updated_date: Some(Timestamp::from_millis(alias.stored.updated_ms)),
            };
            (name, entry)
        });
        let asked = Asked { limit: request.limit, marker: request.marker.as_ref() };
        let page =
            page(entries, &asked, &Size { default: ENTRIES_PER_PAGE_DEFAULT, most: ENTRIES_PER_PAGE_MAX })?;
        let truncated = Some(page.next.is_some());
        Ok(ListAliasesOutput { aliases: Some(page.entries), next_marker: page.next, truncated })
    }
}
