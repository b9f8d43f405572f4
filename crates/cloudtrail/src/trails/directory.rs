use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anabranch_api::cloudtrail::Error;
use anabranch_catalog::{Catalog, CatalogError, Commit, Expect, Key, Revision, Value as _};
use anabranch_types::{AccountId, Region};

use super::name::TrailId;
use super::selectors::Seen;
use super::stored::StoredTrail;
use crate::errors;
use crate::scopes::beginnings;

/// What stands in the keys of trails between the region and the name.
const KEY_MIDDLE: &str = "/cloudtrail/trail/";
/// Keys read by one scan.
const SCAN_KEYS: usize = 1000;

/// A trail as it was when it was looked up.
#[derive(Debug)]
pub(crate) struct Trail {
    pub id: TrailId,
    pub stored: StoredTrail,
    /// Of its entry in the catalog.
    version: Revision,
}

/// Every trail there is, in memory; a change is committed first.
pub(crate) struct Directory {
    catalog: Arc<dyn Catalog>,
    trails: Mutex<BTreeMap<(AccountId, String, String), Arc<Trail>>>,
    /// Whether any trail that logs asks for data events.
    asks_for_data: AtomicBool,
}

impl Directory {
    /// Loads all of them.
    pub async fn load(catalog: Arc<dyn Catalog>) -> Result<Self, CatalogError> {
        let this = Self { catalog, trails: Mutex::default(), asks_for_data: AtomicBool::new(false) };
        for scope in beginnings(&*this.catalog, 2).await? {
            this.load_scope(format!("{scope}{KEY_MIDDLE}").into()).await?;
        }
        Ok(this)
    }

    async fn load_scope(&self, prefix: Key) -> Result<(), CatalogError> {
        let mut after = None;
        loop {
            let page = self.catalog.scan(prefix.clone(), after, SCAN_KEYS).await?;
            for entry in &page.entries {
                let Some(id) = parse_key(&entry.key) else { continue };
                match StoredTrail::from_bytes(&entry.value) {
                    Ok(stored) => self.set(Trail { id, stored, version: entry.version }),
                    Err(error) => {
                        let (name, error) = (&*id.name, &error as &dyn std::error::Error);
                        tracing::error!(name, error, "a trail cannot be read");
                    }
                }
            }
            after = page.entries.last().map(|e| e.key.clone());
            if !page.more {
                return Ok(());
            }
        }
    }

    /// Whether any trail that logs asks for data events: one load.
    pub fn asks_for_data(&self) -> bool {
        self.asks_for_data.load(Ordering::Relaxed)
    }

    /// Whether a trail of the account that logs in this region asks for the event.
    pub fn select(&self, account: AccountId, region: &Region, seen: &Seen<'_>) -> bool {
        let trails = self.lock();
        let of_account = trails.range((account, String::new(), String::new())..).map(|(_, trail)| trail);
        of_account
            .take_while(|trail| trail.id.account == account)
            .any(|trail| trail.is_logging_in(region) && trail.stored.selectors.select(seen))
    }

    pub fn get(&self, id: &TrailId) -> Option<Arc<Trail>> {
        self.lock().get(&place(id)).cloned()
    }

    /// The trails of an account, by region and name.
    pub fn of_account(&self, account: AccountId) -> Vec<Arc<Trail>> {
        self.lock().values().filter(|trail| trail.id.account == account).cloned().collect()
    }

    pub fn all(&self) -> Vec<Arc<Trail>> {
        self.lock().values().cloned().collect()
    }

    /// Makes a trail.
    pub async fn create(&self, id: TrailId, stored: StoredTrail) -> Result<(), Error> {
        let expect = Expect::Absent(key(&id));
        self.commit(id, stored, expect).await
    }

    /// Changes a trail from what it was.
    pub async fn change(&self, before: &Trail, stored: StoredTrail) -> Result<(), Error> {
        let expect = Expect::Version(key(&before.id), before.version);
        self.commit(before.id.clone(), stored, expect).await
    }

    async fn commit(&self, id: TrailId, stored: StoredTrail, expect: Expect) -> Result<(), Error> {
        let put = vec![(key(&id), stored.to_bytes())];
        let committed = self.catalog.commit(Commit { expect: vec![expect], put, delete: Vec::new() }).await;
        let version = committed.map_err(|error| refused(&id, error))?;
        self.set(Trail { id, stored, version });
        Ok(())
    }

    /// Takes a trail away, and what was noted of its deliveries.
    pub async fn delete(&self, before: &Trail, also: Key) -> Result<(), Error> {
        let key = key(&before.id);
        let expect = vec![Expect::Version(key.clone(), before.version)];
        let commit = Commit { expect, put: Vec::new(), delete: vec![key, also] };
        self.catalog.commit(commit).await.map_err(|error| refused(&before.id, error))?;
        self.lock().remove(&place(&before.id));
        self.look();
        Ok(())
    }

    fn set(&self, trail: Trail) {
        self.lock().insert(place(&trail.id), Arc::new(trail));
        self.look();
    }

    fn look(&self) {
        let asks = self.lock().values().any(|t| t.stored.logging && t.stored.selectors.ask_for_data());
        self.asks_for_data.store(asks, Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<(AccountId, String, String), Arc<Trail>>> {
        self.trails.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Trail {
    /// Whether it logs what is called in this region.
    pub fn is_logging_in(&self, region: &Region) -> bool {
        self.stored.logging && (self.stored.multi_region || self.id.region == *region)
    }
}

fn refused(id: &TrailId, error: CatalogError) -> Error {
    match error {
        CatalogError::Conflict { .. } => errors::conflict(&id.name),
        other => errors::internal(&other),
    }
}

fn place(id: &TrailId) -> (AccountId, String, String) {
    (id.account, id.region.to_string(), id.name.clone())
}

fn key(id: &TrailId) -> Key {
    format!("/{}/{}{KEY_MIDDLE}{}", id.account, id.region, id.name).into()
}

fn parse_key(key: &[u8]) -> Option<TrailId> {
    let (scope, name) = std::str::from_utf8(key).ok()?.split_once(KEY_MIDDLE)?;
    let (account, region) = scope.strip_prefix('/')?.split_once('/')?;
    Some(TrailId {
        account: account.parse().ok()?,
        region: Region::parse(region.to_owned())?,
        name: name.to_owned(),
    })
}
