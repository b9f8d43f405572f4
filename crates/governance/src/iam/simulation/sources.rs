//! The policies of a simulation, each with its text and what it is called.

use std::sync::{Arc, OnceLock};

use anabranch_api::Context;
use anabranch_api::iam::{
    AttachmentType, Error, PolicyIdentifier, PolicyIdentifierPolicyType, PolicySourceType,
};
use bytestring::ByteString;

use super::check_count;
use crate::iam::entity::{self, Entity};
use crate::iam::errors::{self, Kind};
use crate::iam::identities::{Account, Draft, PolicyRef, PolicyText, StoredGroup, StoredRole, StoredUser};
use crate::iam::names::IamArn;
use crate::iam::policy::{Document, DocumentKind, Span, statement_spans};
use crate::iam::{aws_managed, names};

/// A policy of a simulation.
pub(super) struct Source {
    pub(super) id: String,
    pub(super) kind: PolicySourceType,
    pub(super) text: Arc<str>,
    pub(super) document: Arc<Document>,
    origin: Origin,
    /// Where its statements stand, once somebody asked.
    spans: OnceLock<Vec<Span>>,
}

/// Where a policy comes from, for those who want it left out.
enum Origin {
    /// The request.
    Input,
    /// What it is inline in.
    Inline { owner: PolicySourceType, owner_name: String, name: String },
    /// Its ARN.
    Managed(String),
}

/// Whose policies are simulated.
pub(super) struct Principal {
    /// Which of them it is.
    pub(super) kind: Kind,
    /// Without path.
    pub(super) name: String,
    /// `AIDA…`, `AROA…`, `AGPA…`
    pub(super) id: String,
    /// What hangs on it; of users, on their groups as well.
    pub(super) identity: Vec<Source>,
    /// Its boundary.
    pub(super) boundary: Option<Source>,
}

/// Policies that a request brings along, of a list of this name.
pub(super) fn input(
    list: &str,
    policies: Option<&[ByteString]>,
    kind: DocumentKind,
) -> Result<Vec<Source>, Error> {
    let policies = policies.unwrap_or_default();
    check_count(policies.len())?;
    let sources = (1..).zip(policies).map(|(place, text)| {
        let document =
            Document::parse(text, kind).map_err(|malformed| errors::invalid_input_policy(&malformed))?;
        let id = format!("{list}.{place}");
        Ok(Source {
            id,
            kind: PolicySourceType::None,
            text: (&**text).into(),
            document: Arc::new(document),
            origin: Origin::Input,
            spans: OnceLock::new(),
        })
    });
    sources.collect()
}

impl Principal {
    /// The user, group or role of the caller's account that an ARN names.
    pub(super) fn find(cx: &Context, account: &Account, arn: &str) -> Result<Self, Error> {
        let parsed = IamArn::parse(arn, cx.partition).filter(|parsed| parsed.account == Some(cx.account));
        let parsed = parsed.ok_or_else(|| errors::arn_of_no_principal(arn))?;
        let (path, name) = parsed.split();
        let draft = &account.stored;
        let (found_path, principal) = match parsed.kind {
            "user" => {
                let user = entity::find::<StoredUser>(draft, name)?;
                let mut identity = of_entity(cx, draft, &**user, PolicySourceType::User);
                for group in draft.groups.values().filter(|group| user.groups.contains(&group.id)) {
                    identity.extend(of_entity(cx, draft, &**group, PolicySourceType::Group));
                }
                (&user.path, Self::of(cx, draft, &**user, &user.id, identity))
            }
            "group" => {
                let group = entity::find::<StoredGroup>(draft, name)?;
                let identity = of_entity(cx, draft, &**group, PolicySourceType::Group);
                (&group.path, Self::of(cx, draft, &**group, &group.id, identity))
            }
            "role" => {
                let role = entity::find::<StoredRole>(draft, name)?;
                let identity = of_entity(cx, draft, &**role, PolicySourceType::Role);
                (&role.path, Self::of(cx, draft, &**role, &role.id, identity))
            }
            _ => return Err(errors::arn_of_no_principal(arn)),
        };
        if *found_path == path { Ok(principal) } else { Err(errors::no_entity(principal.kind, name)) }
    }

