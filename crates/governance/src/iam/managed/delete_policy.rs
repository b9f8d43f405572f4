use super::{Usage, find_own};
use crate::iam::identities::{PolicyRef, lower};
use anabranch_api::iam::{DeletePolicy, DeletePolicyOutput, Error};
use anabranch_api::{Context, Operation as _, Serve};

use crate::iam::{Iam, errors};

impl Serve<DeletePolicy> for Iam {
    /// A policy is deleted when nothing has it and no version but the default one is left.
    async fn serve(&self, cx: &Context, request: DeletePolicy) -> Result<DeletePolicyOutput, Error> {
        self.change(cx, |draft| {
            let policy = find_own(cx, draft, DeletePolicy::ACTION, &request.policy_arn)?;
            let key = lower(&policy.name);
            let usage = Usage::of(draft);
            let own = PolicyRef::Own(key.clone());
            if usage.attached(&own) > 0 || usage.bounding(&own) > 0 {
                return Err(errors::policy_in_use());
            }
            if policy.versions.len() > 1 {
                return Err(errors::policy_has_versions());
            }
            draft.policies.remove(&key);
            Ok(DeletePolicyOutput {})
        })
        .await
    }
}
