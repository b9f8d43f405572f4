//! How identities are read from the catalog.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::RwLock;
use std::sync::atomic::AtomicU64;

use anabranch_catalog::{Catalog, CatalogError, Entry, Key, Undecodable, Value};
use anabranch_types::{AccountId, Clock, Rng};
use bytes::Bytes;

use super::account::{Account, Draft};
use super::index::Index;
use super::last_used::Unwritten;
use super::stored::StoredUse;
use super::{Cell, Identities, keys};
use crate::kms::{MasterKey, NotWrappedByThis};

/// Entries read at once.
const PAGE_ENTRIES: usize = 256;

/// Identities cannot be read from the catalog.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The catalog failed.
    #[error("cannot read identities from the catalog")]
    Catalog(#[from] CatalogError),
    /// What it holds cannot be read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}

/// What the catalog holds of identities cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// A value.
    #[error("cannot read `{key}` in the catalog")]
    Value {
        /// Where it stands.
        key: String,
        /// Why.
        #[source]
        source: Undecodable,
    },
    /// A key of a kind that this program does not know.
    #[error("the catalog's key `{key}` is of a kind that this version of Anabranch does not know")]
    Key {
        /// The key.
        key: String,
    },
    /// A secret.
    #[error("cannot open the access keys of account {account}")]
    Secret {
        /// Whose they are.
        account: AccountId,
        /// Why.
        #[source]
        source: NotWrappedByThis,
    },
    /// The catalog failed meanwhile.
    #[error("cannot read identities from the catalog")]
    Catalog(#[from] CatalogError),
}

/// What the catalog holds of one account.
#[derive(Default)]
struct Found {
    draft: Draft,
    uses: HashMap<String, StoredUse>,
    version: Option<anabranch_catalog::Revision>,
}

impl Identities {
    /// Nobody yet: what a new catalog holds.
    pub fn none(catalog: Arc<dyn Catalog>, master_key: Arc<MasterKey>, clock: Clock, rng: Rng) -> Self {
        Self {
            catalog,
            master_key,
            rng,
            clock,
            accounts: RwLock::default(),
            index: Index::default(),
            revision: AtomicU64::new(1),
            unwritten: Unwritten::default(),
        }
    }

    /// Reads all identities. Costs two scans for each account that has anything in the catalog, and time in proportion to the
    /// identities there are.
    pub async fn open(
        catalog: Arc<dyn Catalog>,
        master_key: Arc<MasterKey>,
        clock: Clock,
        rng: Rng,
    ) -> Result<Arc<Self>, OpenError> {
        let identities = Self::none(catalog, master_key, clock, rng);
        let mut after = None;
        while let Some(entry) = identities.first_behind(after).await? {
            after = Some(keys::next_account_after(&entry.key));
            let Some(id) = keys::account_of(&entry.key) else { continue };
            let account = identities.read(id).await?;
            if account.version.is_some() {
                identities.take(account);
            }
        }
        Ok(Arc::new(identities))
    }

    /// Holds an account that nobody has seen yet.
    fn take(&self, account: Account) {
        let mut accounts = self.accounts.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        self.index.replace(&Account::empty(account.id), &account);
        accounts.insert(account.id, Arc::new(Cell::new(account)));
    }

    async fn first_behind(&self, after: Option<Key>) -> Result<Option<Entry>, CatalogError> {
        Ok(self.catalog.scan(Bytes::from_static(b"/"), after, 1).await?.entries.pop())
    }

    /// The account as the catalog holds it; one that is held already keeps its last uses.
    pub(super) async fn read(&self, account: AccountId) -> Result<Account, Unreadable> {
        let prefix = keys::of_account(account);
        let (mut found, mut after) = (Found::default(), None);
        loop {
            let page = self.catalog.scan(prefix.clone(), after, PAGE_ENTRIES).await?;
            for entry in &page.entries {
                found.add(&entry.key[prefix.len()..], entry)?;
            }
            after = page.entries.last().map(|entry| entry.key.clone());
            if !page.more {
                break;
            }
        }
        let before = self.account(account);
        let next = before.next(found.draft, found.version, &self.master_key, &mut found.uses);
        next.map_err(|source| Unreadable::Secret { account, source })
    }
}

impl Found {
    /// Takes in the value under `rest`, a key without what all keys of the account begin with.
    fn add(&mut self, rest: &[u8], entry: &Entry) -> Result<(), Unreadable> {
        let key = || String::from_utf8_lossy(&entry.key).into_owned();
        let unreadable = |source| Unreadable::Value { key: key(), source };
        let rest = std::str::from_utf8(rest).map_err(|_| Unreadable::Key { key: key() })?;
        if rest == "settings" {
            self.draft.settings = Value::from_bytes(&entry.value).map_err(unreadable)?;
            self.version = Some(entry.version);
            return Ok(());
        }
        let (kind, name) = rest.split_once('/').ok_or_else(|| Unreadable::Key { key: key() })?;
        let name = name.to_owned();
        match kind {
            "user" => {
                let user = Value::from_bytes(&entry.value).map_err(unreadable)?;
                self.draft.users.insert(name, Arc::new(user));
            }
            "group" => {
                let group = Value::from_bytes(&entry.value).map_err(unreadable)?;
                self.draft.groups.insert(name, Arc::new(group));
            }
            "role" => {
                let role = Value::from_bytes(&entry.value).map_err(unreadable)?;
                self.draft.roles.insert(name, Arc::new(role));
            }
            "policy" => {
                let policy = Value::from_bytes(&entry.value).map_err(unreadable)?;
                self.draft.policies.insert(name, Arc::new(policy));
            }
            "last-used" => {
                let used = Value::from_bytes(&entry.value).map_err(unreadable)?;
                self.uses.insert(name, used);
            }
            _ => return Err(Unreadable::Key { key: key() }),
        }
        Ok(())
    }
}
