//! Users, groups, roles, managed policies, access keys and aliases of every account: kept in the catalog, held in memory.
//!
//! Start at [`Identities`]: [`Identities::account`], [`Identities::user`], [`Identities::role`] and [`Identities::access_key`] read,
//! [`Identities::change`] writes. `stored` is what the catalog keeps (docs/formats/iam.md), `effective` puts the policies together that
//! judge somebody.

mod account;
mod change;
mod effective;
mod guarded;
mod index;
mod keys;
mod last_used;
mod open;
mod stored;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use anabranch_catalog::{Catalog, Commit, Value};
use anabranch_types::{AccountId, Clock, Due, Rng, Timestamp};

use crate::kms::MasterKey;
pub use account::{AccessKey, Account, Draft, Role, User, lower};
pub use change::Failed;
pub use effective::{Effective, PolicySource, SourceKind};
use index::Index;
pub use last_used::LastUsed;
use last_used::Unwritten;
pub use open::{OpenError, Unreadable};
pub use stored::*;

/// Most accounts that have identities: as many as a source of root keys has keys.
const ACCOUNTS_MAX: usize = 10_000;
/// Most last uses that are written at once.
const LAST_USED_WRITES_MAX: usize = 500;

/// All identities there are. Reading takes a short lock and clones an `Arc`; changes are made one after the other in each account.
pub struct Identities {
    catalog: Arc<dyn Catalog>,
    master_key: Arc<MasterKey>,
    rng: Rng,
    clock: Clock,
    accounts: RwLock<HashMap<AccountId, Arc<Cell>>>,
    index: Index,
    revision: AtomicU64,
    unwritten: Unwritten,
}

/// Where an account's present view stands.
struct Cell {
    changing: tokio::sync::Mutex<()>,
    view: RwLock<Arc<Account>>,
    doubted: AtomicBool,
}

impl Identities {
    /// The account as it is now; an empty one if it has no identities.
    pub fn account(&self, account: AccountId) -> Arc<Account> {
        let cell = self.accounts.read().unwrap_or_else(PoisonError::into_inner).get(&account).cloned();
        cell.map_or_else(|| Arc::new(Account::empty(account)), |cell| cell.view())
    }

    /// The accounts that have identities, in order.
    pub fn accounts(&self) -> Vec<AccountId> {
        let mut accounts: Vec<_> =
            self.accounts.read().unwrap_or_else(PoisonError::into_inner).keys().copied().collect();
        accounts.sort_unstable();
        accounts
    }

    /// The user of this name, which is told apart by case.
    pub fn user(&self, account: AccountId, name: &str) -> Option<Arc<User>> {
        self.account(account).user(name).cloned()
    }

    /// The role of this name, which is told apart by case.
    pub fn role(&self, account: AccountId, name: &str) -> Option<Arc<Role>> {
        self.account(account).role(name).cloned()
    }

    /// The access key with this id, whatever account it is of; a deleted one is gone as soon as its deletion was answered.
    pub fn access_key(&self, id: &str) -> Option<Arc<AccessKey>> {
        self.index.get(id)
    }

    /// A number that rises with every change that may change a verdict. Read it before what a verdict is made of: a verdict kept under
    /// it is good as long as it is the same.
    pub fn revision(&self) -> u64 {
        self.revision.load(Ordering::Acquire)
    }

    /// Notes that a key signed a call to a service in a region. Written to the catalog within a minute, not now.
    pub fn note_key_used(&self, key: &AccessKey, service: &str, region: &str, at: Timestamp) {
        if key.used.note(service, region, at) {
            self.unwritten.add(key.account, &key.id, at);
        }
    }

    /// Notes that a role was assumed, or a session of it made a call in a region. Written as [`Self::note_key_used`] does.
    pub fn note_role_used(
        &self,
        account: AccountId,
        role: &Role,
        service: &str,
        region: &str,
        at: Timestamp,
    ) {
        if role.used.note(service, region, at) {
            self.unwritten.add(account, &role.stored.id, at);
        }
    }

    /// Chance, for ids and secrets.
    pub fn rng(&self) -> &Rng {
        &self.rng
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A secret as it is kept of an access key.
    pub fn seal_secret(&self, account: AccountId, key_id: &str, secret: &super::Secret) -> Vec<u8> {
        let context = account::seal_context(account, key_id);
        self.master_key.seal(secret.expose().as_bytes(), &context, &self.rng).to_vec()
    }

    /// The account's cell, made if there is none.
    fn cell(&self, account: AccountId) -> Result<Arc<Cell>, Failed> {
        if let Some(cell) = self.accounts.read().unwrap_or_else(PoisonError::into_inner).get(&account) {
            return Ok(Arc::clone(cell));
        }
        let mut accounts = self.accounts.write().unwrap_or_else(PoisonError::into_inner);
        if accounts.len() >= ACCOUNTS_MAX && !accounts.contains_key(&account) {
            return Err(Failed::TooManyAccounts);
        }
        Ok(Arc::clone(
            accounts.entry(account).or_insert_with(|| Arc::new(Cell::new(Account::empty(account)))),
        ))
    }

    /// Writes the last uses of `ids`, of those that are still there.
    async fn write_last_used(&self, account: AccountId, ids: &[String]) -> Result<(), Failed> {
        let cell = self.cell(account)?;
        // Nothing is deleted meanwhile, whose last use would then stay behind.
        let _one_at_a_time = cell.changing.lock().await;
        let view = cell.view();
        let known: HashMap<&str, &Arc<LastUsed>> = view.used_ids().collect();
        let put = ids.iter().filter_map(|id| {
            let used = known.get(&**id)?.get()?;
            Some((keys::last_used(account, id), used.to_bytes()))
        });
        let commit = Commit { put: put.collect(), ..Commit::default() };
        self.catalog.commit(commit).await.map(drop).map_err(Failed::Catalog)
    }
}

impl Due for Identities {
    fn next_due(&self) -> Option<Timestamp> {
        self.unwritten.due()
    }

    fn run(&self, now: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            let mut by_account: HashMap<AccountId, Vec<String>> = HashMap::new();
            for (account, id) in self.unwritten.take() {
                by_account.entry(account).or_default().push(id);
            }
            for (account, ids) in by_account {
                for ids in ids.chunks(LAST_USED_WRITES_MAX) {
                    if let Err(error) = self.write_last_used(account, ids).await {
                        let error = &error as &dyn std::error::Error;
                        tracing::warn!(
                            error,
                            "cannot write when access keys and roles were last used; trying again"
                        );
                        ids.iter().for_each(|id| self.unwritten.add(account, id, now));
                    }
                }
            }
        })
    }

    fn on_earlier(&self, wake: Arc<dyn Fn() + Send + Sync>) {
        self.unwritten.on_earlier(wake);
    }
}

impl Cell {
    fn new(account: Account) -> Self {
        Self {
            changing: tokio::sync::Mutex::new(()),
            view: RwLock::new(Arc::new(account)),
            doubted: AtomicBool::new(false),
        }
    }

    fn view(&self) -> Arc<Account> {
        Arc::clone(&self.view.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn publish(&self, view: Arc<Account>) {
        *self.view.write().unwrap_or_else(PoisonError::into_inner) = view;
    }

    fn doubt(&self) {
        self.doubted.store(true, Ordering::Relaxed);
    }

    fn trust(&self) {
        self.doubted.store(false, Ordering::Relaxed);
    }

    fn is_doubted(&self) -> bool {
        self.doubted.load(Ordering::Relaxed)
    }
}
