//! Every table there is, in memory.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anabranch_catalog::{Key, Revision};

use crate::counts::Counts;
use crate::keys::Scope;
use crate::resolve::arn_of;
use crate::stored::StoredTable;

/// A table as it was when it was looked up.
#[derive(Debug)]
pub(crate) struct Table {
    pub scope: Scope,
    pub name: String,
    /// Where the catalog has it.
    pub key: Key,
    pub stored: StoredTable,
    /// Of its entry in the catalog.
    pub version: Revision,
    pub counts: Arc<Counts>,
}

impl Table {
    pub fn new(
        scope: Scope,
        name: String,
        stored: StoredTable,
        version: Revision,
        counts: Arc<Counts>,
    ) -> Self {
        Self { key: scope.table(&name), scope, name, stored, version, counts }
    }

    pub fn arn(&self) -> String {
        arn_of(self.scope.region.partition(), &self.scope, &self.name)
    }
}

/// The tables by scope and name.
#[derive(Default)]
pub(crate) struct Directory {
    tables: Mutex<HashMap<Scope, BTreeMap<String, Arc<Table>>>>,
    revision: AtomicU64,
}

impl Directory {
    pub fn get(&self, scope: &Scope, name: &str) -> Option<Arc<Table>> {
        self.lock().get(scope)?.get(name).cloned()
    }

    pub fn set(&self, table: Table) -> Arc<Table> {
        let table = Arc::new(table);
        let mut tables = self.lock();
        let scope = tables.entry(table.scope.clone()).or_default();
        scope.insert(table.name.clone(), Arc::clone(&table));
        self.revision.fetch_add(1, Ordering::SeqCst);
        table
    }

    pub fn remove(&self, scope: &Scope, name: &str) {
        if let Some(tables) = self.lock().get_mut(scope) {
            tables.remove(name);
        }
        self.revision.fetch_add(1, Ordering::SeqCst);
    }

    /// How many tables the scope has.
    pub fn count(&self, scope: &Scope) -> usize {
        self.lock().get(scope).map_or(0, BTreeMap::len)
    }

    /// At most `limit` names of the scope after this one, in order, and whether there are more.
    pub fn names(&self, scope: &Scope, after: Option<&str>, limit: usize) -> (Vec<String>, bool) {
        let tables = self.lock();
        let Some(all) = tables.get(scope) else { return (Vec::new(), false) };
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut names = all.range::<str, _>((from, Bound::Unbounded)).map(|(name, _)| name.clone());
        (names.by_ref().take(limit).collect(), names.next().is_some())
    }

    pub fn all(&self) -> Vec<Arc<Table>> {
        self.lock().values().flat_map(BTreeMap::values).cloned().collect()
    }

    /// Every scope that has or had a table.
    pub fn scopes(&self) -> Vec<Scope> {
        self.lock().keys().cloned().collect()
    }

    /// Rises with every change.
    pub fn revision(&self) -> u64 {
        self.revision.load(Ordering::SeqCst)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Scope, BTreeMap<String, Arc<Table>>>> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
