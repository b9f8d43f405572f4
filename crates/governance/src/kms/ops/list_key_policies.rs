use anabranch_api::kms::{Error, ListKeyPolicies, ListKeyPoliciesOutput};
use anabranch_api::{Context, Resources, Serve};

use super::super::Kms;
use super::super::limits::{KEYS_PER_PAGE_DEFAULT, KEYS_PER_PAGE_MAX};
use super::super::named::Aliases;
use super::super::page::{Asked, Size, page};
use super::super::policy::DEFAULT_NAME;

impl Serve<ListKeyPolicies> for Kms {
    fn resources(&self, cx: &Context, request: &ListKeyPolicies) -> Result<Resources, Error> {
        self.about::<ListKeyPolicies>(cx, &request.key_id, Aliases::NotTaken)
    }

    /// A key has one policy.
    async fn serve(&self, cx: &Context, request: ListKeyPolicies) -> Result<ListKeyPoliciesOutput, Error> {
        self.find(cx, &request.key_id, Aliases::NotTaken)?;
        let asked = Asked { limit: request.limit, marker: request.marker.as_ref() };
        let names = [(DEFAULT_NAME.to_owned(), DEFAULT_NAME.into())];
        let page = page(names, &asked, &Size { default: KEYS_PER_PAGE_DEFAULT, most: KEYS_PER_PAGE_MAX })?;
        let truncated = Some(page.next.is_some());
        Ok(ListKeyPoliciesOutput { policy_names: Some(page.entries), next_marker: page.next, truncated })
    }
}
