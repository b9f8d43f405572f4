use super::find_own_mut;
use anabranch_api::iam::{Error, TagPolicy, TagPolicyOutput};
use anabranch_api::{Context, Operation as _, Serve};

use crate::iam::{Iam, tagging, tagging::Keys};

impl Serve<TagPolicy> for Iam {
    async fn serve(&self, cx: &Context, request: TagPolicy) -> Result<TagPolicyOutput, Error> {
        self.change(cx, |draft| {
            let policy = find_own_mut(cx, draft, TagPolicy::ACTION, &request.policy_arn)?;
            tagging::tag(&mut policy.tags, &request.tags, Keys::CaseKept, "Policy")?;
            Ok(TagPolicyOutput {})
        })
        .await
    }
}
