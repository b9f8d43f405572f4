//! Roles: one file per operation.

mod create_role;
mod delete_role;
mod delete_role_permissions_boundary;
mod get_role;
mod list_instance_profiles_for_role;
mod list_role_tags;
mod list_roles;
mod put_role_permissions_boundary;
mod tag_role;
mod untag_role;
mod update_assume_role_policy;
mod update_role;
mod update_role_description;

use anabranch_api::Context;
use anabranch_api::iam::{Error, Role, RoleLastUsed};
use anabranch_types::Timestamp;

use super::identities::{Draft, LastUsed, StoredRole, TrustText};
use super::policy::quota::{TRUST_POLICY_CHARACTERS_MAX, characters};
pub(super) use super::users::Told;
use super::{entity, errors, names, tagging};

/// A role as answers have it. `used`: when it was last used, for those who ask about this one role.
pub(super) fn described(
    cx: &Context,
    draft: &Draft,
    role: &StoredRole,
    used: Option<&LastUsed>,
    told: Told,
) -> Role {
    let whole = told == Told::Whole;
    Role {
        path: role.path.as_str().into(),
        role_name: role.name.as_str().into(),
        role_id: role.id.as_str().into(),
        arn: names::arn(cx, "role", &role.path, &role.name).into(),
        create_date: Timestamp::from_millis(role.created_ms),
        assume_role_policy_document: Some(names::percent_encoded(role.trust.text()).into()),
        description: role.description.as_deref().map(Into::into),
        max_session_duration: i32::try_from(role.session_seconds_max).ok(),
        permissions_boundary: entity::described_boundary(cx, draft, role.boundary.as_ref().filter(|_| whole)),
        tags: (whole && !role.tags.is_empty()).then(|| tagging::listed(&role.tags)),
        role_last_used: used.map(last_used),
        source_role_template: None,
    }
}

/// When a role was last used; nothing in it if it never was.
pub(super) fn last_used(used: &LastUsed) -> RoleLastUsed {
    match used.get() {
        Some(used) => RoleLastUsed { last_used_date: Some(used.at()), region: Some(used.region.into()) },
        None => RoleLastUsed::default(),
    }
}

/// A trust policy that may hang on a role.
fn trust(document: &str) -> Result<TrustText, Error> {
    let trust = TrustText::parse(document)?;
    if characters(document) > TRUST_POLICY_CHARACTERS_MAX {
        return Err(errors::cannot_exceed("ACLSizePerRole", TRUST_POLICY_CHARACTERS_MAX));
    }
    Ok(trust)
}

/// A MaxSessionDuration whose range the model has checked.
fn seconds(duration: Option<i32>) -> Option<u32> {
    duration.and_then(|seconds| u32::try_from(seconds).ok())
}
