use super::{Found, described_aws_version, described_version, find, number};
use anabranch_api::iam::{Error, GetPolicyVersion, GetPolicyVersionOutput};
use anabranch_api::{Context, Serve};

use crate::iam::{Iam, errors, names};

impl Serve<GetPolicyVersion> for Iam {
    async fn serve(&self, cx: &Context, request: GetPolicyVersion) -> Result<GetPolicyVersionOutput, Error> {
        let account = self.account(cx);
        let absent = || errors::no_version(&request.policy_arn, &request.version_id);
        let version = match find(cx, &account.stored, &request.policy_arn)? {
            Found::Aws(_, policy) if &*request.version_id == "v1" => {
                described_aws_version(policy, Some(names::percent_encoded(policy.text.text())))
            }
            Found::Aws(..) => return Err(absent()),
            Found::Own(policy) => {
                let found = number(&request.version_id).and_then(|number| policy.version(number));
                let version = found.ok_or_else(absent)?;
                let document = names::percent_encoded(version.text.text());
                described_version(version, version.number == policy.default, Some(document))
            }
        };
        Ok(GetPolicyVersionOutput { policy_version: Some(version) })
    }
}
