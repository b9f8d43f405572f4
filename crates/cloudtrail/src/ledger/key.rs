use std::fmt;

use anabranch_catalog::{Catalog, CatalogError, Commit, Expect, Key};
use anabranch_governance::kms::{KEY_BYTES, MasterKey, NotWrappedByThis};
use anabranch_types::Rng;
use aws_lc_rs::hmac;
use zeroize::Zeroizing;

/// Where a server without `--audit-key` keeps its key, sealed under the master key.
const KEY: &[u8] = b"/-/-/cloudtrail/audit-key";
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

    /// The key that the catalog keeps, if it keeps one.
    pub async fn kept(catalog: &dyn Catalog, master_key: &MasterKey) -> Result<Option<Self>, AuditKeyError> {
        let Some(entry) = catalog.get(Key::from_static(KEY)).await? else { return Ok(None) };
        let bytes = master_key.open(&entry.value, CONTEXT)?;
        Ok(Some(Self::new(bytes[..].try_into().map_err(|_| NotWrappedByThis)?)))
    }

    /// The same, made if there is none.
    pub async fn kept_or_made(
        catalog: &dyn Catalog,
        master_key: &MasterKey,
        rng: &Rng,
    ) -> Result<Self, AuditKeyError> {
        if let Some(kept) = Self::kept(catalog, master_key).await? {
            return Ok(kept);
        }
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        rng.fill(&mut *bytes);
        let key = Key::from_static(KEY);
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
