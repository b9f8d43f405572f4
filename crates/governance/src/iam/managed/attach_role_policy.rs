use super::attach;
use crate::iam::identities::StoredRole;
use anabranch_api::iam::{AttachRolePolicy, AttachRolePolicyOutput, Error};
use anabranch_api::{Context, Resources, Serve};

use crate::iam::Iam;

impl Serve<AttachRolePolicy> for Iam {
    fn resources(&self, cx: &Context, request: &AttachRolePolicy) -> Result<Resources, Error> {
        Ok(self.placed(cx, anabranch_api::Operation::resources(request, cx)))
    }

    async fn serve(&self, cx: &Context, request: AttachRolePolicy) -> Result<AttachRolePolicyOutput, Error> {
        self.change(cx, |draft| attach::<StoredRole>(cx, draft, &request.role_name, &request.policy_arn))
            .await?;
        Ok(AttachRolePolicyOutput {})
    }
}
