//! How something changes: one commit in the catalog, then in memory.

use anabranch_api::cloudwatch::Error;
use anabranch_catalog::{Commit, Expect, Key, Revision, Value};
use bytes::Bytes;
use tokio::sync::MutexGuard;

use super::errors;
use super::keys::Scope;
use super::service::{Alarm, Alarms, Writing};
use super::stored::StoredAlarm;

/// What is to be written together.
#[derive(Default)]
pub(super) struct Changes {
    alarms: Vec<Change>,
    /// History and notifications.
    further: Vec<(Key, Bytes)>,
}

struct Change {
    scope: Scope,
    name: String,
    before: Option<Revision>,
    after: Option<StoredAlarm>,
}

impl Changes {
    /// An alarm that is new, or stands in the place of `before`.
    pub fn put(&mut self, scope: &Scope, before: Option<&Alarm>, after: StoredAlarm) {
        let (scope, name) = (scope.clone(), after.name.clone());
        self.alarms.push(Change { scope, name, before: before.map(|b| b.version), after: Some(after) });
    }

    pub fn delete(&mut self, scope: &Scope, before: &Alarm) {
        let (scope, name) = (scope.clone(), before.name().to_owned());
        self.alarms.push(Change { scope, name, before: Some(before.version), after: None });
    }

    /// An entry that stands beside alarms.
    pub fn add(&mut self, key: Key, value: &impl Value) {
        self.further.push((key, value.to_bytes()));
    }

    fn commit(&self) -> Commit {
        let mut commit = Commit { put: self.further.clone(), ..Commit::default() };
        for change in &self.alarms {
            let key = change.scope.alarm(&change.name);
            commit.expect.push(match change.before {
                Some(version) => Expect::Version(key.clone(), version),
                None => Expect::Absent(key.clone()),
            });
            match &change.after {
                Some(after) => commit.put.push((key, after.to_bytes())),
                None => commit.delete.push(key),
            }
        }
        commit
    }
}

impl Alarms {
    /// Waits for the turn to change something. What is in memory is then what the catalog holds.
    pub(super) async fn turn(&self) -> Result<MutexGuard<'_, Writing>, Error> {
        let mut writing = self.writing.lock().await;
        while let Some((scope, name)) = writing.doubted.first().cloned() {
            let found = self.catalog.get(scope.alarm(&name)).await.map_err(|e| failed(&e))?;
            match found {
                Some(entry) => {
                    let stored = StoredAlarm::from_bytes(&entry.value).map_err(|e| failed(&e))?;
                    self.take_in(&scope, Alarm::of(stored, entry.version));
                }
                None => self.forget(&scope, &name),
            }
            writing.doubted.pop_first();
        }
        Ok(writing)
    }

    /// Commits; durable and seen by every later call when this returns. Is it an error, what became of it is looked up before the next
    /// change.
    pub(super) async fn commit(&self, writing: &mut Writing, changes: Changes) -> Result<(), Error> {
        if changes.alarms.is_empty() && changes.further.is_empty() {
            return Ok(());
        }
        match self.catalog.commit(changes.commit()).await {
            Ok(version) => {
                for Change { scope, name, after, .. } in changes.alarms {
                    match after {
                        Some(after) => self.take_in(&scope, Alarm::of(after, version)),
                        None => self.forget(&scope, &name),
                    }
                }
                Ok(())
            }
            Err(error) => {
                writing.doubted.extend(changes.alarms.into_iter().map(|change| (change.scope, change.name)));
                Err(failed(&error))
            }
        }
    }
}

/// Something failed that the caller can do nothing about but retry; the cause is written to the server's own log here.
pub(super) fn failed(error: &dyn std::error::Error) -> Error {
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
