//! Everything whose keys begin alike, a piece at a time.

use anabranch_catalog::{Catalog, CatalogError, Entry, Key};
use bytes::Bytes;

/// Entries of a piece: what is read at once, and written in one commit.
pub(crate) const PIECE_ENTRIES: usize = 100;

/// Where somebody is who reads all of them in order. What is written meanwhile behind that place is read, too.
pub(crate) struct Pieces {
    prefix: Bytes,
    after: Option<Key>,
    more: bool,
}

impl Pieces {
    pub fn of(prefix: Bytes) -> Self {
        Self { prefix, after: None, more: true }
    }

    /// The next ones; none when all were read.
    pub async fn next(&mut self, catalog: &dyn Catalog) -> Result<Option<Vec<Entry>>, CatalogError> {
        if !self.more {
            return Ok(None);
        }
        let page = catalog.scan(self.prefix.clone(), self.after.take(), PIECE_ENTRIES).await?;
        self.after = page.entries.last().map(|entry| entry.key.clone());
        self.more = page.more;
        Ok(Some(page.entries))
    }
}
