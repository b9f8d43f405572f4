use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use anabranch_catalog::{Catalog, CatalogError, Commit, Expect, Key, Value as _, next_log_group};
use anabranch_log::{GroupId, LogId, RecordLog};
use anabranch_types::AccountId;

use super::{Book, LedgerError};
use crate::scopes::beginnings;

/// What stands in the keys of ledgers between the account and the ledger's name.
const KEY_MIDDLE: &str = "/-/cloudtrail/ledger/";

/// The group of logs of every ledger in the catalog, with its account and name.
pub async fn ledgers(catalog: &dyn Catalog) -> Result<Vec<(GroupId, AccountId, Book)>, CatalogError> {
    let mut found = Vec::new();
    for beginning in beginnings(catalog, 1).await? {
        let Ok(account) = beginning.trim_start_matches('/').parse() else { continue };
        for book in Book::ALL {
            let entry = catalog.get(key(account, book)).await?;
            if let Some(Ok(group)) = entry.map(|entry| u64::from_bytes(&entry.value)) {
                found.push((GroupId(group), account, book));
            }
        }
    }
    Ok(found)
}

/// The logs of ledgers, for each account one of each book.
pub(super) struct Logs {
    pub(super) log: Arc<dyn RecordLog>,
    catalog: Arc<dyn Catalog>,
    /// Ledgers are never removed, so what is remembered stays true; there are two for each account at the most.
    remembered: Mutex<HashMap<(AccountId, Book), LogId>>,
}

impl Logs {
    pub(super) fn new(log: Arc<dyn RecordLog>, catalog: Arc<dyn Catalog>) -> Self {
        Self { log, catalog, remembered: Mutex::default() }
    }

    /// The log, if it was ever made.
    pub(super) async fn find(&self, account: AccountId, book: Book) -> Result<Option<LogId>, LedgerError> {
        let place = (account, book);
        if let Some(log) = self.remembered.lock().unwrap_or_else(PoisonError::into_inner).get(&place) {
            return Ok(Some(*log));
        }
        let Some(entry) = self.catalog.get(key(account, book)).await? else { return Ok(None) };
        let log = LogId { group: GroupId(u64::from_bytes(&entry.value)?), index: 0 };
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner).insert(place, log);
        Ok(Some(log))
    }

    /// The log, made if there is none: before the catalog names it, so that a crash between leaves an empty log that nobody names.
    pub(super) async fn find_or_make(&self, account: AccountId, book: Book) -> Result<LogId, LedgerError> {
        if let Some(log) = self.find(account, book).await? {
            return Ok(log);
        }
        let number = next_log_group(&*self.catalog).await?;
        let log = LogId { group: GroupId(number), index: 0 };
        self.log.create(vec![log]).await?;
        let key = key(account, book);
        let put = vec![(key.clone(), number.to_bytes())];
        self.catalog.commit(Commit { expect: vec![Expect::Absent(key)], put, delete: Vec::new() }).await?;
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner).insert((account, book), log);
        Ok(log)
    }
}

fn key(account: AccountId, book: Book) -> Key {
    format!("/{account}{KEY_MIDDLE}{}", book.name()).into()
}
