use anabranch_api::kms::{Error, ListGrants, ListGrantsOutput};
use anabranch_api::{Context, Resources, Serve};

use super::super::grants::is_grant_id;
use super::super::limits::{ENTRIES_PER_PAGE_DEFAULT, ENTRIES_PER_PAGE_MAX};
use super::super::named::Aliases;
use super::super::page::{Asked, Size, page};
use super::super::{Kms, errors};

impl Serve<ListGrants> for Kms {
    fn resources(&self, cx: &Context, request: &ListGrants) -> Result<Resources, Error> {
        self.about::<ListGrants>(cx, &request.key_id, Aliases::NotTaken)
    }

    async fn serve(&self, cx: &Context, request: ListGrants) -> Result<ListGrantsOutput, Error> {
        let slot = self.find(cx, &request.key_id, Aliases::NotTaken)?;
        if let Some(id) = request.grant_id.as_ref().filter(|id| !is_grant_id(id)) {
            return Err(errors::invalid_grant_id(id));
        }
        let grants: Vec<_> = slot.grants().values().cloned().collect();
        let wanted = grants.iter().filter(|grant| {
            let is = |asked: &Option<bytestring::ByteString>, actual: &str| {
                asked.as_ref().is_none_or(|a| **a == *actual)
            };
            let stored = &grant.stored;
            is(&request.grant_id, &grant.id)
                && (is(&request.grantee_principal, &stored.grantee))
                && (is(&request.grantee_service_principal, &stored.grantee))
        });
        let entries = wanted.map(|grant| (grant.id.clone(), grant.show(&slot.arn)));
        let asked = Asked { limit: request.limit, marker: request.marker.as_ref() };
        let page =
            page(entries, &asked, &Size { default: ENTRIES_PER_PAGE_DEFAULT, most: ENTRIES_PER_PAGE_MAX })?;
        let truncated = Some(page.next.is_some());
        Ok(ListGrantsOutput { grants: Some(page.entries), next_marker: page.next, truncated })
    }
}
