use super::detach;
use crate::iam::identities::StoredGroup;
use anabranch_api::iam::{DetachGroupPolicy, DetachGroupPolicyOutput, Error};
use anabranch_api::{Context, Resources, Serve};

use crate::iam::Iam;

impl Serve<DetachGroupPolicy> for Iam {
    fn resources(&self, cx: &Context, request: &DetachGroupPolicy) -> Result<Resources, Error> {
        Ok(self.placed(cx, anabranch_api::Operation::resources(request, cx)))
    }

    async fn serve(
        &self,
        cx: &Context,
        request: DetachGroupPolicy,
    ) -> Result<DetachGroupPolicyOutput, Error> {
        self.change(cx, |draft| detach::<StoredGroup>(cx, draft, &request.group_name, &request.policy_arn))
            .await?;
        Ok(DetachGroupPolicyOutput {})
    }
}
