use super::policy_names;
use crate::iam::identities::StoredRole;
use crate::iam::paging::Asked;
use anabranch_api::iam::{Error, ListRolePolicies, ListRolePoliciesOutput};
use anabranch_api::{Context, Resources, Serve};

use crate::iam::Iam;

impl Serve<ListRolePolicies> for Iam {
    fn resources(&self, cx: &Context, request: &ListRolePolicies) -> Result<Resources, Error> {
        Ok(self.placed(cx, anabranch_api::Operation::resources(request, cx)))
    }

    async fn serve(&self, cx: &Context, request: ListRolePolicies) -> Result<ListRolePoliciesOutput, Error> {
        let account = self.account(cx);
        let names = policy_names::<StoredRole>(&account.stored, &request.role_name)?;
        let page = Asked::new(request.marker.as_ref(), request.max_items).page(names);
        Ok(ListRolePoliciesOutput {
            policy_names: page.items,
            is_truncated: page.is_truncated,
            marker: page.marker,
        })
    }
}
