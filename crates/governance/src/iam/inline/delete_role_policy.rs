use super::delete;
use crate::iam::identities::StoredRole;
use anabranch_api::iam::{DeleteRolePolicy, DeleteRolePolicyOutput, Error};
use anabranch_api::{Context, Resources, Serve};

use crate::iam::Iam;

impl Serve<DeleteRolePolicy> for Iam {
    fn resources(&self, cx: &Context, request: &DeleteRolePolicy) -> Result<Resources, Error> {
        Ok(self.placed(cx, anabranch_api::Operation::resources(request, cx)))
    }

    async fn serve(&self, cx: &Context, request: DeleteRolePolicy) -> Result<DeleteRolePolicyOutput, Error> {
        self.change(cx, |draft| delete::<StoredRole>(draft, &request.role_name, &request.policy_name))
            .await?;
        Ok(DeleteRolePolicyOutput {})
    }
}
