use super::attach;
use crate::iam::identities::StoredUser;
use anabranch_api::iam::{AttachUserPolicy, AttachUserPolicyOutput, Error};
use anabranch_api::{Context, Resources, Serve};

use crate::iam::Iam;

impl Serve<AttachUserPolicy> for Iam {
    fn resources(&self, cx: &Context, request: &AttachUserPolicy) -> Result<Resources, Error> {
        Ok(self.placed(cx, anabranch_api::Operation::resources(request, cx)))
    }

    async fn serve(&self, cx: &Context, request: AttachUserPolicy) -> Result<AttachUserPolicyOutput, Error> {
        self.change(cx, |draft| attach::<StoredUser>(cx, draft, &request.user_name, &request.policy_arn))
            .await?;
        Ok(AttachUserPolicyOutput {})
    }
}
