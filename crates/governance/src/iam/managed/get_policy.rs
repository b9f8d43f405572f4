use super::{Found, Usage, described, described_aws, find};
use anabranch_api::iam::{Error, GetPolicy, GetPolicyOutput};
use anabranch_api::{Context, Serve};

use crate::iam::Iam;

impl Serve<GetPolicy> for Iam {
    async fn serve(&self, cx: &Context, request: GetPolicy) -> Result<GetPolicyOutput, Error> {
        let account = self.account(cx);
        let usage = Usage::of(&account.stored);
        let policy = match find(cx, &account.stored, &request.policy_arn)? {
            Found::Aws(key, policy) => described_aws(cx, key, policy, &usage),
            Found::Own(policy) => described(cx, policy, &usage),
        };
        Ok(GetPolicyOutput { policy: Some(policy) })
    }
}
