//! Single items: read, and written under conditions.
//!
//! A write takes the item from memory or the catalog, decides, and commits expecting that neither the item nor the table changed meanwhile;
//! where they did, it begins again. What needs no commit, a refusal above all, is decided by the catalog alone. Whoever writes an item of this server holds its lock, so that writers of one item wait for each other instead of overtaking.

use std::sync::Arc;

use anabranch_api::dynamodb::Error;
use anabranch_catalog::{CatalogError, Key, Revision, Value as _};
use tokio::sync::{Mutex, MutexGuard};

use crate::Tables;
use crate::condition::Condition;
use crate::directory::Table;
use crate::draft::{Change, Counted, Draft};
use crate::errors;
use crate::hot::Held;
use crate::keys::{ItemKey, Scope};
use crate::schema::ITEM_BYTES_MAX;
use crate::stored::{StoredTable, StoredToken};
use crate::update::Update;
use crate::value::{Attributes, size_of};

/// Locks that items share.
const LOCKS: usize = 1024;
/// How often a write that was overtaken begins again. Only other servers, and changes of the table, overtake.
pub(crate) const ATTEMPTS_MAX: usize = 100;

/// A write of one item.
#[derive(Clone, Debug)]
pub(crate) struct Write {
    pub table: String,
    pub action: Action,
    pub condition: Option<Condition>,
    /// Whether a failed condition tells the item.
    pub tells_item: bool,
}

/// What is done to an item.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    Put(Attributes),
    Update {
        key: Attributes,
        update: Update,
    },
    Delete {
        key: Attributes,
    },
    /// Nothing, if the condition holds.
    Check {
        key: Attributes,
    },
}

/// Why a write was not done.
#[derive(Clone, Debug)]
pub(crate) enum Refusal {
    /// Its condition does not hold of this item.
    Condition {
        item: Option<Attributes>,
    },
    Invalid(Error),
}

/// Why writes were not done: a refusal for each that was refused, or an error of them all.
#[derive(Debug)]
pub(crate) enum Failure {
    Refused(Vec<Option<Refusal>>),
    /// The token is not as it was when it was looked up.
    TokenChanged,
    All(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::All(error)
    }
}

impl Failure {
    /// The error of a single write.
    pub fn of_one(self, tells_item: bool) -> Error {
        match self {
            Failure::Refused(mut refusals) => match refusals.pop().flatten() {
                Some(Refusal::Invalid(error)) => error,
                Some(Refusal::Condition { item }) => {
                    let told = item.filter(|_| tells_item).map(|item| crate::attributes::write_all(&item));
                    errors::condition_failed(told.as_deref())
                }
                None => errors::internal(),
            },
            other => other.of_all(),
        }
    }

    /// The error of writes of which none was refused for itself.
    pub fn of_all(self) -> Error {
        match self {
            Failure::All(error) => error,
            Failure::Refused(_) | Failure::TokenChanged => errors::internal(),
        }
    }
}

/// A write that was done.
#[derive(Debug)]
pub(crate) struct Written {
    pub table: Arc<Table>,
    pub before: Option<Arc<Attributes>>,
    pub after: Option<Arc<Attributes>>,
    /// The item's bytes, before or after, whichever are more.
    pub bytes: usize,
    /// The bytes written to each index, by its place among the table's.
    pub index_bytes: Vec<(usize, usize)>,
}

/// Where a write takes items from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    /// Memory, as far as they are there.
    Memory,
    Catalog,
}

/// A token of a transaction, under which nothing must be done twice.
pub(crate) struct Token {
    pub key: Key,
    pub stored: StoredToken,
    /// Of the token's last use, which is too long ago to count.
    pub expired: Option<Revision>,
}

/// Locks of items by their keys: several items may share one.
pub(crate) struct Locks(Vec<Mutex<()>>);

impl Default for Locks {
    fn default() -> Self {
        Self((0..LOCKS).map(|_| Mutex::new(())).collect())
    }
}

impl Locks {
    pub async fn one(&self, key: &Key) -> MutexGuard<'_, ()> {
        self.0[place_of(key)].lock().await
    }

    /// Always in the same order, so that nobody waits for somebody who waits for them.
    async fn all(&self, keys: &[ItemKey]) -> Vec<MutexGuard<'_, ()>> {
        let mut places: Vec<usize> = keys.iter().map(|key| place_of(&key.0)).collect();
        places.sort_unstable();
        places.dedup();
        let mut held = Vec::with_capacity(places.len());
        for place in places {
            held.push(self.0[place].lock().await);
        }
        held
    }
}

