use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};

use super::account::{AccessKey, Account};

/// Access keys of all accounts, by id.
#[derive(Default)]
pub(super) struct Index(RwLock<HashMap<String, Arc<AccessKey>>>);

impl Index {
    pub(super) fn get(&self, id: &str) -> Option<Arc<AccessKey>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// Replaces the keys of an account by those it has now.
    pub(super) fn replace(&self, before: &Account, now: &Account) {
        let keys = |account: &Account| -> Vec<Arc<AccessKey>> {
            account.users().values().flat_map(|user| user.access_keys.iter().cloned()).collect()
        };
        let now = keys(now);
        let stay: HashSet<&str> = now.iter().map(|key| &*key.id).collect();
        let gone: Vec<_> = keys(before).into_iter().filter(|key| !stay.contains(&*key.id)).collect();
        let mut index = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for key in gone {
            index.remove(&key.id);
        }
        for key in now {
            if !index.get(&key.id).is_some_and(|found| Arc::ptr_eq(found, &key)) {
                index.insert(key.id.clone(), key);
            }
        }
    }
}
