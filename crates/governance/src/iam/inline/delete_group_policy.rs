use super::delete;
use crate::iam::identities::StoredGroup;
use anabranch_api::iam::{DeleteGroupPolicy, DeleteGroupPolicyOutput, Error};
use anabranch_api::{Context, Resources, Serve};

use crate::iam::Iam;

impl Serve<DeleteGroupPolicy> for Iam {
    fn resources(&self, cx: &Context, request: &DeleteGroupPolicy) -> Result<Resources, Error> {
        Ok(self.placed(cx, anabranch_api::Operation::resources(request, cx)))
    }

    async fn serve(
        &self,
        cx: &Context,
        request: DeleteGroupPolicy,
    ) -> Result<DeleteGroupPolicyOutput, Error> {
        self.change(cx, |draft| delete::<StoredGroup>(draft, &request.group_name, &request.policy_name))
            .await?;
        Ok(DeleteGroupPolicyOutput {})
    }
}
