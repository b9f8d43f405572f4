use anabranch_api::iam::{Error, GetContextKeysForPrincipalPolicy, GetContextKeysForPrincipalPolicyOutput};
use anabranch_api::{Context, Serve};

use super::sources::Principal;
use super::{context_keys, sources};
use crate::iam::Iam;
use crate::iam::policy::DocumentKind;

impl Serve<GetContextKeysForPrincipalPolicy> for Iam {
    /// The keys that the policies of a user (and its groups), group or role ask for, and those brought along.
    async fn serve(
        &self,
        cx: &Context,
        request: GetContextKeysForPrincipalPolicy,
    ) -> Result<GetContextKeysForPrincipalPolicyOutput, Error> {
        let input = request.policy_input_list.as_deref();
        let input = sources::input("PolicyInputList", input, DocumentKind::Identity)?;
        let principal = Principal::find(cx, &self.account(cx), &request.policy_source_arn)?;
        let all = principal.identity.iter().chain(&input);
        let keys = context_keys(all.map(|policy| &*policy.document));
        Ok(GetContextKeysForPrincipalPolicyOutput { context_key_names: Some(keys) })
    }
}
