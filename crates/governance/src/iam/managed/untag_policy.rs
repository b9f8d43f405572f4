use super::find_own_mut;
use anabranch_api::iam::{Error, UntagPolicy, UntagPolicyOutput};
use anabranch_api::{Context, Operation as _, Serve};

use crate::iam::{Iam, tagging, tagging::Keys};

impl Serve<UntagPolicy> for Iam {
    async fn serve(&self, cx: &Context, request: UntagPolicy) -> Result<UntagPolicyOutput, Error> {
        self.change(cx, |draft| {
            let policy = find_own_mut(cx, draft, UntagPolicy::ACTION, &request.policy_arn)?;
            tagging::untag(&mut policy.tags, &request.tag_keys, Keys::CaseKept);
            Ok(UntagPolicyOutput {})
        })
        .await
    }
}
