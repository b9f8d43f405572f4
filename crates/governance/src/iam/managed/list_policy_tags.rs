use super::{Found, find};
use crate::iam::paging::Asked;
use anabranch_api::iam::{Error, ListPolicyTags, ListPolicyTagsOutput};
use anabranch_api::{Context, Serve};

use crate::iam::{Iam, tagging};

impl Serve<ListPolicyTags> for Iam {
    async fn serve(&self, cx: &Context, request: ListPolicyTags) -> Result<ListPolicyTagsOutput, Error> {
        let account = self.account(cx);
        let tags = match find(cx, &account.stored, &request.policy_arn)? {
            Found::Aws(..) => Vec::new(),
            Found::Own(policy) => tagging::numbered(&policy.tags).collect(),
        };
        let page = Asked::new(request.marker.as_ref(), request.max_items).page(tags);
        Ok(ListPolicyTagsOutput { tags: page.items, is_truncated: page.is_truncated, marker: page.marker })
    }
}
