use super::{find_own_mut, number};
use anabranch_api::iam::{DeletePolicyVersion, DeletePolicyVersionOutput, Error};
use anabranch_api::{Context, Operation as _, Serve};

use crate::iam::{Iam, errors};

impl Serve<DeletePolicyVersion> for Iam {
    async fn serve(
        &self,
        cx: &Context,
        request: DeletePolicyVersion,
    ) -> Result<DeletePolicyVersionOutput, Error> {
        self.change(cx, |draft| {
            let policy = find_own_mut(cx, draft, DeletePolicyVersion::ACTION, &request.policy_arn)?;
            let number = number(&request.version_id).filter(|number| policy.version(*number).is_some());
            let number =
                number.ok_or_else(|| errors::no_version(&request.policy_arn, &request.version_id))?;
            if number == policy.default {
                return Err(errors::default_version());
            }
            policy.versions.retain(|version| version.number != number);
            Ok(DeletePolicyVersionOutput {})
        })
        .await
    }
}
