use anabranch_api::kms::{Error, GetKeyPolicy, GetKeyPolicyOutput};
use anabranch_api::{Context, Resources, Serve};

use super::super::named::Aliases;
use super::super::policy::DEFAULT_NAME;
use super::super::{Kms, errors};

impl Serve<GetKeyPolicy> for Kms {
    fn resources(&self, cx: &Context, request: &GetKeyPolicy) -> Result<Resources, Error> {
        self.about::<GetKeyPolicy>(cx, &request.key_id, Aliases::NotTaken)
    }

    async fn serve(&self, cx: &Context, request: GetKeyPolicy) -> Result<GetKeyPolicyOutput, Error> {
        let slot = self.find(cx, &request.key_id, Aliases::NotTaken)?;
        if request.policy_name.is_some_and(|name| name != DEFAULT_NAME) {
            return Err(errors::no_such_policy());
        }
        let policy = slot.view().stored.policy.as_str().into();
        Ok(GetKeyPolicyOutput { policy: Some(policy), policy_name: Some(DEFAULT_NAME.into()) })
    }
}
