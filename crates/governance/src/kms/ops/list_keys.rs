use anabranch_api::kms::{Error, KeyListEntry, ListKeys, ListKeysOutput, ResourceOwnerType};
use anabranch_api::{Context, Serve};

use super::super::Kms;
use super::super::limits::{KEYS_PER_PAGE_DEFAULT, KEYS_PER_PAGE_MAX};
use super::super::page::{Asked, Size, page};
use super::super::service::scope;

impl Serve<ListKeys> for Kms {
    /// Nothing is shared with other accounts, so of the keys of others there are none.
    async fn serve(&self, cx: &Context, request: ListKeys) -> Result<ListKeysOutput, Error> {
        let own = request.resource_owners.is_none_or(|owners| owners.contains(&ResourceOwnerType::VSelf));
        let keys = if own { self.directory.keys(&scope(cx)) } else { Vec::new() };
        let entries = keys.into_iter().map(|slot| {
            let id = slot.name.id.to_string();
            let entry = KeyListEntry { key_id: Some(id.as_str().into()), key_arn: Some(slot.arn.clone()) };
            (id, entry)
        });
        let asked = Asked { limit: request.limit, marker: request.marker.as_ref() };
        let page = page(entries, &asked, &Size { default: KEYS_PER_PAGE_DEFAULT, most: KEYS_PER_PAGE_MAX })?;
        let truncated = Some(page.next.is_some());
        Ok(ListKeysOutput { keys: Some(page.entries), next_marker: page.next, truncated })
    }
}
