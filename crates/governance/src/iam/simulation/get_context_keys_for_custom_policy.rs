use anabranch_api::iam::{Error, GetContextKeysForCustomPolicy, GetContextKeysForCustomPolicyOutput};
use anabranch_api::{Context, Serve};

use super::{context_keys, sources};
use crate::iam::Iam;
use crate::iam::policy::DocumentKind;

impl Serve<GetContextKeysForCustomPolicy> for Iam {
    /// The keys that the conditions and variables of the policies ask for.
    async fn serve(
        &self,
        _: &Context,
        request: GetContextKeysForCustomPolicy,
    ) -> Result<GetContextKeysForCustomPolicyOutput, Error> {
        let policies = Some(&request.policy_input_list[..]);
        let policies = sources::input("PolicyInputList", policies, DocumentKind::Identity)?;
        let keys = context_keys(policies.iter().map(|policy| &*policy.document));
        Ok(GetContextKeysForCustomPolicyOutput { context_key_names: Some(keys) })
    }
}
