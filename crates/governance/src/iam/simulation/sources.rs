//! The policies of a simulation, each with its text and what it is called.

use std::sync::Arc;

use anabranch_api::Context;
use anabranch_api::iam::{Error, PolicySourceType};
use bytestring::ByteString;

use super::check_count;
use crate::iam::aws_managed;
use crate::iam::entity::{self, Entity};
use crate::iam::errors::{self, Kind};
use crate::iam::identities::{
    Account, Draft, InlinePolicies, PolicyRef, PolicyText, StoredGroup, StoredRole, StoredUser,
};
use crate::iam::names::IamArn;
use crate::iam::policy::{Document, DocumentKind};

/// A policy of a simulation.
pub(super) struct Source {
    pub(super) id: String,
    pub(super) kind: PolicySourceType,
    pub(super) text: Arc<str>,
    pub(super) document: Arc<Document>,
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
        Ok(Source { id, kind: PolicySourceType::None, text: (&**text).into(), document: Arc::new(document) })
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
                let mut identity = of_entity(draft, &**user, PolicySourceType::User);
                for group in draft.groups.values().filter(|group| user.groups.contains(&group.id)) {
                    identity.extend(of_entity(draft, &**group, PolicySourceType::Group));
                }
                (&user.path, Self::of(draft, &**user, &user.id, identity))
            }
            "group" => {
                let group = entity::find::<StoredGroup>(draft, name)?;
                let identity = of_entity(draft, &**group, PolicySourceType::Group);
                (&group.path, Self::of(draft, &**group, &group.id, identity))
            }
            "role" => {
                let role = entity::find::<StoredRole>(draft, name)?;
                let identity = of_entity(draft, &**role, PolicySourceType::Role);
                (&role.path, Self::of(draft, &**role, &role.id, identity))
            }
            _ => return Err(errors::arn_of_no_principal(arn)),
        };
        if *found_path == path { Ok(principal) } else { Err(errors::no_entity(principal.kind, name)) }
    }

    fn of<E: Entity>(draft: &Draft, entity: &E, id: &str, identity: Vec<Source>) -> Self {
        let boundary = entity.boundary().and_then(|policy| managed(draft, policy));
        Self { kind: E::KIND, name: entity.name().to_owned(), id: id.to_owned(), identity, boundary }
    }
}

fn of_entity<E: Entity>(draft: &Draft, entity: &E, kind: PolicySourceType) -> Vec<Source> {
    let mut sources = inline(entity.inline(), &format!("{}_{}", E::KIND.word(), entity.name()), kind);
    sources.extend(entity.attached().iter().filter_map(|policy| managed(draft, policy)));
    sources
}

fn inline(policies: &InlinePolicies, owner: &str, kind: PolicySourceType) -> Vec<Source> {
    policies.iter().map(|(name, text)| source(format!("{owner}_{name}"), kind, text)).collect()
}

fn managed(draft: &Draft, policy: &PolicyRef) -> Option<Source> {
    match policy {
        PolicyRef::Aws(key) => {
            let policy = aws_managed::find(key)?;
            Some(source(policy.name.to_owned(), PolicySourceType::AwsManaged, &policy.text))
        }
        PolicyRef::Own(key) => {
            let policy = draft.policies.get(key)?;
            let version = policy.default_version()?;
            Some(source(policy.name.clone(), PolicySourceType::UserManaged, &version.text))
        }
    }
}

fn source(id: String, kind: PolicySourceType, text: &PolicyText) -> Source {
    Source { id, kind, text: text.text().into(), document: Arc::clone(text.document()) }
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
