use anabranch_catalog::{Catalog, CatalogError, Commit, Expect};
use anabranch_types::Rng;
use bytes::Bytes;

use super::master_key::{MasterKey, NotWrappedByThis};

/// Where the mark stands: version byte 1, then nothing sealed under the master key (nonce and tag).
const KEY: &[u8] = b"/-/-/master-key/mark";
const VERSION: u8 = 1;
/// What the mark is bound to.
const CONTEXT: &[u8] = b"master key mark";

/// The master key is not that of this catalog, or that cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum MarkError {
    /// The catalog failed.
    #[error("cannot read or write the master key's mark in the catalog")]
    Catalog(#[from] CatalogError),
    /// It is another one.
    #[error(
        "what this data directory keeps is sealed under another master key: start with the one it was written with"
    )]
    Another(#[source] NotWrappedByThis),
    /// A newer program wrote it.
    #[error("the master key's mark in the catalog has version {0}, which this program does not know")]
    Version(u8),
}

/// Refuses a catalog that another master key has marked; marks one that none has. Durable when this returns.
pub async fn mark(catalog: &dyn Catalog, master_key: &MasterKey, rng: &Rng) -> Result<(), MarkError> {
    let key = Bytes::from_static(KEY);
    if let Some(found) = catalog.get(key.clone()).await? {
        return match found.value.split_first() {
            Some((&VERSION, sealed)) => {
                master_key.open(sealed, CONTEXT).map(drop).map_err(MarkError::Another)
            }
            other => Err(MarkError::Version(other.map_or(0, |(version, _)| *version))),
        };
    }
    let value = [&[VERSION][..], &master_key.seal(&[], CONTEXT, rng)].concat();
    let commit = Commit {
        expect: vec![Expect::Absent(key.clone())],
        put: vec![(key, value.into())],
        ..Commit::default()
    };
    catalog.commit(commit).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use anabranch_catalog::MemoryCatalog;

    use super::*;

    #[tokio::test]
    async fn a_catalog_is_one_master_keys() {
        let (catalog, rng) = (MemoryCatalog::default(), Rng::system());
        let (ours, other) = (MasterKey::random(&rng), MasterKey::random(&rng));
        for _ in 0..2 {
            mark(&catalog, &ours, &rng).await.unwrap();
            assert!(matches!(mark(&catalog, &other, &rng).await, Err(MarkError::Another(_))));
        }
        let put = vec![(Bytes::from_static(KEY), Bytes::from_static(&[2]))];
        catalog.commit(Commit { put, ..Commit::default() }).await.unwrap();
        assert!(matches!(mark(&catalog, &ours, &rng).await, Err(MarkError::Version(2))));
    }
}
