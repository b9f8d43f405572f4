//! A question to the evaluators, its policies as text.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::super::{
    Caller, ContextKeys, ContextValue, Decision, Document, DocumentKind, Matched, Policies, PolicyType,
    Request, ResourcePolicy, Verdict, evaluate, matched_statements,
};

/// The user of a question that names nobody else, and whose federated users all are.
pub(in crate::iam::policy) const ALICE: &str = "arn:aws:iam::111111111111:user/alice";

/// The values of a context, as a test gives them.
#[derive(Clone, Debug, Default, Deserialize)]
pub(in crate::iam::policy) struct Context(pub(super) BTreeMap<String, Values>);

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(in crate::iam::policy) enum Values {
    One(String),
    Many(Vec<String>),
}

impl Context {
    pub(in crate::iam::policy) fn new(entries: impl IntoIterator<Item = (String, Values)>) -> Self {
        Self(entries.into_iter().map(|(key, values)| (key.to_lowercase(), values)).collect())
    }

    pub(in crate::iam::policy) fn get(&self, lower: &str) -> Option<&Values> {
        self.0.get(lower)
    }
}

impl ContextKeys for Context {
    fn value(&self, key: &str) -> Option<ContextValue<'_>> {
        Some(match self.get(key)? {
            Values::One(one) => ContextValue::One(one.into()),
            Values::Many(many) => ContextValue::Many(many.iter().map(Into::into).collect()),
        })
    }
}

/// The texts of the policies of a request.
#[derive(Clone, Debug, Default)]
pub(in crate::iam::policy) struct Texts {
    pub(in crate::iam::policy) scp: Vec<String>,
    pub(in crate::iam::policy) endpoint: Option<String>,
    /// `resource`, `key` or `trust`, and the policy.
    pub(in crate::iam::policy) resource: Option<(&'static str, String)>,
    pub(in crate::iam::policy) identity: Vec<String>,
    pub(in crate::iam::policy) boundary: Option<String>,
    pub(in crate::iam::policy) session: Option<Vec<String>>,
}

/// A caller by ARN or name, and all a caller may have.
#[derive(Clone, Debug)]
pub(in crate::iam::policy) struct Who {
    pub(in crate::iam::policy) name: String,
    pub(in crate::iam::policy) role_arn: String,
}

/// One question.
#[derive(Clone, Debug)]
pub(in crate::iam::policy) struct Question {
    pub(in crate::iam::policy) texts: Texts,
    pub(in crate::iam::policy) who: Who,
    pub(in crate::iam::policy) action: String,
    pub(in crate::iam::policy) resource: String,
    pub(in crate::iam::policy) owner: Option<String>,
    pub(in crate::iam::policy) context: Context,
}

/// Ids of all users and roles.
pub(in crate::iam::policy) const USER_ID: &str = "AIDAEXAMPLEUSER00001";
pub(in crate::iam::policy) const ROLE_ID: &str = "AROAEXAMPLEROLE00001";

impl Who {
    pub(in crate::iam::policy) fn new(name: &str, role: Option<&str>) -> Self {
        let role_arn = role.map(str::to_owned).unwrap_or_else(|| {
            let role = name.split(":assumed-role/").nth(1).and_then(|rest| rest.split('/').next());
            format!("arn:aws:iam::{}:role/{}", account(name).unwrap_or_default(), role.unwrap_or_default())
        });
        Self { name: name.to_owned(), role_arn }
    }

    fn caller(&self) -> Caller<'_> {
        let (arn, id) = (&*self.name, USER_ID);
        let Some(account) = account(arn).and_then(|account| account.parse().ok()) else {
            return match arn {
                "anonymous" => Caller::Anonymous,
                name if name.starts_with("web:") => Caller::WebIdentity { provider: &name[4..] },
                name => Caller::Service { name },
            };
        };
        match arn {
            _ if arn.ends_with(":root") => Caller::Root { account, arn },
            _ if arn.contains(":assumed-role/") => {
                Caller::RoleSession { account, arn, role_arn: &self.role_arn, role_id: ROLE_ID }
            }
            _ if arn.contains(":federated-user/") => Caller::FederatedUser { account, arn, user_arn: ALICE },
            _ => Caller::User { account, arn, id },
        }
    }
}

/// The account of an ARN, none where it is empty or there is no ARN.
pub(super) fn account(arn: &str) -> Option<&str> {
    arn.strip_prefix("arn:")?.split(':').nth(3).filter(|account| !account.is_empty())
}

/// Judges with the evaluator.
pub(in crate::iam::policy) fn judge(question: &Question) -> (Verdict, Vec<Matched>, Option<String>) {
    let parse = |kind| {
        move |text: &String| {
            Arc::new(Document::parse(text, kind).unwrap_or_else(|refusal| panic!("{refusal}: {text}")))
        }
    };
    let texts = &question.texts;
    let identity: Vec<_> = texts.identity.iter().map(parse(DocumentKind::Identity)).collect();
    let scp: Vec<_> = texts.scp.iter().map(parse(DocumentKind::Identity)).collect();
    let session: Option<Vec<_>> =
        texts.session.as_ref().map(|texts| texts.iter().map(parse(DocumentKind::Identity)).collect());
    let boundary = texts.boundary.as_ref().map(parse(DocumentKind::Identity));
    let endpoint = texts.endpoint.as_ref().map(parse(DocumentKind::Resource));
    let resource = texts.resource.as_ref().map(|(kind, text)| {
        (*kind, parse(if *kind == "trust" { DocumentKind::Trust } else { DocumentKind::Resource })(text))
    });
    let policies = Policies {
        service_control: &scp,
        endpoint: endpoint.as_deref(),
        resource: match &resource {
            None => ResourcePolicy::None,
            Some(("trust", document)) => ResourcePolicy::Trust(document),
            Some(("key", document)) => ResourcePolicy::Key(document),
            Some((_, document)) => ResourcePolicy::Ordinary(document),
        },
        identity: &identity,
        boundary: boundary.as_deref(),
        session: session.as_deref(),
    };
    let request = Request {
        caller: question.who.caller(),
        action: &question.action,
        resource: &question.resource,
        owner: question.owner.as_ref().map(|owner| owner.parse().unwrap()),
        context: &question.context,
    };
    let verdict = evaluate(&request, &policies);
    (verdict, matched_statements(&request, &policies), verdict.denial(&request))
}

/// A decision as the data has it.
pub(in crate::iam::policy) fn shown(decision: Decision) -> String {
    match decision {
        Decision::Allowed => "allowed".to_owned(),
        Decision::ImplicitDeny(kind) => format!("no {}", type_name(kind)),
        Decision::ExplicitDeny(kind) => format!("deny {}", type_name(kind)),
    }
}

pub(super) fn type_name(kind: PolicyType) -> &'static str {
    match kind {
        PolicyType::ServiceControl => "scp",
        PolicyType::Endpoint => "endpoint",
        PolicyType::Resource => "resource",
        PolicyType::Trust => "trust",
        PolicyType::Identity => "identity",
        PolicyType::Boundary => "boundary",
        PolicyType::Session => "session",
    }
}