fn place_of(key: &Key) -> usize {
    // FNV-1a (RFC 9923).
    let hash = key.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    usize::try_from(hash >> 32).unwrap_or_default() % LOCKS
}

impl Write {
    /// Whether the table takes what is written, whatever the item is.
    pub fn check(&self, table: &StoredTable) -> Result<(), Error> {
        match &self.action {
            Action::Put(item) => table.check_item(item),
            Action::Delete { key } | Action::Check { key } => table.check_key(key),
            Action::Update { key, update } => {
                if let Some(path) = update.paths().find(|path| table.key.has(&path.root)) {
                    return Err(errors::key_updated(&path.root));
                }
                table.check_key(key)
            }
        }
    }

    /// Its key's attributes, or the whole item that is put.
    pub fn key(&self) -> &Attributes {
        match &self.action {
            Action::Put(key)
            | Action::Update { key, .. }
            | Action::Delete { key }
            | Action::Check { key } => key,
        }
    }

    fn decide(&self, table: &StoredTable, before: Option<&Attributes>) -> Result<Change, Refusal> {
        let empty = Attributes::new();
        let item = before.unwrap_or(&empty);
        if self.condition.as_ref().is_some_and(|condition| !condition.holds(item)) {
            return Err(Refusal::Condition { item: before.cloned() });
        }
        match &self.action {
            Action::Check { .. } => Ok(Change::Keep),
            Action::Put(item) => Ok(Change::Put(item.clone())),
            Action::Delete { .. } => Ok(if before.is_some() { Change::Delete } else { Change::Keep }),
            Action::Update { key, update } => {
                let base = before.unwrap_or(key);
                let after = update.apply(base).map_err(Refusal::Invalid)?;
                if before.is_none() && update.only_takes() {
                    return Ok(Change::Keep);
                }
                table.check_indexes(&after).map_err(Refusal::Invalid)?;
                if size_of(&after) > ITEM_BYTES_MAX {
                    return Err(Refusal::Invalid(errors::updated_item_too_large()));
                }
                Ok(Change::Put(after))
            }
        }
    }
}

impl Tables {
    /// The item with this key.
    pub(crate) async fn item(&self, key: ItemKey) -> Result<Option<Attributes>, Error> {
        Ok(self.held(&key).await?.map(|held| Arc::unwrap_or_clone(held.item)))
    }

    /// The items with these keys, none of which is written meanwhile by a call of this server.
    pub(crate) async fn items_at_once(&self, keys: Vec<ItemKey>) -> Result<Vec<Option<Attributes>>, Error> {
        let _held = self.locks.all(&keys).await;
        let mut items = Vec::with_capacity(keys.len());
        for key in keys {
            items.push(self.item(key).await?);
        }
        Ok(items)
    }

    async fn held(&self, key: &ItemKey) -> Result<Option<Held>, Error> {
        let found = self.catalog.get(key.0.clone()).await.map_err(|error| errors::catalog(&error))?;
        let held = |value: &[u8], version| Ok(Held { item: Arc::new(read_stored(value)?), version });
        found.map(|entry| held(&entry.value, entry.version)).transpose()
    }

    /// The items with these keys, and whether all of them are as the catalog has them.
    async fn befores(&self, keys: &[ItemKey], from: Source) -> Result<(Vec<Option<Held>>, bool), Error> {
        let (mut befores, mut is_fresh) = (Vec::with_capacity(keys.len()), true);
        for key in keys {
            let hot = self.hot.get(&key.0).filter(|_| from == Source::Memory);
            is_fresh &= hot.is_none();
            befores.push(match hot {
                Some(held) => Some(held),
                None => self.held(key).await?,
            });
        }
        Ok((befores, is_fresh))
    }

    /// Does one write.
    pub(crate) async fn write(&self, scope: &Scope, write: &Write) -> Result<Written, Error> {
        match self.write_all(scope, std::slice::from_ref(write), None).await {
            Ok(mut written) => written.pop().ok_or_else(errors::internal),
            Err(failure) => Err(failure.of_one(write.tells_item)),
        }
    }

