//! How something changes: one commit in the catalog, then in memory.

use anabranch_api::kms::Error;
use anabranch_catalog::{Commit, Expect, Revision, Value};
use bytes::Bytes;
use tokio::sync::MutexGuard;

use super::Kms;
use super::directory::{Alias, Grant, NotTakenIn, View};
use super::errors;
use super::key_id::{KeyName, Scope};
use super::service::Writing;
use super::stored::{Place, StoredAlias, StoredGrant, StoredKey};

/// What is to be written together.
#[derive(Default)]
pub(super) struct Changes {
    writes: Vec<(Place, Option<Bytes>)>,
    expect: Vec<Expect>,
}

impl Changes {
    /// A key that is new, or stands in the place of `before`.
    pub fn put_key(&mut self, name: &KeyName, before: Option<&View>, stored: &StoredKey) {
        let place = Place::Key(name.clone());
        self.write(place, before.map(|view| view.version), Some(stored.to_bytes()));
    }

    pub fn delete_key(&mut self, name: &KeyName, before: &View) {
        self.write(Place::Key(name.clone()), Some(before.version), None);
    }

    pub fn put_alias(&mut self, scope: &Scope, alias: &str, before: Option<&Alias>, stored: &StoredAlias) {
        let place = Place::Alias(scope.clone(), alias.to_owned());
        self.write(place, before.map(|alias| alias.version), Some(stored.to_bytes()));
    }

    pub fn delete_alias(&mut self, scope: &Scope, alias: &str, before: &Alias) {
        self.write(Place::Alias(scope.clone(), alias.to_owned()), Some(before.version), None);
    }

    pub fn put_grant(&mut self, name: &KeyName, id: &str, stored: &StoredGrant) {
        self.write(Place::Grant(name.clone(), id.to_owned()), None, Some(stored.to_bytes()));
    }

    pub fn delete_grant(&mut self, name: &KeyName, before: &Grant) {
        self.write(Place::Grant(name.clone(), before.id.clone()), Some(before.version), None);
    }

    pub fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }

    fn write(&mut self, place: Place, before: Option<Revision>, after: Option<Bytes>) {
        self.expect.push(match before {
            Some(version) => Expect::Version(place.key(), version),
            None => Expect::Absent(place.key()),
        });
        self.writes.push((place, after));
    }

    fn commit(&self) -> Commit {
        let mut commit = Commit { expect: self.expect.clone(), ..Commit::default() };
        for (place, value) in &self.writes {
            match value {
                Some(value) => commit.put.push((place.key(), value.clone())),
                None => commit.delete.push(place.key()),
            }
        }
        commit
    }
}

impl Kms {
    /// Waits for the turn to change something. What is in memory is then what the catalog holds.
    pub(super) async fn turn(&self) -> Result<MutexGuard<'_, Writing>, Error> {
        let mut writing = self.writing.lock().await;
        self.be_certain(&mut writing).await?;
        Ok(writing)
    }

    /// Commits; durable and seen by every later call when this returns. If the catalog cannot tell whether it happened it is looked up,
    /// now or before the next change.
    pub(super) async fn commit(&self, writing: &mut Writing, changes: Changes) -> Result<(), Error> {
        if changes.is_empty() {
            return Ok(());
        }
        match self.catalog.commit(changes.commit()).await {
            Ok(version) => {
                for (place, value) in &changes.writes {
                    let found = value.as_ref().map(|value| (value, version));
                    self.take_in(place, found).map_err(|error| failed(&error))?;
                }
                Ok(())
            }
            Err(error) => {
                writing.doubted.extend(changes.writes.iter().map(|(place, _)| place.clone()));
                failed(&error);
                if self.holds_now(writing, &changes).await? { Ok(()) } else { Err(errors::internal()) }
            }
        }
    }

    /// Looks up what the catalog holds of everything doubted; whether it is what the changes would have written.
    async fn holds_now(&self, writing: &mut Writing, changes: &Changes) -> Result<bool, Error> {
        self.be_certain(writing).await?;
        for (place, value) in &changes.writes {
            let found = self.catalog.get(place.key()).await.map_err(|error| failed(&error))?;
            if found.map(|entry| entry.value) != *value {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn be_certain(&self, writing: &mut Writing) -> Result<(), Error> {
        while let Some(place) = writing.doubted.first().cloned() {
            let found = self.catalog.get(place.key()).await.map_err(|error| failed(&error))?;
            let found = found.as_ref().map(|entry| (&entry.value, entry.version));
            self.take_in(&place, found).map_err(|error| failed(&error))?;
            writing.doubted.pop_first();
        }
        Ok(())
    }

    /// Waits until nothing that was deleted stands in the catalog's files any more.
    pub(super) async fn scrub(&self) -> Result<(), Error> {
        self.catalog.scrub().await.map_err(|error| failed(&error))
    }

    /// Takes an entry of the catalog into memory.
    pub(super) fn take_in(&self, place: &Place, found: Option<(&Bytes, Revision)>) -> Result<(), NotTakenIn> {
        let taken = self.directory.take_in(place, found)?;
        if let Some((name, due)) = taken.due {
            self.agenda.set(&name, due);
        }
        Ok(())
    }
}

/// Something failed that the caller can do nothing about but retry; the cause is written to the server's own log here.
fn failed(error: &dyn std::error::Error) -> Error {
    let mut sentence = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        sentence.push_str(": ");
        sentence.push_str(&error.to_string());
        cause = error.source();
    }
    tracing::error!("{sentence}");
    errors::internal()
}
