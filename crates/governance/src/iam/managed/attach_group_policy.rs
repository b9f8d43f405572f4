use super::attach;
use crate::iam::identities::StoredGroup;
use anabranch_api::iam::{AttachGroupPolicy, AttachGroupPolicyOutput, Error};
use anabranch_api::{Context, Resources, Serve};

use crate::iam::Iam;

impl Serve<AttachGroupPolicy> for Iam {
    fn resources(&self, cx: &Context, request: &AttachGroupPolicy) -> Result<Resources, Error> {
        Ok(self.placed(cx, anabranch_api::Operation::resources(request, cx)))
    }

    async fn serve(
        &self,
        cx: &Context,
        request: AttachGroupPolicy,
    ) -> Result<AttachGroupPolicyOutput, Error> {
        self.change(cx, |draft| attach::<StoredGroup>(cx, draft, &request.group_name, &request.policy_arn))
            .await?;
        Ok(AttachGroupPolicyOutput {})
    }
}
