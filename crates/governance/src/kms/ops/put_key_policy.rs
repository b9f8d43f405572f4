use anabranch_api::kms::{Error, PutKeyPolicy, PutKeyPolicyOutput};
use anabranch_api::{Context, Resources, Serve};

use super::super::named::Aliases;
use super::super::policy::{self, DEFAULT_NAME, Lockout};
use super::super::{Kms, errors};

impl Serve<PutKeyPolicy> for Kms {
    fn resources(&self, cx: &Context, request: &PutKeyPolicy) -> Result<Resources, Error> {
        self.about::<PutKeyPolicy>(cx, &request.key_id, Aliases::NotTaken)
    }

    async fn serve(&self, cx: &Context, request: PutKeyPolicy) -> Result<PutKeyPolicyOutput, Error> {
        let slot = self.own::<PutKeyPolicy>(cx, &request.key_id)?;
        if request.policy_name.is_some_and(|name| name != DEFAULT_NAME) {
            return Err(errors::other_policy_put());
        }
        let lockout = Lockout::of(request.bypass_policy_lockout_safety_check);
        policy::check(cx, &slot.name, &request.policy, lockout)?;
        self.change(&slot, |stored| {
            stored.policy = request.policy.to_string();
            Ok(())
        })
        .await?;
        Ok(PutKeyPolicyOutput {})
    }
}
