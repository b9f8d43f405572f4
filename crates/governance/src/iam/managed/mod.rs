//! Managed policies, their versions, and what they hang on: one file per operation.

mod attach_group_policy;
mod attach_role_policy;
mod attach_user_policy;
mod create_policy;
mod create_policy_version;
mod delete_policy;
mod delete_policy_version;
mod detach_group_policy;
mod detach_role_policy;
mod detach_user_policy;
mod get_policy;
mod get_policy_version;
mod list_attached_group_policies;
mod list_attached_role_policies;
mod list_attached_user_policies;
mod list_entities_for_policy;
mod list_policies;
mod list_policy_tags;
mod list_policy_versions;
mod set_default_policy_version;
mod tag_policy;
mod untag_policy;

use std::collections::HashMap;
use std::sync::Arc;

use anabranch_api::Context;
use anabranch_api::iam::{AttachedPolicy, Error, Policy, PolicyVersion};
use anabranch_types::Timestamp;

use super::aws_managed::{self, AwsPolicy};
use super::entity::{self, Entity, find_mut};
use super::identities::{Draft, PolicyRef, PolicyText, StoredPolicy, StoredVersion, lower};
use super::names::IamArn;
use super::policy::quota::MANAGED_POLICY_CHARACTERS_MAX;
use super::{errors, limits, names, tagging};

/// A managed policy that there is.
enum Found<'a> {
    /// AWS's, with its path and name.
    Aws(&'a str, &'static AwsPolicy),
    /// The account's.
    Own(&'a Arc<StoredPolicy>),
}

impl Found<'_> {
    fn reference(&self) -> PolicyRef {
        match self {
            Found::Aws(key, _) => PolicyRef::Aws((*key).to_owned()),
            Found::Own(policy) => PolicyRef::Own(lower(&policy.name)),
        }
    }
}

/// The policy that an ARN names, if there is one. ARNs are told apart by case.
fn look_up<'a>(cx: &Context, draft: &'a Draft, arn: &'a str) -> Result<Option<Found<'a>>, Error> {
    if !arn.starts_with("arn:") || arn.split(':').count() < 6 {
        return Err(errors::invalid_arn());
    }
    let parsed = IamArn::parse(arn, cx.partition).filter(|parsed| parsed.kind == "policy");
    let parsed = parsed.ok_or_else(|| errors::arn_of_no_policy(arn))?;
    Ok(match parsed.account {
        None => {
            aws_managed::find(parsed.path_and_name).map(|policy| Found::Aws(parsed.path_and_name, policy))
        }
        Some(account) if account == cx.account => {
            let (path, name) = parsed.split();
            let found = draft.policies.get(&lower(name));
            found.filter(|policy| policy.name == name && policy.path == path).map(Found::Own)
        }
        Some(_) => None,
    })
}

/// The policy that an ARN names.
fn find<'a>(cx: &Context, draft: &'a Draft, arn: &'a str) -> Result<Found<'a>, Error> {
    look_up(cx, draft, arn)?.ok_or_else(|| errors::no_policy(arn))
}

/// The policy of the account's own that an ARN names; nobody can change another.
fn find_own<'a>(
    cx: &Context,
    draft: &'a Draft,
    action: &str,
    arn: &'a str,
) -> Result<&'a Arc<StoredPolicy>, Error> {
    match find(cx, draft, arn)? {
        Found::Own(policy) => Ok(policy),
        Found::Aws(..) => Err(errors::policy_not_own(cx, action, arn)),
    }
}

/// The same, to be changed.
fn find_own_mut<'a>(
    cx: &Context,
    draft: &'a mut Draft,
    action: &str,
    arn: &str,
) -> Result<&'a mut StoredPolicy, Error> {
    let key = lower(&find_own(cx, draft, action, arn)?.name);
    draft.policies.get_mut(&key).map(Arc::make_mut).ok_or_else(|| errors::no_policy(arn))
}

/// A policy as a permissions boundary.
pub(super) fn boundary(cx: &Context, draft: &Draft, arn: &str) -> Result<PolicyRef, Error> {
    let found = look_up(cx, draft, arn)?.ok_or_else(|| errors::boundary_not_attachable(arn))?;
    Ok(found.reference())
}

fn attach<E: Entity>(cx: &Context, draft: &mut Draft, owner: &str, arn: &str) -> Result<(), Error> {
    entity::find::<E>(draft, owner)?;
    let policy = look_up(cx, draft, arn)?.ok_or_else(|| errors::not_attachable(arn))?.reference();
    let attached = find_mut::<E>(draft, owner)?.attached_mut();
    if attached.insert(policy) && attached.len() > limits::ATTACHED_MAX {
        return Err(errors::cannot_exceed(&format!("PoliciesPer{}", E::KIND.name()), limits::ATTACHED_MAX));
    }
    Ok(())
}

fn detach<E: Entity>(cx: &Context, draft: &mut Draft, owner: &str, arn: &str) -> Result<(), Error> {
    entity::find::<E>(draft, owner)?;
    let policy = find(cx, draft, arn)?.reference();
    let removed = find_mut::<E>(draft, owner)?.attached_mut().remove(&policy);
    if removed { Ok(()) } else { Err(errors::no_policy(arn)) }
}

