use super::{Usage, described, managed_text};
use crate::iam::identities::{StoredPolicy, StoredVersion, lower};
use anabranch_api::iam::{CreatePolicy, CreatePolicyOutput, Error};
use anabranch_api::{Context, Resources, Serve};
use std::sync::Arc;

use crate::iam::{Iam, errors, limits, names, tagging, tagging::Keys};

impl Serve<CreatePolicy> for Iam {
    fn resources(&self, cx: &Context, request: &CreatePolicy) -> Result<Resources, Error> {
        let path = request.path.as_deref().unwrap_or("/");
        let mut resources = anabranch_api::Operation::resources(request, cx);
        for resource in &mut resources {
            resource.arn = names::arn(cx, "policy", path, &request.policy_name);
        }
        Ok(resources)
    }

    async fn serve(&self, cx: &Context, request: CreatePolicy) -> Result<CreatePolicyOutput, Error> {
        let id = names::unique_id(names::POLICY_ID, self.identities.rng());
        let text = managed_text(&request.policy_document)?;
        let now_ms = cx.received.millis();
        self.change(cx, |draft| {
            let key = lower(&request.policy_name);
            if draft.policies.contains_key(&key) {
                return Err(errors::policy_exists(&request.policy_name));
            }
            if draft.policies.len() >= limits::POLICIES_MAX {
                return Err(errors::cannot_exceed("PoliciesPerAccount", limits::POLICIES_MAX));
            }
            let policy = Arc::new(StoredPolicy {
                name: request.policy_name.to_string(),
                path: request.path.as_deref().unwrap_or("/").to_owned(),
                id,
                created_ms: now_ms,
                updated_ms: now_ms,
                description: request.description.map(Into::into),
                tags: tagging::new(request.tags.as_ref(), Keys::CaseKept, "Policy")?,
                versions: vec![StoredVersion { number: 1, created_ms: now_ms, text }],
                default: 1,
                next: 2,
            });
            draft.policies.insert(key, Arc::clone(&policy));
            Ok(CreatePolicyOutput { policy: Some(described(cx, &policy, &Usage::default())) })
        })
        .await
    }
}
