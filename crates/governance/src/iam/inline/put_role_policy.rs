use super::put;
use crate::iam::identities::StoredRole;
use anabranch_api::iam::{Error, PutRolePolicy, PutRolePolicyOutput};
use anabranch_api::{Context, Resources, Serve};

use crate::iam::Iam;

impl Serve<PutRolePolicy> for Iam {
    fn resources(&self, cx: &Context, request: &PutRolePolicy) -> Result<Resources, Error> {
        Ok(self.placed(cx, anabranch_api::Operation::resources(request, cx)))
    }

    async fn serve(&self, cx: &Context, request: PutRolePolicy) -> Result<PutRolePolicyOutput, Error> {
        let (name, document) = (&request.policy_name, &request.policy_document);
        self.change(cx, |draft| put::<StoredRole>(draft, &request.role_name, name, document)).await?;
        Ok(PutRolePolicyOutput {})
    }
}
