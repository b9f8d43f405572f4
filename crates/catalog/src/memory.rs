use std::collections::BTreeMap;
use std::future::ready;
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use crate::bounds;
use crate::changes::Changes;
use crate::watchers::Watchers;
use crate::{BoxFuture, Catalog, CatalogError, Commit, Entry, Expect, Key, Page, Revision, Watch, Watcher};

/// A catalog in memory, gone with the process: for `--ephemeral` and for tests. Nothing in it waits.
#[derive(Default)]
pub struct MemoryCatalog {
    state: Mutex<State>,
    watchers: Watchers,
}

struct State {
    entries: BTreeMap<Key, (Bytes, Revision)>,
    revision: Revision,
    changes: Changes,
}

impl Default for State {
    fn default() -> Self {
        let revision = Revision::default();
        Self { entries: BTreeMap::new(), revision, changes: Changes::after(revision) }
    }
}

impl MemoryCatalog {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn commit_now(&self, commit: &Commit) -> Result<Revision, CatalogError> {
        bounds::check(commit)?;
        let revision = self.state().commit(commit)?;
        self.watchers.tell(commit, revision);
        Ok(revision)
    }
}

impl State {
    fn holds(&self, expect: &Expect) -> bool {
        match expect {
            Expect::Absent(key) => !self.entries.contains_key(key),
            Expect::Version(key, version) => self.entries.get(key).is_some_and(|(_, v)| v == version),
            Expect::PrefixUnchanged(prefix, revision) => self.changes.unchanged(prefix, *revision),
        }
    }

    fn commit(&mut self, commit: &Commit) -> Result<Revision, CatalogError> {
        if let Some(expectation) = commit.expect.iter().position(|expect| !self.holds(expect)) {
            return Err(CatalogError::Conflict { expectation });
        }
        self.revision.0 += 1;
        for key in &commit.delete {
            self.entries.remove(key);
            self.changes.note(self.revision, key.clone());
        }
        for (key, value) in &commit.put {
            self.entries.insert(key.clone(), (value.clone(), self.revision));
            self.changes.note(self.revision, key.clone());
        }
        Ok(self.revision)
    }

    fn scan(&self, prefix: &Bytes, after: Option<Key>, limit: usize) -> Page {
        let from = match after {
            Some(after) if after >= *prefix => Bound::Excluded(after),
            _ => Bound::Included(prefix.clone()),
        };
        let mut rest = self
            .entries
            .range((from, Bound::Unbounded))
            .take_while(|(key, _)| key.starts_with(prefix))
            .map(|(key, (value, version))| entry(key, value, *version));
        let entries = rest.by_ref().take(limit).collect();
        Page { entries, more: rest.next().is_some(), revision: self.revision }
    }

    fn scan_back(&self, prefix: &Bytes, before: Option<Key>, limit: usize) -> Page {
        let end = bounds::end_of_prefix(prefix);
        let before = before.into_iter().chain(end).min();
        let until = before.map_or(Bound::Unbounded, Bound::Excluded);
        let mut rest = match until {
            Bound::Excluded(before) if before <= *prefix => self.entries.range(before.clone()..before),
            until => self.entries.range((Bound::Included(prefix.clone()), until)),
        }
        .rev()
        .map(|(key, (value, version))| entry(key, value, *version));
        let entries = rest.by_ref().take(limit).collect();
        Page { entries, more: rest.next().is_some(), revision: self.revision }
    }
}

fn entry(key: &Key, value: &Bytes, version: Revision) -> Entry {
    Entry { key: key.clone(), value: value.clone(), version }
}

impl Catalog for MemoryCatalog {
    fn get(&self, key: Key) -> BoxFuture<'_, Result<Option<Entry>, CatalogError>> {
        let found = self.state().entries.get(&key).map(|(value, version)| entry(&key, value, *version));
        Box::pin(ready(Ok(found)))
    }

    fn scan(
        &self,
        prefix: Bytes,
        after: Option<Key>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Page, CatalogError>> {
        Box::pin(ready(Ok(self.state().scan(&prefix, after, limit))))
    }

    fn scan_back(
        &self,
        prefix: Bytes,
        before: Option<Key>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Page, CatalogError>> {
        Box::pin(ready(Ok(self.state().scan_back(&prefix, before, limit))))
    }

    fn commit(&self, commit: Commit) -> BoxFuture<'_, Result<Revision, CatalogError>> {
        Box::pin(async move { self.commit_now(&commit) })
    }

    fn scrub(&self) -> BoxFuture<'_, Result<(), CatalogError>> {
        Box::pin(ready(Ok(())))
    }

    fn watch(&self, prefix: Bytes, watcher: Watcher) -> Watch {
        self.watchers.add(prefix, watcher)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::MemoryCatalog;
    use crate::conformance;

    #[test]
    fn it_conforms() {
        conformance::check(&|| Arc::new(MemoryCatalog::default()), None);
    }
}
