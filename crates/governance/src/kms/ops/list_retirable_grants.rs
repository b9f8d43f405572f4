use anabranch_api::kms::{Error, ListRetirableGrants, ListRetirableGrantsOutput};
use anabranch_api::{Context, Serve};

use super::super::grants::check_principal;
use super::super::limits::{ENTRIES_PER_PAGE_DEFAULT, ENTRIES_PER_PAGE_MAX};
use super::super::page::{Asked, Size, page};
use super::super::service::scope;
use super::super::{Kms, errors};

impl Serve<ListRetirableGrants> for Kms {
    /// Of the keys of the caller's account and region.
    async fn serve(
        &self,
        cx: &Context,
        request: ListRetirableGrants,
    ) -> Result<ListRetirableGrantsOutput, Error> {
        let retiring = match (&request.retiring_principal, &request.retiring_service_principal) {
            (Some(arn), None) => {
                check_principal(arn)?;
                arn
            }
            (None, Some(service)) => service,
            (Some(_), Some(_)) | (None, None) => return Err(errors::retiring_required()),
        };
        let mut entries = Vec::new();
        for slot in self.directory.keys(&scope(cx)) {
            let grants = slot.grants();
            let wanted =
                grants.values().filter(|grant| grant.stored.retiring.as_deref() == Some(&**retiring));
            entries.extend(
                wanted.map(|grant| (format!("{}/{}", slot.name.id, grant.id), grant.show(&slot.arn))),
            );
        }
        let asked = Asked { limit: request.limit, marker: request.marker.as_ref() };
        let page =
            page(entries, &asked, &Size { default: ENTRIES_PER_PAGE_DEFAULT, most: ENTRIES_PER_PAGE_MAX })?;
        let truncated = Some(page.next.is_some());
        Ok(ListRetirableGrantsOutput { grants: Some(page.entries), next_marker: page.next, truncated })
    }
}