    /// Leaves out what the request wants left out (IAM API PolicyIdentifier).
    pub(super) fn exclude(&mut self, exclusions: &[PolicyIdentifier]) {
        self.identity.retain(|source| !exclusions.iter().any(|exclusion| source.is_excluded_by(exclusion)));
        let no_boundary = exclusions
            .iter()
            .any(|exclusion| exclusion.policy_type == Some(PolicyIdentifierPolicyType::PermissionBoundary));
        if no_boundary {
            self.boundary = None;
        }
    }

    fn of<E: Entity>(cx: &Context, draft: &Draft, entity: &E, id: &str, identity: Vec<Source>) -> Self {
        let boundary = entity.boundary().and_then(|policy| managed(cx, draft, policy));
        Self { kind: E::KIND, name: entity.name().to_owned(), id: id.to_owned(), identity, boundary }
    }
}

fn of_entity<E: Entity>(cx: &Context, draft: &Draft, entity: &E, kind: PolicySourceType) -> Vec<Source> {
    let inline = entity.inline().iter().map(|(name, text)| {
        let id = format!("{}_{}_{name}", E::KIND.word(), entity.name());
        let origin = Origin::Inline { owner: kind, owner_name: entity.name().to_owned(), name: name.clone() };
        source(id, kind, text, origin)
    });
    let managed = entity.attached().iter().filter_map(|policy| managed(cx, draft, policy));
    inline.chain(managed).collect()
}

fn managed(cx: &Context, draft: &Draft, policy: &PolicyRef) -> Option<Source> {
    let origin = Origin::Managed(names::policy_arn(cx, draft, policy));
    match policy {
        PolicyRef::Aws(key) => {
            let policy = aws_managed::find(key)?;
            Some(source(policy.name.to_owned(), PolicySourceType::AwsManaged, &policy.text, origin))
        }
        PolicyRef::Own(key) => {
            let policy = draft.policies.get(key)?;
            let version = policy.default_version()?;
            Some(source(policy.name.clone(), PolicySourceType::UserManaged, &version.text, origin))
        }
    }
}

fn source(id: String, kind: PolicySourceType, text: &PolicyText, origin: Origin) -> Source {
    let document = Arc::clone(text.document());
    Source { id, kind, text: text.text().into(), document, origin, spans: OnceLock::new() }
}

impl Source {
    /// Where a statement stands in the text.
    pub(super) fn span(&self, statement: usize) -> Option<Span> {
        self.spans.get_or_init(|| statement_spans(&self.text)).get(statement).copied()
    }

    /// Whether the request wants the policy left out. What it brought along itself stays.
    fn is_excluded_by(&self, exclusion: &PolicyIdentifier) -> bool {
        let by_type = exclusion.policy_type.is_some_and(|excluded| match &self.origin {
            Origin::Input => false,
            Origin::Inline { .. } => excluded == PolicyIdentifierPolicyType::Inline,
            Origin::Managed(_) if self.kind == PolicySourceType::AwsManaged => {
                excluded == PolicyIdentifierPolicyType::AwsManaged
            }
            Origin::Managed(_) => excluded == PolicyIdentifierPolicyType::UserManaged,
        });
        let by_arn = matches!((&self.origin, &exclusion.policy_arn), (Origin::Managed(arn), Some(excluded)) if **arn == **excluded);
        let by_name = match (&self.origin, &exclusion.inline_policy_identifier) {
            (Origin::Inline { owner, owner_name, name }, Some(excluded)) => {
                let kind = match excluded.attachment_type {
                    AttachmentType::User => PolicySourceType::User,
                    AttachmentType::Group => PolicySourceType::Group,
                    AttachmentType::Role => PolicySourceType::Role,
                };
                *owner == kind && **owner_name == *excluded.attachment_name && **name == *excluded.policy_name
            }
            _ => false,
        };
        by_type || by_arn || by_name
    }
}

/// The one policy of a list that may hold one.
pub(super) fn one(
    list: &str,
    policies: Option<&[ByteString]>,
    kind: DocumentKind,
) -> Result<Option<Source>, Error> {
    let mut sources = input(list, policies, kind)?;
    if sources.len() > 1 {
        return Err(errors::invalid_simulation(format!("{list} takes one policy.")));
    }
    Ok(sources.pop())
}
