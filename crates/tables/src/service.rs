use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anabranch_api::dynamodb::{self, Error};
use anabranch_api::{Context, Register};
use anabranch_catalog::{Catalog, CatalogError, Commit, Expect, Key, Undecodable, Value as _};
use anabranch_types::{Clock, Due, Rng, Timestamp};
use tokio::sync::Mutex;

use crate::agenda::{Agenda, Appointments};
use crate::counts::Counts;
use crate::directory::{Directory, Table};
use crate::errors;
use crate::hot::Hot;
use crate::items::Locks;
use crate::keys::{Scope, next_scope_after, scope_of, table_of};
use crate::pieces::Pieces;
use crate::stored::StoredTable;

/// DynamoDB's tables.
///
/// What tables there are is in memory, and items that were lately written; the catalog has all of them. A change is committed first and seen by every later call when its
/// own call is answered.
pub struct Tables {
    pub(crate) catalog: Arc<dyn Catalog>,
    pub(crate) clock: Clock,
    pub(crate) rng: Rng,
    pub(crate) transition_delay: Duration,
    pub(crate) directory: Directory,
    pub(crate) agenda: Agenda,
    pub(crate) locks: Locks,
    /// Of the tokens of transactions.
    pub(crate) token_locks: Locks,
    pub(crate) hot: Hot,
    /// Held by whoever changes a table.
    pub(crate) changing: Mutex<()>,
    /// Held by whoever settles tables.
    pub(crate) settling: Mutex<()>,
}

/// What the service stands on.
#[derive(Clone)]
pub struct TablesGround {
    /// Where tables and items are kept.
    pub catalog: Arc<dyn Catalog>,
    /// What time it is.
    pub clock: Clock,
    /// Chance, for ids.
    pub rng: Rng,
    /// How long a table stays CREATING, UPDATING or DELETING at the least.
    pub transition_delay: Duration,
}

/// The service could not start.
#[derive(Debug, thiserror::Error)]
pub enum TablesOpenError {
    /// The catalog cannot be read.
    #[error("cannot load the tables")]
    Catalog(#[from] CatalogError),
    /// A table cannot be read.
    #[error("cannot read the table {name}")]
    Table {
        /// Its name.
        name: String,
        /// Why not.
        #[source]
        source: Undecodable,
    },
}

impl Tables {
    /// Loads every table; what was begun before is taken up again by what [`Tables::due`] gives.
    pub async fn open(ground: TablesGround) -> Result<Arc<Self>, TablesOpenError> {
        let TablesGround { catalog, clock, rng, transition_delay } = ground;
        let tables = Arc::new(Self {
            catalog,
            clock,
            rng,
            transition_delay,
            directory: Directory::default(),
            agenda: Agenda::default(),
            locks: Locks::default(),
            token_locks: Locks::default(),
            hot: Hot::default(),
            changing: Mutex::default(),
            settling: Mutex::default(),
        });
        let mut after: Option<Key> = None;
        loop {
            let page = tables.catalog.scan("/".into(), after, 1).await?;
            let Some(entry) = page.entries.into_iter().next() else { break };
            if let Some(scope) = scope_of(&entry.key) {
                tables.load(&scope).await?;
            }
            after = Some(next_scope_after(&entry.key));
        }
        tables.agenda.sweep_at(tables.clock.now());
        Ok(tables)
    }

    async fn load(&self, scope: &Scope) -> Result<(), TablesOpenError> {
        let mut pieces = Pieces::of(scope.tables());
        while let Some(entries) = pieces.next(&*self.catalog).await? {
            for entry in entries {
                let Some((scope, name)) = table_of(&entry.key) else { continue };
                let stored = StoredTable::from_bytes(&entry.value)
                    .map_err(|source| TablesOpenError::Table { name: name.to_owned(), source })?;
                let (name, counts) = (name.to_owned(), Arc::new(Counts::default()));
                self.take_in(Table::new(scope, name, stored, entry.version, counts));
            }
        }
        Ok(())
    }

