use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use anabranch_api::{ApiError, ConditionKeys, Context, Principal, Resource};

use super::caller::{Who, account_in};
use super::guarded::{Guarded, Protection, ProtectionPolicy};
use super::keys::{Asker, CallKeys};
use super::message::{self, DenialMessages};
use super::verdicts::{Key, Verdicts};
use super::{Authorize, Lasting, denied};
use crate::iam::identities::Identities;
use crate::iam::policy::{
    Decision, Document, Policies, PolicyType, Request, ResourcePolicy, Verdict, evaluate,
};

/// By the ids of VPC endpoints, the most that may be done by them; by one without a policy anything.
pub type EndpointPolicies = BTreeMap<String, Arc<Document>>;

/// Judges by policies: a root is the administrator of its account, everybody else may what policies allow. Our own services may everything but become a role that
/// does not trust them.
pub struct Authority {
    identities: Arc<Identities>,
    /// By the service in the ARNs of what they guard.
    guards: RwLock<BTreeMap<&'static str, Arc<dyn Guarded>>>,
    endpoints: EndpointPolicies,
    verdicts: Verdicts,
    messages: OnceLock<Arc<DenialMessages>>,
}

impl Authority {
    /// Knows the policies of these identities, the trust policies of roles among them, and of no other resource yet.
    pub fn new(identities: Arc<Identities>) -> Arc<Self> {
        Self::behind(identities, EndpointPolicies::new())
    }

    /// The same, and the policies of VPC endpoints.
    pub fn behind(identities: Arc<Identities>, endpoints: EndpointPolicies) -> Arc<Self> {
        let guards: BTreeMap<_, Arc<dyn Guarded>> = [("iam", identities.clone() as Arc<dyn Guarded>)].into();
        Arc::new(Self {
            identities,
            guards: RwLock::new(guards),
            endpoints,
            verdicts: Verdicts::default(),
            messages: OnceLock::new(),
        })
    }

    /// From now on `guard` tells what protects the resources of `service`, the third part of their ARNs.
    pub fn guard(&self, service: &'static str, guard: Arc<dyn Guarded>) {
        self.guards.write().unwrap_or_else(PoisonError::into_inner).insert(service, guard);
    }

    /// From now on denials are logged, where anybody wants such lines, each with a message that tells the rest of it.
    pub fn log_denials(&self, messages: Arc<DenialMessages>) {
        self.messages.get_or_init(|| messages);
    }

    fn guard_of(&self, arn: &str) -> Option<Arc<dyn Guarded>> {
        let service = arn.strip_prefix("arn:")?.split(':').nth(1)?;
        self.guards.read().unwrap_or_else(PoisonError::into_inner).get(service).cloned()
    }

    fn authorize_one(
        &self,
        cx: &Context,
        resource: &Resource,
        given: &ConditionKeys,
        revision: u64,
    ) -> Result<(), ApiError> {
        let key = Key::of(cx, resource);
        let kept = key.as_ref().and_then(|key| self.verdicts.get(key, revision));
        let verdict = match kept {
            Some(kept) => kept,
            None => {
                let Judged { verdict, depends_on_request, has_grants } =
                    self.judge(cx, resource, given, Asker::Caller);
                // What a grant allows is a matter of the request: encryption context and grant tokens.
                if let Some(key) = key.filter(|_| !depends_on_request && !has_grants) {
                    self.verdicts.keep(key, revision, verdict.as_ref().copied().map_err(String::as_str));
                }
                verdict
            }
        };
        verdict.map_err(|sentence| {
            self.log_denial(cx, resource, given, &sentence);
            denied(resource.action, sentence)
        })
    }

    /// A call is judged once more for it: its verdict may have been kept, and what else there is to say was not.
    fn log_denial(&self, cx: &Context, resource: &Resource, given: &ConditionKeys, sentence: &str) {
        let Some(messages) = self.messages.get().filter(|_| tracing::enabled!(tracing::Level::INFO)) else {
            return;
        };
        let encoded_message = messages.seal(cx.account, &self.denial(cx, resource, given));
        // A resource's name may have an end of line in it, behind which a caller could write lines of its own.
        let sentence = sentence.replace(char::is_control, "\u{fffd}");
        tracing::info!(request = %cx.request_id, encoded_message, "denied: {sentence}");
    }

    /// All that a denial rests on, as sts:DecodeAuthorizationMessage tells it.
    pub(crate) fn denial(&self, cx: &Context, resource: &Resource, given: &ConditionKeys) -> String {
        self.judged(cx, resource, given, Asker::Caller, |request, keys, policies, verdict| {
            message::document(request, keys, verdict, forbidding(policies, verdict))
        })
    }

