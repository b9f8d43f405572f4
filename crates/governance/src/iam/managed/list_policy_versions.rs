use super::{Found, described_aws_version, described_version, find};
use crate::iam::paging::Asked;
use anabranch_api::iam::{Error, ListPolicyVersions, ListPolicyVersionsOutput};
use anabranch_api::{Context, Serve};

use crate::iam::Iam;

impl Serve<ListPolicyVersions> for Iam {
    /// The newest first, without documents.
    async fn serve(
        &self,
        cx: &Context,
        request: ListPolicyVersions,
    ) -> Result<ListPolicyVersionsOutput, Error> {
        let account = self.account(cx);
        let versions = match find(cx, &account.stored, &request.policy_arn)? {
            Found::Aws(_, policy) => vec![described_aws_version(policy, None)],
            Found::Own(policy) => {
                let newest_first = policy.versions.iter().rev();
                newest_first.map(|v| described_version(v, v.number == policy.default, None)).collect()
            }
        };
        let versions = versions.into_iter().enumerate().map(|(place, version)| (place.to_string(), version));
        let page = Asked::new(request.marker.as_ref(), request.max_items).page(versions);
        Ok(ListPolicyVersionsOutput {
            versions: Some(page.items),
            is_truncated: page.is_truncated,
            marker: page.marker,
        })
    }
}