/// The policies attached to an entity whose paths begin with `prefix`, each under a key of its own.
fn attached<E: Entity>(
    cx: &Context,
    draft: &Draft,
    owner: &str,
    prefix: &str,
) -> Result<Vec<(String, AttachedPolicy)>, Error> {
    let policies = entity::find::<E>(draft, owner)?.attached().iter();
    let policies = policies.filter(|policy| path(draft, policy).starts_with(prefix));
    let keyed = policies.map(|policy| {
        let whose = if matches!(policy, PolicyRef::Aws(_)) { "aws" } else { "own" };
        let key = format!("{whose} {}", entity::policy_name(draft, policy));
        (key, entity::attached_policy(cx, draft, policy))
    });
    let mut keyed: Vec<_> = keyed.collect();
    keyed.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(keyed)
}

fn path<'a>(draft: &'a Draft, policy: &PolicyRef) -> &'a str {
    match policy {
        PolicyRef::Aws(key) => aws_managed::find(key).map_or("/", |policy| policy.path),
        PolicyRef::Own(key) => draft.policies.get(key).map_or("/", |policy| &policy.path),
    }
}

/// A document that a managed policy may have.
fn managed_text(document: &str) -> Result<PolicyText, Error> {
    let text = PolicyText::parse(document)?;
    if text.characters() > MANAGED_POLICY_CHARACTERS_MAX {
        return Err(errors::cannot_exceed("PolicySize", MANAGED_POLICY_CHARACTERS_MAX));
    }
    Ok(text)
}

/// The 1 of `v1`.
fn number(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.parse().ok()
}

/// On how much each managed policy hangs.
#[derive(Default)]
pub(super) struct Usage {
    attached: HashMap<PolicyRef, i32>,
    bounding: HashMap<PolicyRef, i32>,
}

impl Usage {
    /// Counts everything of an account.
    pub(super) fn of(draft: &Draft) -> Self {
        let mut usage = Self::default();
        draft.users.values().for_each(|user| usage.count(&**user));
        draft.groups.values().for_each(|group| usage.count(&**group));
        draft.roles.values().for_each(|role| usage.count(&**role));
        usage
    }

    fn count<E: Entity>(&mut self, entity: &E) {
        for policy in entity.attached() {
            *self.attached.entry(policy.clone()).or_default() += 1;
        }
        if let Some(policy) = entity.boundary() {
            *self.bounding.entry(policy.clone()).or_default() += 1;
        }
    }

    /// To how many users, groups and roles it is attached.
    pub(super) fn attached(&self, policy: &PolicyRef) -> i32 {
        self.attached.get(policy).copied().unwrap_or_default()
    }

    /// How many users and roles it bounds.
    pub(super) fn bounding(&self, policy: &PolicyRef) -> i32 {
        self.bounding.get(policy).copied().unwrap_or_default()
    }
}

/// A policy of the account's own as answers have it.
pub(super) fn described(cx: &Context, policy: &StoredPolicy, usage: &Usage) -> Policy {
    let own = PolicyRef::Own(lower(&policy.name));
    Policy {
        policy_name: Some(policy.name.as_str().into()),
        policy_id: Some(policy.id.as_str().into()),
        arn: Some(names::arn(cx, "policy", &policy.path, &policy.name).into()),
        path: Some(policy.path.as_str().into()),
        default_version_id: Some(format!("v{}", policy.default).into()),
        attachment_count: Some(usage.attached(&own)),
        permissions_boundary_usage_count: Some(usage.bounding(&own)),
        is_attachable: Some(true),
        description: policy.description.as_deref().map(Into::into),
        create_date: Some(Timestamp::from_millis(policy.created_ms)),
        update_date: Some(Timestamp::from_millis(policy.updated_ms)),
        tags: (!policy.tags.is_empty()).then(|| tagging::listed(&policy.tags)),
    }
}

/// A policy that AWS manages as answers have it.
pub(super) fn described_aws(cx: &Context, key: &str, policy: &'static AwsPolicy, usage: &Usage) -> Policy {
    let aws = PolicyRef::Aws(key.to_owned());
    Policy {
        policy_name: Some(policy.name.into()),
        policy_id: Some(policy.id.into()),
        arn: Some(format!("arn:{}:iam::aws:policy/{key}", cx.partition).into()),
        path: Some(policy.path.into()),
        default_version_id: Some("v1".into()),
        attachment_count: Some(usage.attached(&aws)),
        permissions_boundary_usage_count: Some(usage.bounding(&aws)),
        is_attachable: Some(true),
        description: Some(policy.description.into()),
        create_date: Some(policy.created),
        update_date: Some(policy.created),
        tags: None,
    }
}

/// A version as answers have it.
pub(super) fn described_version(
    version: &StoredVersion,
    is_default: bool,
    document: Option<String>,
) -> PolicyVersion {
    PolicyVersion {
        document: document.map(Into::into),
        version_id: Some(format!("v{}", version.number).into()),
        is_default_version: Some(is_default),
        create_date: Some(Timestamp::from_millis(version.created_ms)),
    }
}

/// The one version of a policy that AWS manages.
pub(super) fn described_aws_version(policy: &AwsPolicy, document: Option<String>) -> PolicyVersion {
    PolicyVersion {
        document: document.map(Into::into),
        version_id: Some("v1".into()),
        is_default_version: Some(true),
        create_date: Some(policy.created),
    }
}
