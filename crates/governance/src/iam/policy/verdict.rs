//! What is decided, and how a denial is told.

use super::request::{Caller, Request};

/// The kinds of policies a request is judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PolicyType {
    /// Of the organization above the account.
    ServiceControl,
    /// Of the listener the request came in by.
    Endpoint,
    /// On the resource, a KMS key's among them.
    Resource,
    /// On the role that is to be assumed.
    Trust,
    /// On the user, its groups or the role.
    Identity,
    /// The boundary of the user or role.
    Boundary,
    /// Given when the session was made.
    Session,
}

/// A statement that had a say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Matched {
    /// The kind of its policy.
    pub policy_type: PolicyType,
    /// The policy's place among those of its kind, from 0.
    pub policy: usize,
    /// The statement's place in the document, from 0.
    pub statement: usize,
}

/// Whether the request may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It may.
    Allowed,
    /// Nothing of this kind allows it.
    ImplicitDeny(PolicyType),
    /// A statement of this kind forbids it.
    ExplicitDeny(PolicyType),
}

/// The decision and what it rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The decision.
    pub decision: Decision,
    /// The statement that denied, or the last that was needed to allow; none where nothing spoke (an implicit denial, the root's own
    /// right).
    pub by: Option<Matched>,
    /// Whether another request of the same caller for the same action and resource may be decided otherwise, by the same policies:
    /// a condition or variable asked for a key that is not of the principal. Else the verdict may be kept.
    pub depends_on_request: bool,
}

impl Verdict {
    /// Whether it may happen.
    pub fn is_allowed(&self) -> bool {
        self.decision == Decision::Allowed
    }

    /// What AWS says of the denial, none if there is none (IAM troubleshoot_access-denied).
    pub fn denial(&self, request: &Request<'_>) -> Option<String> {
        let Request { action, resource, .. } = request;
        if let (false, Caller::WebIdentity { .. }) = (self.is_allowed(), request.caller) {
            // aws-actions/configure-aws-credentials#318 and many more.
            return Some(format!("Not authorized to perform {action}"));
        }
        let why = match self.decision {
            Decision::Allowed => return None,
            Decision::ImplicitDeny(kind) => {
                format!("because no {} allows the {action} action", policy_name(kind))
            }
            Decision::ExplicitDeny(kind) => {
                format!("with an explicit deny in {} {}", article(kind), policy_name(kind))
            }
        };
        let who = request.caller.name();
        Some(format!("User: {who} is not authorized to perform: {action} on resource: {resource} {why}"))
    }
}

fn policy_name(kind: PolicyType) -> &'static str {
    match kind {
        PolicyType::ServiceControl => "service control policy",
        PolicyType::Endpoint => "VPC endpoint policy",
        PolicyType::Resource => "resource-based policy",
        PolicyType::Trust => "role trust policy",
        PolicyType::Identity => "identity-based policy",
        PolicyType::Boundary => "permissions boundary",
        PolicyType::Session => "session policy",
    }
}

fn article(kind: PolicyType) -> &'static str {
    match kind {
        PolicyType::Trust => "the",
        PolicyType::Identity => "an",
        _ => "a",
    }
}
