use super::detach;
use crate::iam::identities::StoredUser;
use anabranch_api::iam::{DetachUserPolicy, DetachUserPolicyOutput, Error};
use anabranch_api::{Context, Resources, Serve};

use crate::iam::Iam;

impl Serve<DetachUserPolicy> for Iam {
    fn resources(&self, cx: &Context, request: &DetachUserPolicy) -> Result<Resources, Error> {
        Ok(self.placed(cx, anabranch_api::Operation::resources(request, cx)))
    }

    async fn serve(&self, cx: &Context, request: DetachUserPolicy) -> Result<DetachUserPolicyOutput, Error> {
        self.change(cx, |draft| detach::<StoredUser>(cx, draft, &request.user_name, &request.policy_arn))
            .await?;
        Ok(DetachUserPolicyOutput {})
    }
}
