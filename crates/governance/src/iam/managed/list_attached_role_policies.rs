use super::attached;
use crate::iam::identities::StoredRole;
use crate::iam::paging::Asked;
use anabranch_api::iam::{Error, ListAttachedRolePolicies, ListAttachedRolePoliciesOutput};
use anabranch_api::{Context, Resources, Serve};

use crate::iam::Iam;

impl Serve<ListAttachedRolePolicies> for Iam {
    fn resources(&self, cx: &Context, request: &ListAttachedRolePolicies) -> Result<Resources, Error> {
        Ok(self.placed(cx, anabranch_api::Operation::resources(request, cx)))
    }

    async fn serve(
        &self,
        cx: &Context,
        request: ListAttachedRolePolicies,
    ) -> Result<ListAttachedRolePoliciesOutput, Error> {
        let account = self.account(cx);
        let prefix = request.path_prefix.as_deref().unwrap_or("/");
        let policies = attached::<StoredRole>(cx, &account.stored, &request.role_name, prefix)?;
        let page = Asked::new(request.marker.as_ref(), request.max_items).page(policies);
        Ok(ListAttachedRolePoliciesOutput {
            attached_policies: Some(page.items),
            is_truncated: page.is_truncated,
            marker: page.marker,
        })
    }
}
