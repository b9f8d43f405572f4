//! What users, groups and roles have in common.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anabranch_api::Context;
use anabranch_api::iam::{
    AttachedPermissionsBoundary, AttachedPolicy, Error, PermissionsBoundaryAttachmentType, PolicyDetail,
};

use super::errors::{self, Kind};
use super::identities::{Draft, InlinePolicies, PolicyRef, StoredGroup, StoredRole, StoredUser, lower};
use super::policy::quota;
use super::{aws_managed, names};

/// A user, group or role.
pub(super) trait Entity: Clone + Sized {
    /// Which of them.
    const KIND: Kind;
    /// What its inline policies may have together.
    const INLINE_CHARACTERS_MAX: usize;
    /// All of the account.
    fn all(draft: &Draft) -> &BTreeMap<String, Arc<Self>>;
    /// All of the account, to be changed.
    fn all_mut(draft: &mut Draft) -> &mut BTreeMap<String, Arc<Self>>;
    fn name(&self) -> &str;
    fn path(&self) -> &str;
    fn inline(&self) -> &InlinePolicies;
    fn inline_mut(&mut self) -> &mut InlinePolicies;
    fn attached(&self) -> &BTreeSet<PolicyRef>;
    fn attached_mut(&mut self) -> &mut BTreeSet<PolicyRef>;
    /// The permissions boundary; groups have none.
    fn boundary(&self) -> Option<&PolicyRef>;
}

macro_rules! entity {
    ($type:ty, $kind:ident, $most:ident, $all:ident, $boundary:expr) => {
        impl Entity for $type {
            const KIND: Kind = Kind::$kind;
            const INLINE_CHARACTERS_MAX: usize = quota::$most;
            fn all(draft: &Draft) -> &BTreeMap<String, Arc<Self>> {
                &draft.$all
            }
            fn all_mut(draft: &mut Draft) -> &mut BTreeMap<String, Arc<Self>> {
                &mut draft.$all
            }
            fn name(&self) -> &str {
                &self.name
            }
            fn path(&self) -> &str {
                &self.path
            }
            fn inline(&self) -> &InlinePolicies {
                &self.inline
            }
            fn inline_mut(&mut self) -> &mut InlinePolicies {
                &mut self.inline
            }
            fn attached(&self) -> &BTreeSet<PolicyRef> {
                &self.attached
            }
            fn attached_mut(&mut self) -> &mut BTreeSet<PolicyRef> {
                &mut self.attached
            }
            fn boundary(&self) -> Option<&PolicyRef> {
                let boundary: fn(&Self) -> Option<&PolicyRef> = $boundary;
                boundary(self)
            }
        }
    };
}

entity!(StoredUser, User, USER_POLICIES_CHARACTERS_MAX, users, |user| user.boundary.as_ref());
entity!(StoredGroup, Group, GROUP_POLICIES_CHARACTERS_MAX, groups, |_| None);
entity!(StoredRole, Role, ROLE_POLICIES_CHARACTERS_MAX, roles, |role| role.boundary.as_ref());

/// The entity of this name, told apart by case.
pub(super) fn find<'a, E: Entity>(draft: &'a Draft, name: &str) -> Result<&'a Arc<E>, Error> {
    let found = E::all(draft).get(&lower(name)).filter(|found| found.name() == name);
    found.ok_or_else(|| errors::no_entity(E::KIND, name))
}

/// The entity of this name, to be changed. It counts as changed from then on.
pub(super) fn find_mut<'a, E: Entity>(draft: &'a mut Draft, name: &str) -> Result<&'a mut E, Error> {
    let found = E::all_mut(draft).get_mut(&lower(name)).filter(|found| found.name() == name);
    found.map(Arc::make_mut).ok_or_else(|| errors::no_entity(E::KIND, name))
}

/// Adds an entity whose name nobody has, whatever the case of its letters.
pub(super) fn add<E: Entity>(draft: &mut Draft, entity: E, most: usize) -> Result<(), Error> {
    let all = E::all_mut(draft);
    let key = lower(entity.name());
    if all.contains_key(&key) {
        return Err(errors::entity_exists(E::KIND, entity.name()));
    }
    if all.len() >= most {
        return Err(errors::cannot_exceed(&format!("{}sPerAccount", E::KIND.name()), most));
    }
    all.insert(key, Arc::new(entity));
    Ok(())
}

/// Changes an entity that may have another name afterwards, which must be nobody else's.
pub(super) fn rename<E: Entity>(
    draft: &mut Draft,
    name: &str,
    new_name: Option<&str>,
    edit: impl FnOnce(&mut E),
) -> Result<(), Error> {
    let (key, new_key) = (lower(name), lower(new_name.unwrap_or(name)));
    find::<E>(draft, name)?;
    let all = E::all_mut(draft);
    if key != new_key && all.contains_key(&new_key) {
        return Err(errors::entity_exists(E::KIND, new_name.unwrap_or(name)));
    }
    if let Some(mut entity) = all.remove(&key) {
        edit(Arc::make_mut(&mut entity));
        all.insert(new_key, entity);
    }
    Ok(())
}

/// Refuses while policies hang on the entity.
pub(super) fn check_bare<E: Entity>(entity: &E) -> Result<(), Error> {
    if !entity.attached().is_empty() {
        return Err(errors::must_detach(errors::MustFirst::DetachPolicies));
    }
    if !entity.inline().is_empty() {
        return Err(errors::must_detach(errors::MustFirst::DeletePolicies));
    }
    Ok(())
}

/// The name of a managed policy.
pub(super) fn policy_name<'a>(draft: &'a Draft, policy: &'a PolicyRef) -> &'a str {
    match policy {
        PolicyRef::Aws(path_and_name) => {
            aws_managed::find(path_and_name).map_or(path_and_name, |policy| policy.name)
        }
        PolicyRef::Own(name) => draft.policies.get(name).map_or(name, |policy| &policy.name),
    }
}

/// A managed policy as what it hangs on tells of it.
pub(super) fn attached_policy(cx: &Context, draft: &Draft, policy: &PolicyRef) -> AttachedPolicy {
    AttachedPolicy {
        policy_name: Some(policy_name(draft, policy).into()),
        policy_arn: Some(names::policy_arn(cx, draft, policy).into()),
    }
}

/// A boundary as the user or role that has it tells of it.
pub(super) fn described_boundary(
    cx: &Context,
    draft: &Draft,
    policy: Option<&PolicyRef>,
) -> Option<AttachedPermissionsBoundary> {
    policy.map(|policy| AttachedPermissionsBoundary {
        permissions_boundary_type: Some(PermissionsBoundaryAttachmentType::PermissionsBoundaryPolicy),
        permissions_boundary_arn: Some(names::policy_arn(cx, draft, policy).into()),
    })
}

/// Inline policies with their documents.
pub(super) fn policy_details(policies: &InlinePolicies) -> Vec<PolicyDetail> {
    let details = policies.iter().map(|(name, text)| PolicyDetail {
        policy_name: Some(name.as_str().into()),
        policy_document: Some(names::percent_encoded(text.text()).into()),
    });
    details.collect()
}
