use super::document;
use crate::iam::identities::StoredGroup;
use anabranch_api::iam::{Error, GetGroupPolicy, GetGroupPolicyOutput};
use anabranch_api::{Context, Resources, Serve};

use crate::iam::Iam;

impl Serve<GetGroupPolicy> for Iam {
    fn resources(&self, cx: &Context, request: &GetGroupPolicy) -> Result<Resources, Error> {
        Ok(self.placed(cx, anabranch_api::Operation::resources(request, cx)))
    }

    async fn serve(&self, cx: &Context, request: GetGroupPolicy) -> Result<GetGroupPolicyOutput, Error> {
        let account = self.account(cx);
        let document = document::<StoredGroup>(&account.stored, &request.group_name, &request.policy_name)?;
        Ok(GetGroupPolicyOutput {
            group_name: request.group_name,
            policy_name: request.policy_name,
            policy_document: document.into(),
        })
    }
}
