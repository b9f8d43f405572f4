use super::policy_names;
use crate::iam::identities::StoredGroup;
use crate::iam::paging::Asked;
use anabranch_api::iam::{Error, ListGroupPolicies, ListGroupPoliciesOutput};
use anabranch_api::{Context, Resources, Serve};

use crate::iam::Iam;

impl Serve<ListGroupPolicies> for Iam {
    fn resources(&self, cx: &Context, request: &ListGroupPolicies) -> Result<Resources, Error> {
        Ok(self.placed(cx, anabranch_api::Operation::resources(request, cx)))
    }

    async fn serve(
        &self,
        cx: &Context,
        request: ListGroupPolicies,
    ) -> Result<ListGroupPoliciesOutput, Error> {
        let account = self.account(cx);
        let names = policy_names::<StoredGroup>(&account.stored, &request.group_name)?;
        let page = Asked::new(request.marker.as_ref(), request.max_items).page(names);
        Ok(ListGroupPoliciesOutput {
            policy_names: page.items,
            is_truncated: page.is_truncated,
            marker: page.marker,
        })
    }
}
