use super::put;
use crate::iam::identities::StoredGroup;
use anabranch_api::iam::{Error, PutGroupPolicy, PutGroupPolicyOutput};
use anabranch_api::{Context, Resources, Serve};

use crate::iam::Iam;

impl Serve<PutGroupPolicy> for Iam {
    fn resources(&self, cx: &Context, request: &PutGroupPolicy) -> Result<Resources, Error> {
        Ok(self.placed(cx, anabranch_api::Operation::resources(request, cx)))
    }

    async fn serve(&self, cx: &Context, request: PutGroupPolicy) -> Result<PutGroupPolicyOutput, Error> {
        let (name, document) = (&request.policy_name, &request.policy_document);
        self.change(cx, |draft| put::<StoredGroup>(draft, &request.group_name, name, document)).await?;
        Ok(PutGroupPolicyOutput {})
    }
}
