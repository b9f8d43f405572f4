//! A simulation: every action on every resource, decided one by one.

use std::sync::Arc;

use anabranch_api::iam::{
    ContextEntry, Error, EvaluationResult, OrganizationsDecisionDetail, PermissionsBoundaryDecisionDetail,
    PolicyEvaluationDecisionType, PolicySourceType, Position, SimulatePolicyResponse, Statement,
};
use anabranch_types::{AccountId, Timestamp};
use bytestring::ByteString;

use super::context::Simulated;
use super::context_keys;
use super::sources::Source;
use crate::iam::errors;
use crate::iam::paging::Asked;
use crate::iam::policy::{
    Caller, Decision, Document, Matched, Policies, PolicyType, Request, ResourcePolicy, evaluate,
    matched_statements,
};

/// What the decisions of a page may cost together, as [`Scenario::decision_cost`] counts: some tenths of a second.
const PAGE_COST_MAX: usize = 32 << 20;
/// How many statements and missing keys a page tells before it ends: a megabyte or two.
const PAGE_TOLD_MAX: usize = 10_000;

/// What is simulated.
pub(super) struct Scenario<'a> {
    pub(super) caller: Caller<'a>,
    /// The owner of resources whose ARNs name none; else the caller's account.
    pub(super) owner: Option<AccountId>,
    pub(super) identity: Vec<Source>,
    pub(super) boundary: Option<Source>,
    /// Of the organization, by level; each level must allow.
    pub(super) organization: Vec<Vec<Source>>,
    pub(super) resource: Option<Source>,
    pub(super) actions: &'a [ByteString],
    /// None is `*`.
    pub(super) resources: &'a [ByteString],
    pub(super) context: Simulated,
}

/// Puts what is known of the caller beside what was given.
pub(super) fn simulated(
    entries: Option<&Vec<ContextEntry>>,
    known: Vec<(&str, String)>,
    now: Timestamp,
) -> Simulated {
    Simulated::new(entries.map_or(&[], Vec::as_slice), known, now)
}

/// The account that a `ResourceOwner` names: its number, or an ARN of it.
pub(super) fn owner(text: Option<&ByteString>) -> Result<Option<AccountId>, Error> {
    let Some(text) = text else { return Ok(None) };
    let account = account_of(text).or_else(|| text.parse().ok());
    account.map(Some).ok_or_else(|| errors::invalid_simulation(format!("Invalid resource owner: {text}")))
}

fn account_of(arn: &str) -> Option<AccountId> {
    arn.strip_prefix("arn:")?.split(':').nth(3)?.parse().ok()
}

