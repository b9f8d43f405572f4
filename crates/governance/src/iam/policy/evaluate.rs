//! The order of evaluation (IAM reference_policies_evaluation-logic, reference_policies_evaluation-logic-cross-account).

use std::sync::Arc;

use super::document::Document;
use super::principal::Naming;
use super::request::{Asked, Caller, Request, ask};
use super::verdict::{Decision, Matched, PolicyType, Verdict};

/// The policy on a resource.
#[derive(Clone, Copy, Debug, Default)]
pub enum ResourcePolicy<'a> {
    /// There is none, and none is needed within the account.
    #[default]
    None,
    /// An ordinary one: what it is silent about, an identity policy of the same account may allow.
    Ordinary(&'a Document),
    /// A KMS key's: without its word nobody may, the account's root not excepted.
    Key(&'a Document),
    /// A role's trust policy: without its word nobody may.
    Trust(&'a Document),
}

/// All policies that a request is judged by.
#[derive(Clone, Copy, Debug, Default)]
pub struct Policies<'a> {
    /// Of the organization; one of them must allow, if there are any.
    pub service_control: &'a [Arc<Document>],
    /// Of the listener; must allow, if there is one.
    pub endpoint: Option<&'a Document>,
    /// On the resource.
    pub resource: ResourcePolicy<'a>,
    /// On the user and its groups, or on the role.
    pub identity: &'a [Arc<Document>],
    /// The boundary of the user or role.
    pub boundary: Option<&'a Document>,
    /// Those a session was made with; none if it was made without.
    pub session: Option<&'a [Arc<Document>]>,
}

/// Judges a request. Pure: the same arguments and context have the same verdict. Allocates nothing but for variables and what the
/// context allocates.
pub fn evaluate(request: &Request<'_>, policies: &Policies<'_>) -> Verdict {
    ask(request, |asked| {
        let judge = Judge { asked, policies };
        let (decision, by) = match judge.denied() {
            Some(matched) => (Decision::ExplicitDeny(matched.policy_type), Some(matched)),
            None => match judge.allowed() {
                Ok(by) => (Decision::Allowed, by),
                Err(kind) => (Decision::ImplicitDeny(kind), None),
            },
        };
        Verdict { decision, by, depends_on_request: asked.depends_on_request() }
    })
}

/// Every statement that applies to the request, in the order of [`PolicyType`]: what the simulator tells.
pub fn matched_statements(request: &Request<'_>, policies: &Policies<'_>) -> Vec<Matched> {
    let bounded = policies.boundary.is_some();
    let mut matched: Vec<_> = ask(request, |asked| {
        let statements = policies.each().flat_map(|(policy_type, policy, document)| {
            let applying =
                document.statements().filter(|statement| statement.applies(asked, bounded).is_some());
            applying.map(move |statement| Matched { policy_type, policy, statement: statement.index })
        });
        statements.collect()
    });
    matched.sort_by_key(|matched| (matched.policy_type, matched.policy, matched.statement));
    matched
}

/// An allowing statement, how it names the caller, and where it stands.
type Grant = (Naming, Matched);

struct Judge<'j, 'a> {
    asked: &'j Asked<'a>,
    policies: &'j Policies<'a>,
}

impl Judge<'_, '_> {
    /// The first statement that forbids.
    fn denied(&self) -> Option<Matched> {
        self.policies.each().find_map(|(policy_type, policy, document)| {
            let mut denies = document.denies.iter();
            let statement =
                denies.find(|statement| statement.applies(self.asked, self.is_bounded()).is_some())?;
            Some(Matched { policy_type, policy, statement: statement.index })
        })
    }

    /// The statement that allows, none for the root's own right; else the kind of policy whose word is missing.
    fn allowed(&self) -> Result<Option<Matched>, PolicyType> {
        self.guarded()?;
        let request = self.asked.request;
        let Some(account) = request.caller.account() else {
            // Who has no account has no policies: only the resource's can allow.
            return self.required_grant().map(|(_, by)| Some(by));
        };
        if request.owner.is_some_and(|owner| owner != account) {
            self.identity_side()?;
            return self.required_grant().map(|(_, by)| Some(by));
        }
        match self.granted() {
            None if self.must_be_granted() => Err(self.resource_type()),
            Some((Naming::Itself, by)) => Ok(Some(by)),
            Some((Naming::Issuer, by)) => self.limits().map(|limit| limit.or(Some(by))),
            Some((Naming::Account, _)) | None => self.identity_side(),
        }
    }

    /// What stands above every principal: the organization's policies and the listener's.
    fn guarded(&self) -> Result<(), PolicyType> {
        if !self.policies.service_control.is_empty() {
            self.allow_of(PolicyType::ServiceControl, self.policies.service_control)?;
        }
        match self.policies.endpoint {
            Some(endpoint) if self.grant_of(PolicyType::Endpoint, endpoint).is_none() => {
                Err(PolicyType::Endpoint)
            }
            _ => Ok(()),
        }
    }

    /// What the caller's own account allows.
    fn identity_side(&self) -> Result<Option<Matched>, PolicyType> {
        if let Caller::Root { .. } = self.asked.request.caller {
            return Ok(None);
        }
        let by = self.allow_of(PolicyType::Identity, self.policies.identity)?;
        self.limits()?;
        Ok(Some(by))
    }

    /// What the boundary and the session leave of it. A federated user's session without a policy leaves nothing.
    fn limits(&self) -> Result<Option<Matched>, PolicyType> {
        let mut by = None;
        if let Some(boundary) = self.policies.boundary {
            by = Some(self.grant_of(PolicyType::Boundary, boundary).ok_or(PolicyType::Boundary)?.1);
        }
        match (self.policies.session, self.asked.request.caller) {
            (Some(session), _) => by = Some(self.allow_of(PolicyType::Session, session)?),
            (None, Caller::FederatedUser { .. }) => return Err(PolicyType::Session),
            (None, _) => {}
        }
        Ok(by)
    }

    /// The first statement of these policies that allows.
    fn allow_of(&self, policy_type: PolicyType, documents: &[Arc<Document>]) -> Result<Matched, PolicyType> {
        let found = documents.iter().enumerate().find_map(|(policy, document)| {
            let mut allows = document.allows.iter();
            let statement = allows.find(|statement| statement.applies(self.asked, false).is_some())?;
            Some(Matched { policy_type, policy, statement: statement.index })
        });
        found.ok_or(policy_type)
    }

    /// The statement of the policy that allows and names the caller most closely.
    fn grant_of(&self, policy_type: PolicyType, document: &Document) -> Option<Grant> {
        let mut closest: Option<Grant> = None;
        for statement in &document.allows {
            let Some(naming) = statement.applies(self.asked, self.is_bounded()) else { continue };
            if closest.is_none_or(|(found, _)| naming > found) {
                closest = Some((naming, Matched { policy_type, policy: 0, statement: statement.index }));
            }
            if naming == Naming::Itself {
                break;
            }
        }
        closest
    }

    /// What the resource's policy grants.
    fn granted(&self) -> Option<Grant> {
        self.grant_of(self.resource_type(), self.policies.resource.document()?)
    }

    fn required_grant(&self) -> Result<Grant, PolicyType> {
        self.granted().ok_or(self.resource_type())
    }

    fn must_be_granted(&self) -> bool {
        matches!(self.policies.resource, ResourcePolicy::Key(_) | ResourcePolicy::Trust(_))
    }

    fn resource_type(&self) -> PolicyType {
        self.policies.resource.policy_type()
    }

    fn is_bounded(&self) -> bool {
        self.policies.boundary.is_some()
    }
}

impl<'a> ResourcePolicy<'a> {
    /// The policy, whatever rests on it.
    pub fn document(self) -> Option<&'a Document> {
        match self {
            Self::None => None,
            Self::Ordinary(document) | Self::Key(document) | Self::Trust(document) => Some(document),
        }
    }

    fn policy_type(self) -> PolicyType {
        match self {
            Self::Trust(_) => PolicyType::Trust,
            Self::None | Self::Ordinary(_) | Self::Key(_) => PolicyType::Resource,
        }
    }
}

impl<'a> Policies<'a> {
    /// Every policy with its kind and its place, in the order in which denials are looked for.
    fn each(&self) -> impl Iterator<Item = (PolicyType, usize, &'a Document)> {
        let list = |kind, documents: &'a [Arc<Document>]| {
            documents.iter().enumerate().map(move |(i, document)| (kind, i, &**document))
        };
        let one = |kind, document: Option<&'a Document>| {
            document.into_iter().map(move |document| (kind, 0, document))
        };
        list(PolicyType::ServiceControl, self.service_control)
            .chain(one(PolicyType::Endpoint, self.endpoint))
            .chain(one(self.resource.policy_type(), self.resource.document()))
            .chain(list(PolicyType::Identity, self.identity))
            .chain(one(PolicyType::Boundary, self.boundary))
            .chain(list(PolicyType::Session, self.session.unwrap_or_default()))
    }
}
