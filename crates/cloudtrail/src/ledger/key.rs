use std::fmt;

use anabranch_catalog::{Catalog, CatalogError, Commit, Expect, Key};
use anabranch_governance::kms::{KEY_BYTES, MasterKey, NotWrappedByThis};
use anabranch_types::Rng;
use aws_lc_rs::hmac;
use zeroize::Zeroizing;

/// Where a server without `--audit-key` keeps its keys, each sealed under a master key: one, and another one for each time that the master key
/// was lost.
const KEYS: &[u8] = b"/-/-/cloudtrail/audit-key/";
/// Read at the most; nobody loses as many master keys.
const KEYS_MAX: usize = 1000;
/// What that key is for.
const CONTEXT: &[u8] = b"the key of the audit's heads";

/// The key that heads are made with.
pub struct AuditKey(hmac::Key);

/// The key cannot be had.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum AuditKeyError {
    #[error("cannot read the key of the audit in the catalog")]
    Catalog(#[from] CatalogError),
    #[error("the key of the audit in the catalog was sealed under another master key")]
    Sealed(#[from] NotWrappedByThis),
}

impl AuditKey {
    /// The key with these bytes.
    pub fn new(bytes: &[u8; KEY_BYTES]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }

    /// The key in base64, as the file of `--audit-key` holds it. None unless it is that of 32 bytes.
    pub fn from_base64(text: &str) -> Option<Self> {
        let decoded = Zeroizing::new(base64_simd::STANDARD.decode_to_vec(text.trim()).ok()?);
        Some(Self::new(decoded[..].try_into().ok()?))
    }

    /// The latest key in the catalog that this master key opens; none if it has no key.
    pub async fn kept(catalog: &dyn Catalog, master_key: &MasterKey) -> Result<Option<Self>, AuditKeyError> {
        let page = catalog.scan(Key::from_static(KEYS), None, KEYS_MAX).await?;
        let mut opened = page.entries.iter().rev().filter_map(|e| master_key.open(&e.value, CONTEXT).ok());
        match opened.next() {
            Some(bytes) => Ok(Some(Self::new(bytes[..].try_into().map_err(|_| NotWrappedByThis)?))),
            None if page.entries.is_empty() => Ok(None),
            None => Err(NotWrappedByThis.into()),
        }
    }

    /// The same, made if there is none: then heads of before, if there are any, can be verified with the master key of before alone.
    pub async fn kept_or_made(
        catalog: &dyn Catalog,
        master_key: &MasterKey,
        rng: &Rng,
    ) -> Result<Self, AuditKeyError> {
        match Self::kept(catalog, master_key).await {
            Ok(Some(kept)) => return Ok(kept),
            Ok(None) => {}
            Err(sealed @ AuditKeyError::Sealed(_)) => tracing::warn!("{sealed}: a new one is made"),
            Err(failed) => return Err(failed),
        }
        let before = catalog.scan(Key::from_static(KEYS), None, KEYS_MAX).await?.entries.len();
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        rng.fill(&mut *bytes);
        let key: Key = [KEYS, format!("{before:08}").as_bytes()].concat().into();
        let put = vec![(key.clone(), master_key.seal(&*bytes, CONTEXT, rng))];
        catalog.commit(Commit { expect: vec![Expect::Absent(key)], put, delete: Vec::new() }).await?;
        Ok(Self::new(&bytes))
    }

    pub(super) fn mac(&self) -> &hmac::Key {
        &self.0
    }
}

impl fmt::Debug for AuditKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuditKey(***)")
    }
}

#[cfg(test)]
mod tests {
    use anabranch_catalog::MemoryCatalog;

    use super::*;

    #[tokio::test]
    async fn whoever_lost_the_master_key_gets_another_key_and_the_old_one_stays() {
        let (catalog, rng) = (MemoryCatalog::default(), Rng::system());
        let (lost, new) = (MasterKey::random(&rng), MasterKey::random(&rng));
        let mac = |key: &AuditKey| hmac::sign(key.mac(), b"text").as_ref().to_vec();
        assert!(AuditKey::kept(&catalog, &lost).await.unwrap().is_none());
        let first = mac(&AuditKey::kept_or_made(&catalog, &lost, &rng).await.unwrap());
        assert!(matches!(AuditKey::kept(&catalog, &new).await, Err(AuditKeyError::Sealed(_))));
        let second = mac(&AuditKey::kept_or_made(&catalog, &new, &rng).await.unwrap());
        assert_ne!(first, second);
        for (master_key, expected) in [(&lost, &first), (&new, &second)] {
            assert_eq!(mac(&AuditKey::kept(&catalog, master_key).await.unwrap().unwrap()), *expected);
            assert_eq!(mac(&AuditKey::kept_or_made(&catalog, master_key, &rng).await.unwrap()), *expected);
        }
    }
}