impl Scenario<'_> {
    /// The page of decisions that was asked for; only these are made. As any list of IAM it may hold fewer than were asked for (IAM API
    /// SimulateCustomPolicy, MaxItems): it ends when making or telling it has cost enough.
    pub(super) fn page(&self, asked: Asked<'_>) -> Result<SimulatePolicyResponse, Error> {
        for action in self.actions {
            if !action.contains(':') || action.contains(['*', '?']) {
                return Err(errors::invalid_simulation(format!("Invalid action: {action}")));
            }
        }
        let cost = self.decision_cost();
        if cost > PAGE_COST_MAX {
            let sentence = "The policies and context values are too many for one decision.";
            return Err(errors::invalid_simulation(sentence.to_owned()));
        }
        let everything = [ByteString::from_static("*")];
        let resources = if self.resources.is_empty() { &everything[..] } else { self.resources };
        let pairs = self.actions.len() * resources.len();
        let begin = asked.place(pairs)?;
        let most = asked.items_max().min(PAGE_COST_MAX / cost.max(1));
        let missing = self.missing();
        let (mut results, mut told) = (Vec::new(), 0);
        for pair in (begin..pairs).take(most) {
            let (action, resource) = (pair / resources.len(), pair % resources.len());
            let result = self.decide(&self.actions[action], &resources[resource], &missing);
            told += missing.len() + result.matched_statements.as_ref().map_or(0, Vec::len);
            results.push(result);
            if told >= PAGE_TOLD_MAX {
                break;
            }
        }
        let end = begin + results.len();
        let is_truncated = end < pairs;
        Ok(SimulatePolicyResponse {
            evaluation_results: Some(results),
            is_truncated: Some(is_truncated),
            marker: is_truncated.then(|| end.to_string().into()),
        })
    }

    /// What a decision costs at the most: every byte of the policies is looked at for each level of the organization, and for each
    /// value of the context.
    fn decision_cost(&self) -> usize {
        let policies = self.identity.iter().chain(&self.boundary).chain(&self.resource);
        let bytes: usize =
            policies.chain(self.organization.iter().flatten()).map(|source| source.text.len()).sum();
        bytes.saturating_mul(1 + self.organization.len()).saturating_mul(1 + self.context.values())
    }

    fn decide(&self, action: &ByteString, resource: &ByteString, missing: &[ByteString]) -> EvaluationResult {
        let owner = account_of(resource).or(self.owner);
        let request = Request { caller: self.caller, action, resource, owner, context: &self.context };
        let identity: Vec<Arc<Document>> = documents(&self.identity);
        let policies = Policies {
            resource: self
                .resource
                .as_ref()
                .map_or(ResourcePolicy::None, |r| ResourcePolicy::Ordinary(&r.document)),
            identity: &identity,
            boundary: self.boundary.as_ref().map(|boundary| &*boundary.document),
            ..Policies::default()
        };
        let levels: Vec<Vec<Arc<Document>>> =
            self.organization.iter().map(|level| documents(level)).collect();
        let mut decision = evaluate(&request, &policies).decision;
        let mut matched = matched_statements(&request, &policies);
        let mut allowed_by_organizations = true;
        for (place, level) in levels.iter().enumerate() {
            let of_level = Policies { service_control: level, ..Policies::default() };
            let alone = evaluate(&request, &Policies { service_control: level, ..policies }).decision;
            allowed_by_organizations &= !matches!(
                alone,
                Decision::ImplicitDeny(PolicyType::ServiceControl)
                    | Decision::ExplicitDeny(PolicyType::ServiceControl)
            );
            decision = stricter(decision, alone);
            // Where a policy of a level stands is told by the place of the level as well.
            let numbered = matched_statements(&request, &of_level).into_iter();
            let before: usize = levels[..place].iter().map(Vec::len).sum();
            matched.extend(numbered.map(|m| Matched { policy: m.policy + before, ..m }));
        }
        let bounded = policies.boundary.is_some().then(|| {
            let alone = documents(self.boundary.as_slice());
            let alone = Policies { identity: &alone, ..Policies::default() };
            Some(evaluate(&request, &alone).is_allowed())
        });
        EvaluationResult {
            eval_action_name: action.clone(),
            eval_resource_name: Some(resource.clone()),
            eval_decision: told(decision),
            matched_statements: Some(self.statements(decision, &matched)),
            missing_context_values: Some(missing.to_vec()),
            organizations_decision_detail: (!levels.is_empty()).then_some(OrganizationsDecisionDetail {
                allowed_by_organizations: Some(allowed_by_organizations),
            }),
            permissions_boundary_decision_detail: bounded.map(|allowed_by_permissions_boundary| {
                PermissionsBoundaryDecisionDetail { allowed_by_permissions_boundary }
            }),
            eval_decision_details: None,
            resource_specific_results: None,
        }
    }

    /// The statements that the decision rests on: of a denial those that deny, of what nobody allowed none (IAM API EvaluationResult).
    fn statements(&self, decision: Decision, matched: &[Matched]) -> Vec<Statement> {
        let denied = match decision {
            Decision::Allowed => false,
            Decision::ExplicitDeny(_) => true,
            Decision::ImplicitDeny(_) => return Vec::new(),
        };
        let found = matched.iter().filter_map(|matched| {
            let source = self.source(matched)?;
            (source.document.denies(matched.statement) == denied)
                .then(|| statement(source, matched.statement))
        });
        found.collect()
    }

    fn source(&self, matched: &Matched) -> Option<&Source> {
        match matched.policy_type {
            PolicyType::Identity => self.identity.get(matched.policy),
            PolicyType::Boundary => self.boundary.as_ref(),
            PolicyType::Resource => self.resource.as_ref(),
            PolicyType::ServiceControl => self.organization.iter().flatten().nth(matched.policy),
            PolicyType::Endpoint | PolicyType::Trust | PolicyType::Session => None,
        }
    }

    /// The context keys that the policies ask for and nobody gave.
    fn missing(&self) -> Vec<ByteString> {
        let all = self.identity.iter().chain(&self.boundary).chain(&self.resource);
        let all = all.chain(self.organization.iter().flatten()).map(|source| &*source.document);
        let mut keys = context_keys(all);
        keys.retain(|key| !self.context.has(key));
        keys
    }
}

fn documents(sources: &[Source]) -> Vec<Arc<Document>> {
    sources.iter().map(|source| Arc::clone(&source.document)).collect()
}

/// An explicit denial goes before an implicit one, that before leave.
fn stricter(one: Decision, other: Decision) -> Decision {
    match (one, other) {
        (Decision::ExplicitDeny(_), _) | (_, Decision::Allowed) => one,
        (Decision::ImplicitDeny(_), Decision::ImplicitDeny(_)) => one,
        _ => other,
    }
}

fn told(decision: Decision) -> PolicyEvaluationDecisionType {
    match decision {
        Decision::Allowed => PolicyEvaluationDecisionType::Allowed,
        Decision::ImplicitDeny(_) => PolicyEvaluationDecisionType::ImplicitDeny,
        Decision::ExplicitDeny(_) => PolicyEvaluationDecisionType::ExplicitDeny,
    }
}

fn statement(source: &Source, index: usize) -> Statement {
    let span = source.span(index);
    let position = |at: crate::iam::policy::Position| Position {
        line: i32::try_from(at.line).ok(),
        column: i32::try_from(at.column).ok(),
    };
    let source_policy_type: PolicySourceType = source.kind;
    Statement {
        source_policy_id: Some(source.id.as_str().into()),
        source_policy_type: Some(source_policy_type),
        start_position: span.map(|span| position(span.start)),
        end_position: span.map(|span| position(span.end)),
    }
}
