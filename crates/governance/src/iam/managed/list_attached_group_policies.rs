use super::attached;
use crate::iam::identities::StoredGroup;
use crate::iam::paging::Asked;
use anabranch_api::iam::{Error, ListAttachedGroupPolicies, ListAttachedGroupPoliciesOutput};
use anabranch_api::{Context, Resources, Serve};

use crate::iam::Iam;

impl Serve<ListAttachedGroupPolicies> for Iam {
    fn resources(&self, cx: &Context, request: &ListAttachedGroupPolicies) -> Result<Resources, Error> {
        Ok(self.placed(cx, anabranch_api::Operation::resources(request, cx)))
    }

    async fn serve(
        &self,
        cx: &Context,
        request: ListAttachedGroupPolicies,
    ) -> Result<ListAttachedGroupPoliciesOutput, Error> {
        let account = self.account(cx);
        let prefix = request.path_prefix.as_deref().unwrap_or("/");
        let policies = attached::<StoredGroup>(cx, &account.stored, &request.group_name, prefix)?;
        let page = Asked::new(request.marker.as_ref(), request.max_items).page(policies);
        Ok(ListAttachedGroupPoliciesOutput {
            attached_policies: Some(page.items),
            is_truncated: page.is_truncated,
            marker: page.marker,
        })
    }
}
