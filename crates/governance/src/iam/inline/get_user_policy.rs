use super::document;
use crate::iam::identities::StoredUser;
use anabranch_api::iam::{Error, GetUserPolicy, GetUserPolicyOutput};
use anabranch_api::{Context, Resources, Serve};

use crate::iam::Iam;

impl Serve<GetUserPolicy> for Iam {
    fn resources(&self, cx: &Context, request: &GetUserPolicy) -> Result<Resources, Error> {
        Ok(self.placed(cx, anabranch_api::Operation::resources(request, cx)))
    }

    async fn serve(&self, cx: &Context, request: GetUserPolicy) -> Result<GetUserPolicyOutput, Error> {
        let account = self.account(cx);
        let document = document::<StoredUser>(&account.stored, &request.user_name, &request.policy_name)?;
        Ok(GetUserPolicyOutput {
            user_name: request.user_name,
            policy_name: request.policy_name,
            policy_document: document.into(),
        })
    }
}
