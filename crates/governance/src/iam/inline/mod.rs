//! Policies inline in users, groups and roles: one file per operation.

mod delete_group_policy;
mod delete_role_policy;
mod delete_user_policy;
mod get_group_policy;
mod get_role_policy;
mod get_user_policy;
mod list_group_policies;
mod list_role_policies;
mod list_user_policies;
mod put_group_policy;
mod put_role_policy;
mod put_user_policy;

use anabranch_api::iam::Error;
use bytestring::ByteString;

use super::entity::{Entity, find, find_mut};
use super::identities::{Draft, PolicyText};
use super::{errors, names};

/// Puts a policy into an entity, in the place of the one of its name.
fn put<E: Entity>(draft: &mut Draft, owner: &str, name: &str, document: &str) -> Result<(), Error> {
    let entity = find_mut::<E>(draft, owner)?;
    entity.inline_mut().insert(name.to_owned(), PolicyText::parse(document)?);
    let characters: usize = entity.inline().values().map(PolicyText::characters).sum();
    if characters > E::INLINE_CHARACTERS_MAX {
        return Err(errors::inline_too_large(E::KIND, owner, E::INLINE_CHARACTERS_MAX));
    }
    Ok(())
}

/// A policy's document, percent-encoded.
fn document<E: Entity>(draft: &Draft, owner: &str, name: &str) -> Result<String, Error> {
    let policy = find::<E>(draft, owner)?.inline().get(name);
    let policy = policy.ok_or_else(|| errors::no_inline_policy(E::KIND, name))?;
    Ok(names::percent_encoded(policy.text()))
}

/// The names of an entity's policies, each under itself.
fn policy_names<E: Entity>(draft: &Draft, owner: &str) -> Result<Vec<(String, ByteString)>, Error> {
    let names = find::<E>(draft, owner)?.inline().keys();
    Ok(names.map(|name| (name.clone(), name.as_str().into())).collect())
}

fn delete<E: Entity>(draft: &mut Draft, owner: &str, name: &str) -> Result<(), Error> {
    let removed = find_mut::<E>(draft, owner)?.inline_mut().remove(name);
    removed.map(drop).ok_or_else(|| errors::no_inline_policy(E::KIND, name))
}
