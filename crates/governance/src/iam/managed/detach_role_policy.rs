use super::detach;
use crate::iam::identities::StoredRole;
use anabranch_api::iam::{DetachRolePolicy, DetachRolePolicyOutput, Error};
use anabranch_api::{Context, Resources, Serve};

use crate::iam::Iam;

impl Serve<DetachRolePolicy> for Iam {
    fn resources(&self, cx: &Context, request: &DetachRolePolicy) -> Result<Resources, Error> {
        Ok(self.placed(cx, anabranch_api::Operation::resources(request, cx)))
    }

    async fn serve(&self, cx: &Context, request: DetachRolePolicy) -> Result<DetachRolePolicyOutput, Error> {
        self.change(cx, |draft| detach::<StoredRole>(cx, draft, &request.role_name, &request.policy_arn))
            .await?;
        Ok(DetachRolePolicyOutput {})
    }
}
