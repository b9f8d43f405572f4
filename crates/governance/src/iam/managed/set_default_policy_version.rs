use super::{find_own_mut, number};
use anabranch_api::iam::{Error, SetDefaultPolicyVersion, SetDefaultPolicyVersionOutput};
use anabranch_api::{Context, Operation as _, Serve};

use crate::iam::{Iam, errors};

impl Serve<SetDefaultPolicyVersion> for Iam {
    /// From the answer on, everything that has the policy is judged by this version.
    async fn serve(
        &self,
        cx: &Context,
        request: SetDefaultPolicyVersion,
    ) -> Result<SetDefaultPolicyVersionOutput, Error> {
        self.change(cx, |draft| {
            let policy = find_own_mut(cx, draft, SetDefaultPolicyVersion::ACTION, &request.policy_arn)?;
            let number = number(&request.version_id).filter(|number| policy.version(*number).is_some());
            policy.default =
                number.ok_or_else(|| errors::no_version(&request.policy_arn, &request.version_id))?;
            policy.updated_ms = cx.received.millis();
            Ok(SetDefaultPolicyVersionOutput {})
        })
        .await
    }
}
