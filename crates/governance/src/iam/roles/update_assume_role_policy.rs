use super::trust;
use crate::iam::identities::StoredRole;
use anabranch_api::iam::{Error, UpdateAssumeRolePolicy, UpdateAssumeRolePolicyOutput};
use anabranch_api::{Context, Resources, Serve};

use crate::iam::{Iam, entity};

impl Serve<UpdateAssumeRolePolicy> for Iam {
    fn resources(&self, cx: &Context, request: &UpdateAssumeRolePolicy) -> Result<Resources, Error> {
        Ok(self.placed(cx, anabranch_api::Operation::resources(request, cx)))
    }

    async fn serve(
        &self,
        cx: &Context,
        request: UpdateAssumeRolePolicy,
    ) -> Result<UpdateAssumeRolePolicyOutput, Error> {
        let trust = trust(&request.policy_document)?;
        self.change(cx, |draft| {
            entity::find_mut::<StoredRole>(draft, &request.role_name)?.trust = trust;
            Ok(UpdateAssumeRolePolicyOutput {})
        })
        .await
    }
}
