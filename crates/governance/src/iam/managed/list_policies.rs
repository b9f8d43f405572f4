use super::{Usage, described, described_aws};
use crate::iam::identities::PolicyRef;
use crate::iam::paging::Asked;
use anabranch_api::iam::{Error, ListPolicies, ListPoliciesOutput, Policy, PolicyScopeType, PolicyUsageType};
use anabranch_api::{Context, Serve};

use crate::iam::{Iam, aws_managed};

impl Serve<ListPolicies> for Iam {
    /// AWS's policies first, then the account's own.
    async fn serve(&self, cx: &Context, request: ListPolicies) -> Result<ListPoliciesOutput, Error> {
        let account = self.account(cx);
        let usage = Usage::of(&account.stored);
        let scope = request.scope.unwrap_or(PolicyScopeType::All);
        let prefix = request.path_prefix.as_deref().unwrap_or("/");
        let wanted = |path: &str, policy: &PolicyRef| {
            let used = match request.policy_usage_filter {
                Some(PolicyUsageType::PermissionsPolicy) => usage.attached(policy) > 0,
                Some(PolicyUsageType::PermissionsBoundary) => usage.bounding(policy) > 0,
                None => usage.attached(policy) > 0 || usage.bounding(policy) > 0,
            };
            let only_used = request.only_attached == Some(true) || request.policy_usage_filter.is_some();
            path.starts_with(prefix) && (used || !only_used)
        };
        let mut policies: Vec<(String, Policy)> = Vec::new();
        if scope != PolicyScopeType::Local {
            for (key, policy) in aws_managed::all() {
                if wanted(policy.path, &PolicyRef::Aws(key.clone())) {
                    policies.push((format!("aws {}", policy.name), described_aws(cx, key, policy, &usage)));
                }
            }
        }
        if scope != PolicyScopeType::Aws {
            for (key, policy) in &account.stored.policies {
                if wanted(&policy.path, &PolicyRef::Own(key.clone())) {
                    policies.push((format!("own {key}"), described(cx, policy, &usage)));
                }
            }
        }
        policies.sort_by(|(one, _), (other, _)| one.cmp(other));
        // Lists tell neither descriptions nor tags (IAM API ListPolicies).
        let policies = policies
            .into_iter()
            .map(|(key, policy)| (key, Policy { description: None, tags: None, ..policy }));
        let page = Asked::new(request.marker.as_ref(), request.max_items).page(policies);
        Ok(ListPoliciesOutput {
            policies: Some(page.items),
            is_truncated: page.is_truncated,
            marker: page.marker,
        })
    }
}
