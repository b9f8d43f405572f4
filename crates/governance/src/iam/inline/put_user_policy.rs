use super::put;
use crate::iam::identities::StoredUser;
use anabranch_api::iam::{Error, PutUserPolicy, PutUserPolicyOutput};
use anabranch_api::{Context, Resources, Serve};

use crate::iam::Iam;

impl Serve<PutUserPolicy> for Iam {
    fn resources(&self, cx: &Context, request: &PutUserPolicy) -> Result<Resources, Error> {
        Ok(self.placed(cx, anabranch_api::Operation::resources(request, cx)))
    }

    async fn serve(&self, cx: &Context, request: PutUserPolicy) -> Result<PutUserPolicyOutput, Error> {
        let (name, document) = (&request.policy_name, &request.policy_document);
        self.change(cx, |draft| put::<StoredUser>(draft, &request.user_name, name, document)).await?;
        Ok(PutUserPolicyOutput {})
    }
}