    /// Does all writes, of as many items, or none; durable when this returns.
    pub(crate) async fn write_all(
        &self,
        scope: &Scope,
        writes: &[Write],
        token: Option<&Token>,
    ) -> Result<Vec<Written>, Failure> {
        let mut from = Source::Memory;
        for _ in 0..ATTEMPTS_MAX {
            if let Some(written) = self.try_write_all(scope, writes, token, from).await? {
                return Ok(written);
            }
            from = Source::Catalog;
        }
        tracing::error!("a write was overtaken {ATTEMPTS_MAX} times");
        Err(Failure::All(errors::internal()))
    }

    /// None if it was overtaken, or has to be decided by the catalog.
    async fn try_write_all(
        &self,
        scope: &Scope,
        writes: &[Write],
        token: Option<&Token>,
        from: Source,
    ) -> Result<Option<Vec<Written>>, Failure> {
        let mut tables = Vec::with_capacity(writes.len());
        let mut keys = Vec::with_capacity(writes.len());
        for write in writes {
            let table = self.open_table(scope, &write.table)?;
            write.check(&table.stored).map_err(|error| refused_at(writes.len(), tables.len(), error))?;
            keys.push(table.stored.item_key(scope, write.key())?);
            tables.push(table);
        }
        let _held = self.locks.all(&keys).await;
        let (befores, is_fresh) = self.befores(&keys, from).await?;
        let each = writes.iter().zip(&tables).zip(&befores);
        let decided = each.map(|((write, table), before)| {
            write.decide(&table.stored, before.as_ref().map(|held| &*held.item))
        });
        let decided: Vec<Result<Change, Refusal>> = decided.collect();
        if decided.iter().any(Result::is_err) {
            let refusals = decided.into_iter().map(Result::err).collect();
            return if is_fresh { Err(Failure::Refused(refusals)) } else { Ok(None) };
        }
        let changes = decided.into_iter().flatten();
        let mut draft = Draft::new(scope, token);
        let mut written = Vec::with_capacity(writes.len());
        for (((table, key), before), change) in tables.into_iter().zip(keys).zip(befores).zip(changes) {
            written.push(draft.add(table, key, before, change));
        }
        if token.is_none()
            && writes.len() == 1
            && draft.commit.put.is_empty()
            && draft.commit.delete.is_empty()
        {
            // A single write that changes nothing needs no commit.
            return Ok(is_fresh.then_some(written));
        }
        self.finish(draft, written).await
    }

    /// Commits what was drafted.
    async fn finish(&self, draft: Draft<'_>, written: Vec<Written>) -> Result<Option<Vec<Written>>, Failure> {
        let Draft { commit, tables, has_token, counted, changed, .. } = draft;
        // Until it is known what became of them; also where nobody waits for that any more.
        for (key, _) in &changed {
            self.hot.forget(&key.0);
        }
        match self.catalog.commit(commit).await {
            Ok(version) => {
                for (key, item) in changed {
                    if let Some(item) = item {
                        self.hot.set(key.0, Held { item, version });
                    }
                }
                for Counted { table, index, gone, come } in counted {
                    table.counts.note(index, gone, come);
                }
                Ok(Some(written))
            }
            Err(CatalogError::Conflict { expectation }) => {
                if let Some(table) = tables.get(expectation) {
                    self.reload(&table.scope, &table.name).await;
                }
                if has_token && expectation == tables.len() {
                    return Err(Failure::TokenChanged);
                }
                Ok(None)
            }
            Err(CatalogError::TooLarge(_)) => Err(Failure::All(errors::commit_too_large())),
            Err(error) => Err(Failure::All(errors::catalog(&error))),
        }
    }
}

/// The refusal of the write in this place, as one of several.
fn refused_at(count: usize, place: usize, error: Error) -> Failure {
    let mut refusals = vec![None; count];
    refusals[place] = Some(Refusal::Invalid(error));
    Failure::Refused(refusals)
}

/// An item or an index's entry as the catalog has it.
pub(crate) fn read_stored(value: &[u8]) -> Result<Attributes, Error> {
    Attributes::from_bytes(value).map_err(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, "an item cannot be read");
        errors::internal()
    })
}
