use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use crate::{Commit, Revision, Watch, Watcher};

/// Who wants to know of commits under which prefix.
#[derive(Clone, Default)]
pub(crate) struct Watchers {
    registered: Arc<Mutex<Registered>>,
}

#[derive(Default)]
struct Registered {
    next: u64,
    watchers: HashMap<u64, (Bytes, Watcher)>,
}

impl Watchers {
    pub(crate) fn add(&self, prefix: Bytes, watcher: Watcher) -> Watch {
        let mut registered = self.registered.lock().unwrap_or_else(PoisonError::into_inner);
        let id = registered.next;
        registered.next += 1;
        registered.watchers.insert(id, (prefix, watcher));
        drop(registered);
        let registry = Arc::clone(&self.registered);
        let forget = move || {
            registry.lock().unwrap_or_else(PoisonError::into_inner).watchers.remove(&id);
        };
        Watch { on_drop: Some(Box::new(forget)) }
    }

    /// Calls those whose prefix the commit wrote under, with no lock held.
    pub(crate) fn tell(&self, commit: &Commit, revision: Revision) {
        let registered = self.registered.lock().unwrap_or_else(PoisonError::into_inner);
        let concerned: Vec<Watcher> = registered
            .watchers
            .values()
            .filter(|(prefix, _)| written(commit).any(|key| key.starts_with(prefix)))
            .map(|(_, watcher)| Arc::clone(watcher))
            .collect();
        drop(registered);
        concerned.iter().for_each(|watcher| watcher(revision));
    }
}

/// The keys a commit writes.
fn written(commit: &Commit) -> impl Iterator<Item = &Bytes> {
    commit.put.iter().map(|(key, _)| key).chain(&commit.delete)
}
