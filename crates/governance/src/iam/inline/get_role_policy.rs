use super::document;
use crate::iam::identities::StoredRole;
use anabranch_api::iam::{Error, GetRolePolicy, GetRolePolicyOutput};
use anabranch_api::{Context, Resources, Serve};

use crate::iam::Iam;

impl Serve<GetRolePolicy> for Iam {
    fn resources(&self, cx: &Context, request: &GetRolePolicy) -> Result<Resources, Error> {
        Ok(self.placed(cx, anabranch_api::Operation::resources(request, cx)))
    }

    async fn serve(&self, cx: &Context, request: GetRolePolicy) -> Result<GetRolePolicyOutput, Error> {
        let account = self.account(cx);
        let document = document::<StoredRole>(&account.stored, &request.role_name, &request.policy_name)?;
        Ok(GetRolePolicyOutput {
            role_name: request.role_name,
            policy_name: request.policy_name,
            policy_document: document.into(),
        })
    }
}