    fn judge(&self, cx: &Context, resource: &Resource, given: &ConditionKeys, asker: Asker) -> Judged {
        self.judged(cx, resource, given, asker, |request, keys, _, verdict| {
            let is_granted = matches!(verdict.decision, Decision::ImplicitDeny(_))
                && self
                    .guard_of(&resource.arn)
                    .is_some_and(|guard| guard.is_granted(cx, resource.action, &resource.arn, keys.given));
            let denial = verdict.denial(request).filter(|_| !is_granted);
            Judged {
                verdict: denial.map_or(Ok(()), Err),
                depends_on_request: verdict.depends_on_request,
                has_grants: keys.protection.is_some_and(|p| matches!(p.policy, ProtectionPolicy::Key(_))),
            }
        })
    }

    /// Gathers what the call is judged by, judges it, and hands all of that on.
    fn judged<T>(
        &self,
        cx: &Context,
        resource: &Resource,
        given: &ConditionKeys,
        asker: Asker,
        told: impl FnOnce(&Request<'_>, &CallKeys<'_>, &Policies<'_>, &Verdict) -> T,
    ) -> T {
        let guard = self.guard_of(&resource.arn);
        let protection = guard.as_ref().and_then(|guard| guard.protection(resource.action, &resource.arn));
        let who = Who::of(cx, &self.identities);
        let given = guard.as_ref().map_or(Cow::Borrowed(given), |g| g.condition_keys(resource.action, given));
        let protection = protection.as_ref();
        let keys = CallKeys { cx, who: &who, arn: &resource.arn, protection, given: &given, asker };
        let request = Request {
            caller: who.caller(cx),
            action: resource.action,
            resource: &resource.arn,
            owner: account_in(&resource.arn),
            context: &keys,
        };
        let policies = Policies {
            resource: protection.map_or(ResourcePolicy::None, Protection::as_resource_policy),
            endpoint: cx
                .endpoint
                .as_ref()
                .filter(|_| asker == Asker::Caller)
                .and_then(|by| self.endpoints.get(&by.id))
                .map(|policy| &**policy),
            identity: &who.identity,
            boundary: who.boundary.as_deref(),
            session: who.session.as_deref(),
            ..Policies::default()
        };
        told(&request, &keys, &policies, &evaluate(&request, &policies))
    }
}

/// The policy that holds the statement that forbade.
fn forbidding<'a>(policies: &Policies<'a>, verdict: &Verdict) -> Option<&'a Document> {
    let by = verdict.by?;
    let listed = |documents: &'a [Arc<Document>]| documents.get(by.policy).map(|found| &**found);
    match by.policy_type {
        PolicyType::ServiceControl => listed(policies.service_control),
        PolicyType::Endpoint => policies.endpoint,
        PolicyType::Resource | PolicyType::Trust => policies.resource.document(),
        PolicyType::Identity => listed(policies.identity),
        PolicyType::Boundary => policies.boundary,
        PolicyType::Session => listed(policies.session?),
    }
}

/// A verdict, and whether another request of the same caller may get another.
struct Judged {
    /// The sentence of a denial.
    verdict: Result<(), String>,
    depends_on_request: bool,
    /// Whether grants were looked at, or would be.
    has_grants: bool,
}

impl Authorize for Authority {
    fn authorize(&self, cx: &Context, resources: &[Resource], keys: &ConditionKeys) -> Result<(), ApiError> {
        let is_ours = matches!(cx.principal, Principal::Service(_));
        let revision = self.revision();
        resources.iter().filter(|resource| !is_ours || resource.action.starts_with("sts:")).try_for_each(
            |resource| {
                limited_session(cx, resource)?;
                self.authorize_one(cx, resource, keys, revision)
            },
        )
    }

    fn authorize_via(
        &self,
        cx: &Context,
        resource: &Resource,
        keys: &ConditionKeys,
    ) -> Result<Lasting, ApiError> {
        if matches!(cx.principal, Principal::Service(_)) {
            return Ok(Lasting::UntilChange);
        }
        let judged = self.judge(cx, resource, keys, Asker::Service);
        judged.verdict.map_err(|sentence| denied(resource.action, sentence))?;
        Ok(if judged.depends_on_request { Lasting::ThisCall } else { Lasting::UntilChange })
    }

    fn revision(&self) -> u64 {
        let guards = self.guards.read().unwrap_or_else(PoisonError::into_inner);
        guards.values().map(|guard| guard.revision()).sum::<u64>() + self.identities.revision()
    }
}

/// Credentials of GetSessionToken may not call IAM, and of STS little, without multi-factor authentication, which there is none of (STS API
/// GetSessionToken). AWS answers as if the token were unknown.
fn limited_session(cx: &Context, resource: &Resource) -> Result<(), ApiError> {
    let of_get_session_token =
        cx.session.is_some() && matches!(cx.principal, Principal::User(_) | Principal::Root(_));
    let closed = resource.action.starts_with("iam:")
        || (resource.action.starts_with("sts:")
            && !matches!(resource.action, "sts:AssumeRole" | "sts:GetCallerIdentity"));
    if of_get_session_token && closed {
        let sentence = "The security token included in the request is invalid.";
        return Err(ApiError { status: 403, ..ApiError::client("InvalidClientTokenId", sentence) });
    }
    Ok(())
}
