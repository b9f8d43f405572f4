use super::policy_names;
use crate::iam::identities::StoredUser;
use crate::iam::paging::Asked;
use anabranch_api::iam::{Error, ListUserPolicies, ListUserPoliciesOutput};
use anabranch_api::{Context, Resources, Serve};

use crate::iam::Iam;

impl Serve<ListUserPolicies> for Iam {
    fn resources(&self, cx: &Context, request: &ListUserPolicies) -> Result<Resources, Error> {
        Ok(self.placed(cx, anabranch_api::Operation::resources(request, cx)))
    }

    async fn serve(&self, cx: &Context, request: ListUserPolicies) -> Result<ListUserPoliciesOutput, Error> {
        let account = self.account(cx);
        let names = policy_names::<StoredUser>(&account.stored, &request.user_name)?;
        let page = Asked::new(request.marker.as_ref(), request.max_items).page(names);
        Ok(ListUserPoliciesOutput {
            policy_names: page.items,
            is_truncated: page.is_truncated,
            marker: page.marker,
        })
    }
}
