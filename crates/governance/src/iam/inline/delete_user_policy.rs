use super::delete;
use crate::iam::identities::StoredUser;
use anabranch_api::iam::{DeleteUserPolicy, DeleteUserPolicyOutput, Error};
use anabranch_api::{Context, Resources, Serve};

use crate::iam::Iam;

impl Serve<DeleteUserPolicy> for Iam {
    fn resources(&self, cx: &Context, request: &DeleteUserPolicy) -> Result<Resources, Error> {
        Ok(self.placed(cx, anabranch_api::Operation::resources(request, cx)))
    }

    async fn serve(&self, cx: &Context, request: DeleteUserPolicy) -> Result<DeleteUserPolicyOutput, Error> {
        self.change(cx, |draft| delete::<StoredUser>(draft, &request.user_name, &request.policy_name))
            .await?;
        Ok(DeleteUserPolicyOutput {})
    }
}
