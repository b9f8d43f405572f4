use std::sync::Arc;

use anabranch_catalog::{Catalog, CatalogError, Commit, Expect, Key, Revision, Watch};
use anabranch_types::AccountId;

use super::{Book, Head};

/// Where heads wait that shall be sent.
const PREFIX: &[u8] = b"/-/-/cloudtrail/unsent/";
/// Heads read at a time.
const READ_MAX: usize = 100;

/// Heads on their way out of the data directory: of each ledger the latest that was not sent yet. It vouches for all before it, so those need not
/// be sent any more.
#[derive(Clone)]
pub struct HeadOutbox(pub(crate) Arc<dyn Catalog>);

/// A head that waits.
#[derive(Clone, Debug)]
pub struct WaitingHead {
    /// The head.
    pub head: Head,
    key: Key,
    version: Revision,
}

impl HeadOutbox {
    /// Heads that wait, some of them if there are many.
    pub async fn waiting(&self) -> Result<Vec<WaitingHead>, CatalogError> {
        let page = self.0.scan(Key::from_static(PREFIX), None, READ_MAX).await?;
        let read = page.entries.into_iter().filter_map(|entry| {
            let head = serde_json::from_slice(&entry.value).ok()?;
            Some(WaitingHead { head, key: entry.key, version: entry.version })
        });
        Ok(read.collect())
    }

    /// Notes that a head was sent: it waits no more, unless a later one took its place.
    pub async fn sent(&self, sent: &WaitingHead) -> Result<(), CatalogError> {
        let expect = vec![Expect::Version(sent.key.clone(), sent.version)];
        let commit = Commit { expect, put: Vec::new(), delete: vec![sent.key.clone()] };
        match self.0.commit(commit).await {
            Err(CatalogError::Conflict { .. }) => Ok(()),
            committed => committed.map(drop),
        }
    }

    /// Calls `told` after each change of what waits, until the watch is dropped.
    pub fn watch(&self, told: impl Fn() + Send + Sync + 'static) -> Watch {
        self.0.watch(Key::from_static(PREFIX), Arc::new(move |_: Revision| told()))
    }
}

/// Where the head of a ledger waits.
pub(super) fn unsent_key(account: AccountId, book: Book) -> Key {
    [PREFIX, format!("{account}/{}", book.name()).as_bytes()].concat().into()
}
