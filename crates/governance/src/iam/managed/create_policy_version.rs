use super::{described_version, find_own_mut, managed_text};
use crate::iam::identities::StoredVersion;
use anabranch_api::iam::{CreatePolicyVersion, CreatePolicyVersionOutput, Error};
use anabranch_api::{Context, Operation as _, Serve};

use crate::iam::{Iam, errors, limits};

impl Serve<CreatePolicyVersion> for Iam {
    /// No number is given twice, even after its version was deleted.
    async fn serve(
        &self,
        cx: &Context,
        request: CreatePolicyVersion,
    ) -> Result<CreatePolicyVersionOutput, Error> {
        let text = managed_text(&request.policy_document)?;
        let now_ms = cx.received.millis();
        self.change(cx, |draft| {
            let policy = find_own_mut(cx, draft, CreatePolicyVersion::ACTION, &request.policy_arn)?;
            if policy.versions.len() >= limits::VERSIONS_MAX {
                return Err(errors::too_many_versions(limits::VERSIONS_MAX));
            }
            let version = StoredVersion { number: policy.next, created_ms: now_ms, text };
            policy.versions.push(version.clone());
            policy.next += 1;
            if request.set_as_default == Some(true) {
                policy.default = version.number;
                policy.updated_ms = now_ms;
            }
            let is_default = policy.default == version.number;
            let policy_version = Some(described_version(&version, is_default, None));
            Ok(CreatePolicyVersionOutput { policy_version })
        })
        .await
    }
}