    /// Hands over a handler of each of its operations.
    pub fn register(self: &Arc<Self>, register: &mut dyn Register) {
        dynamodb::register_tables(self, register);
    }

    /// What falls due by the Clock: transitions, the filling of indexes, deletions, expired items. Called once.
    pub fn due(self: &Arc<Self>) -> Vec<Arc<dyn Due>> {
        vec![Arc::new(Appointments(Arc::clone(self)))]
    }

    /// A table as the catalog now has it.
    pub(crate) fn take_in(&self, table: Table) -> Arc<Table> {
        self.agenda.set(&table.scope, &table.name, table.stored.due());
        self.directory.set(table)
    }

    /// Makes a table.
    pub(crate) async fn create(
        &self,
        scope: &Scope,
        name: &str,
        stored: StoredTable,
    ) -> Result<Arc<Table>, Error> {
        let key = scope.table(name);
        let put = vec![(key.clone(), stored.to_bytes())];
        let commit = Commit { expect: vec![Expect::Absent(key)], put, delete: Vec::new() };
        let version = match self.catalog.commit(commit).await {
            Ok(version) => version,
            Err(error) => return Err(self.in_doubt(scope, name, &error).await),
        };
        let counts = Arc::new(Counts::empty());
        Ok(self.take_in(Table::new(scope.clone(), name.to_owned(), stored, version, counts)))
    }

    /// Changes a table from what it was. The caller holds `changing`.
    pub(crate) async fn change(&self, before: &Table, stored: StoredTable) -> Result<Arc<Table>, Error> {
        let Table { scope, name, key, version, counts, .. } = before;
        let commit = Commit {
            expect: vec![Expect::Version(key.clone(), *version)],
            put: vec![(key.clone(), stored.to_bytes())],
            delete: Vec::new(),
        };
        let version = match self.catalog.commit(commit).await {
            Ok(version) => version,
            Err(error) => return Err(self.in_doubt(scope, name, &error).await),
        };
        let (scope, name, counts) = (scope.clone(), name.clone(), Arc::clone(counts));
        Ok(self.take_in(Table::new(scope, name, stored, version, counts)))
    }

    /// Takes the table as the catalog has it after a commit that failed, because it may have happened.
    pub(crate) async fn in_doubt(&self, scope: &Scope, name: &str, error: &CatalogError) -> Error {
        let told = errors::catalog(error);
        self.reload(scope, name).await;
        told
    }

    /// Looks a table up in the catalog, for it was changed by somebody else or may have been.
    pub(crate) async fn reload(&self, scope: &Scope, name: &str) {
        let found = match self.catalog.get(scope.table(name)).await {
            Ok(found) => found,
            Err(error) => {
                errors::catalog(&error);
                return;
            }
        };
        let Some(entry) = found else {
            self.agenda.set(scope, name, None);
            self.directory.remove(scope, name);
            return;
        };
        match StoredTable::from_bytes(&entry.value) {
            Ok(stored) => {
                let known = self.directory.get(scope, name).filter(|table| table.stored.id == stored.id);
                let counts = known.map(|table| Arc::clone(&table.counts)).unwrap_or_default();
                self.take_in(Table::new(scope.clone(), name.to_owned(), stored, entry.version, counts));
            }
            Err(error) => {
                tracing::error!(%name, error = &error as &dyn std::error::Error, "a table cannot be read")
            }
        }
    }

    /// When a transition that begins now ends.
    pub(crate) fn transition_end(&self, now: Timestamp) -> i64 {
        (now + self.transition_delay).millis()
    }
}

/// Where a caller's own tables are.
pub(crate) fn scope(cx: &Context) -> Scope {
    Scope { account: cx.account, region: cx.region.clone() }
}

/// Tags as they are kept.
pub(crate) type Tags = BTreeMap<String, String>;

impl std::fmt::Debug for Tables {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tables")
    }
}
