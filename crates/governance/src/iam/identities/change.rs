//! How an account changes: one commit in the catalog, then a new view in memory. Changes of one account happen one after the other.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use anabranch_catalog::{CatalogError, Commit, Expect, Key, Revision, Value};
use anabranch_types::AccountId;

use super::account::{Account, Draft};
use super::{Cell, Identities, Unreadable, keys};
use crate::kms::NotWrappedByThis;

/// Why a change was not made.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// The alias is another account's.
    #[error("the alias is another account's")]
    AliasTaken,
    /// The change is larger than the catalog takes at once.
    #[error("the change is too large for the catalog")]
    TooLarge,
    /// More accounts than are held.
    #[error("no more accounts can have identities")]
    TooManyAccounts,
    /// What another process changed meanwhile; the caller may try again.
    #[error("the account changed meanwhile")]
    Changed,
    /// The catalog failed; what was to be changed may or may not have been.
    #[error("cannot change identities in the catalog")]
    Catalog(#[source] CatalogError),
    /// What the catalog holds cannot be read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// A secret cannot be opened.
    #[error(transparent)]
    Secret(#[from] NotWrappedByThis),
}

impl Identities {
    /// Changes an account as `decide` says, unless it refuses. The change is durable and seen by every later call when this returns.
    ///
    /// `decide` sees the account as it is: no other change comes between. Costs time in proportion to the number of the account's
    /// entities, and a commit.
    pub async fn change<T, E: From<Failed>>(
        &self,
        account: AccountId,
        decide: impl FnOnce(&mut Draft) -> Result<T, E> + Send,
    ) -> Result<T, E> {
        let cell = self.cell(account)?;
        let _one_at_a_time = cell.changing.lock().await;
        self.be_certain(&cell).await?;
        let before = cell.view();
        let mut draft = before.stored.clone();
        let decided = decide(&mut draft)?;
        if let Some(commit) = changes(&before, &draft) {
            // Made before the commit, so that nothing can fail behind it.
            let mut next =
                before.next(draft, None, &self.master_key, &mut HashMap::new()).map_err(Failed::from)?;
            let version = self.commit_surely(&cell, &before, commit).await?;
            next.version = Some(version);
            self.publish(&cell, next);
        }
        Ok(decided)
    }

    /// Lets an account be seen as it was committed; the caller holds `changing`.
    pub(super) fn publish(&self, cell: &Cell, next: Account) {
        let before = cell.view();
        let next = Arc::new(next);
        self.index.replace(&before, &next);
        cell.publish(next);
        self.revision.fetch_add(1, Ordering::Release);
    }

    /// Commits. Where the catalog cannot tell whether it happened, the settings' version does: every commit of the account writes them. The
    /// account is read anew before its next change where that cannot be found out.
    async fn commit_surely(&self, cell: &Cell, before: &Account, commit: Commit) -> Result<Revision, Failed> {
        let error = match self.catalog.commit(commit).await {
            Ok(revision) => return Ok(revision),
            Err(CatalogError::TooLarge(_)) => return Err(Failed::TooLarge),
            Err(CatalogError::Conflict { expectation: 0 }) => {
                cell.doubt();
                return Err(Failed::Changed);
            }
            Err(CatalogError::Conflict { .. }) => return Err(Failed::AliasTaken),
            Err(error) => error,
        };
        match self.catalog.get(keys::settings(before.id)).await {
            Ok(entry) if entry.as_ref().map(|e| e.version) == before.version => {}
            Ok(Some(entry)) => {
                tracing::warn!(%error, "a commit happened although the catalog failed");
                return Ok(entry.version);
            }
            Ok(None) | Err(_) => cell.doubt(),
        }
        Err(Failed::Catalog(error))
    }

    /// Reads an account anew of which it is not certain what the catalog holds; the caller holds `changing`.
    async fn be_certain(&self, cell: &Cell) -> Result<(), Failed> {
        if cell.is_doubted() {
            let account = self.read(cell.view().id).await?;
            self.publish(cell, account);
            cell.trust();
        }
        Ok(())
    }
}

/// The writes that make `before` into `draft`; none if they are the same. What comes first is that nobody else changed the account, which
/// covers names, counts and everything that one entity says of another.
fn changes(before: &Account, draft: &Draft) -> Option<Commit> {
    let (account, old) = (before.id, &before.stored);
    let mut commit = Commit::default();
    write(&old.users, &draft.users, |name| keys::user(account, name), &mut commit);
    write(&old.groups, &draft.groups, |name| keys::group(account, name), &mut commit);
    write(&old.roles, &draft.roles, |name| keys::role(account, name), &mut commit);
    write(&old.policies, &draft.policies, |name| keys::policy(account, name), &mut commit);
    if commit.put.is_empty() && commit.delete.is_empty() && old.settings == draft.settings {
        return None;
    }
    let settings = keys::settings(account);
    commit.expect.push(match before.version {
        Some(version) => Expect::Version(settings.clone(), version),
        None => Expect::Absent(settings.clone()),
    });
    commit.put.push((settings, draft.settings.to_bytes()));
    if old.settings.alias != draft.settings.alias {
        commit.delete.extend(old.settings.alias.as_deref().map(keys::alias));
        if let Some(alias) = &draft.settings.alias {
            commit.expect.push(Expect::Absent(keys::alias(alias)));
            commit.put.push((keys::alias(alias), account.to_string().to_bytes()));
        }
    }
    let unused = |id: &String| keys::last_used(account, id);
    let (had, has) = (last_used_ids(old), last_used_ids(draft));
    commit.delete.extend(had.difference(&has).map(unused));
    Some(commit)
}

fn last_used_ids(draft: &Draft) -> std::collections::BTreeSet<String> {
    let keys = draft.users.values().flat_map(|user| user.access_keys.iter().map(|key| key.id.clone()));
    keys.chain(draft.roles.values().map(|role| role.id.clone())).collect()
}

/// Writes the entities that differ. An entity that did not change is the same in memory.
fn write<T: Value>(
    old: &BTreeMap<String, Arc<T>>,
    new: &BTreeMap<String, Arc<T>>,
    key: impl Fn(&str) -> Key,
    commit: &mut Commit,
) {
    for (name, value) in new {
        if !old.get(name).is_some_and(|before| Arc::ptr_eq(before, value)) {
            commit.put.push((key(name), value.to_bytes()));
        }
    }
    commit.delete.extend(old.keys().filter(|name| !new.contains_key(*name)).map(|name| key(name)));
}
