//! The keys that sign digests: one RSA key for each account and region, made when it is first needed.

use std::sync::Arc;

use anabranch_catalog::{Catalog, CatalogError, Commit, Expect, Key, Undecodable, Value as _};
use anabranch_governance::kms::{MasterKey, NotWrappedByThis};
use anabranch_types::{AccountId, Hex, Region, Rng, Timestamp};
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use aws_lc_rs::{digest, rand, signature};
use bytes::Bytes;
use minicbor::{Decode, Encode};
use tokio::task::JoinError;

/// What the private half is sealed for.
const CONTEXT: &[u8] = b"a key that signs the digests of trails";
/// Keys read at the most; nobody loses as many master keys.
const KEYS_MAX: usize = 1000;
/// How long a key is told to be good for.
const GOOD_FOR_MS: i64 = 10 * 365 * 24 * 3_600_000;

/// The keys, in the catalog.
pub(crate) struct SigningKeys {
    catalog: Arc<dyn Catalog>,
    master_key: Arc<MasterKey>,
    rng: Rng,
}

/// A key cannot be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SigningError {
    #[error("cannot find the key in the catalog")]
    Catalog(#[from] CatalogError),
    #[error("the catalog's value of the key is not readable")]
    Undecodable(#[from] Undecodable),
    #[error(transparent)]
    Sealed(#[from] NotWrappedByThis),
    #[error("the key cannot be made or used")]
    Cryptography,
    #[error("making the key was interrupted")]
    Interrupted(#[from] JoinError),
}

/// A key as the catalog keeps it.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
struct StoredKey {
    #[n(0)]
    made_ms: i64,
    /// PKCS #1, DER.
    #[n(1)]
    public: Vec<u8>,
    /// PKCS #8, sealed under the master key.
    #[n(2)]
    sealed: Vec<u8>,
}

/// A key with its private half sealed.
pub(crate) struct SigningKey {
    pub made_ms: i64,
    /// PKCS #1, DER, as ListPublicKeys gives it.
    pub public: Bytes,
    sealed: Vec<u8>,
}

impl SigningKeys {
    pub fn new(catalog: Arc<dyn Catalog>, master_key: Arc<MasterKey>, rng: Rng) -> Self {
        Self { catalog, master_key, rng }
    }

    /// The keys of an account in a region, the latest last: one if any was ever needed, and another one for each time that the master key was lost.
    pub async fn all(&self, account: AccountId, region: &Region) -> Result<Vec<SigningKey>, SigningError> {
        let page = self.catalog.scan(prefix(account, region), None, KEYS_MAX).await?;
        let read = page.entries.iter().map(|entry| {
            let StoredKey { made_ms, public, sealed } = StoredKey::from_bytes(&entry.value)?;
            Ok(SigningKey { made_ms, public: public.into(), sealed })
        });
        read.collect()
    }

    /// The latest key that the master key opens, made if there is none; takes a moment then.
    pub async fn find_or_make(
        &self,
        account: AccountId,
        region: &Region,
        now: Timestamp,
    ) -> Result<SigningKey, SigningError> {
        let mut all = self.all(account, region).await?;
        let opens = |key: &SigningKey| self.master_key.open(&key.sealed, CONTEXT).is_ok();
        if let Some(latest) = all.iter().rposition(opens) {
            return Ok(all.swap_remove(latest));
        }
        let pair = tokio::task::spawn_blocking(|| KeyPair::generate(KeySize::Rsa2048)).await?;
        let pair = pair.map_err(|_| SigningError::Cryptography)?;
        let private = AsDer::<aws_lc_rs::encoding::Pkcs8V1Der<'_>>::as_der(&pair)
            .map_err(|_| SigningError::Cryptography)?;
        let sealed = self.master_key.seal(private.as_ref(), CONTEXT, &self.rng).to_vec();
        let public = pair.public_key().as_ref().to_vec();
        let stored = StoredKey { made_ms: now.millis(), public: public.clone(), sealed: sealed.clone() };
        let number = format!("{:08}", all.len());
        let key: Key = [&*prefix(account, region), number.as_bytes()].concat().into();
        let put = vec![(key.clone(), stored.to_bytes())];
        self.catalog.commit(Commit { expect: vec![Expect::Absent(key)], put, delete: Vec::new() }).await?;
        Ok(SigningKey { made_ms: now.millis(), public: public.into(), sealed })
    }

    /// A signature, SHA256withRSA (PKCS #1 v1.5).
    pub fn sign(&self, key: &SigningKey, text: &[u8]) -> Result<Vec<u8>, SigningError> {
        let private = self.master_key.open(&key.sealed, CONTEXT)?;
        let pair = KeyPair::from_pkcs8(&private).map_err(|_| SigningError::Cryptography)?;
        let mut signed = vec![0; pair.public_modulus_len()];
        pair.sign(&signature::RSA_PKCS1_SHA256, &rand::SystemRandom::new(), text, &mut signed)
            .map_err(|_| SigningError::Cryptography)?;
        Ok(signed)
    }
}

impl SigningKey {
    /// When it ends.
    pub fn ends(&self) -> Timestamp {
        Timestamp::from_millis(self.made_ms + GOOD_FOR_MS)
    }

    pub fn is_valid_within(&self, from: Timestamp, until: Timestamp) -> bool {
        self.made_ms <= until.millis() && from <= self.ends()
    }

    /// What digests know it by.
    pub fn fingerprint(&self) -> String {
        Hex(&digest::digest(&digest::SHA256, &self.public).as_ref()[..16]).to_string()
    }
}

fn prefix(account: AccountId, region: &Region) -> Key {
    format!("/{account}/{region}/cloudtrail/signing-key/").into()
}

#[cfg(test)]
mod tests {
    use anabranch_catalog::MemoryCatalog;

    use super::*;

    #[tokio::test]
    async fn each_account_and_region_has_a_key_that_only_its_master_key_opens() {
        let catalog: Arc<dyn Catalog> = Arc::new(MemoryCatalog::default());
        let rng = Rng::system();
        let over = |master_key| SigningKeys::new(Arc::clone(&catalog), Arc::new(master_key), rng.clone());
        let keys = over(MasterKey::random(&rng));
        let mut fingerprints = std::collections::BTreeSet::new();
        for account in ["111111111111", "222222222222"] {
            for region in ["us-east-1", "eu-west-1"] {
                let (account, region) = (account.parse().unwrap(), Region::parse(region).unwrap());
                let made = keys.find_or_make(account, &region, Timestamp::default()).await.unwrap();
                let found = keys.find_or_make(account, &region, Timestamp::default()).await.unwrap();
                assert_eq!(made.fingerprint(), found.fingerprint());
                fingerprints.insert(made.fingerprint());
                keys.sign(&found, b"text").unwrap();
                let without = over(MasterKey::random(&rng));
                let refused = without.sign(&found, b"text").unwrap_err();
                assert!(matches!(refused, SigningError::Sealed(_)));
                let another = without.find_or_make(account, &region, Timestamp::default()).await.unwrap();
                without.sign(&another, b"text").unwrap();
                let told = keys.all(account, &region).await.unwrap();
                let told: Vec<_> = told.iter().map(SigningKey::fingerprint).collect();
                assert_eq!(
                    told,
                    [made.fingerprint(), another.fingerprint()],
                    "files of before are verified, too"
                );
                let kept = keys.find_or_make(account, &region, Timestamp::default()).await.unwrap();
                assert_eq!(kept.fingerprint(), made.fingerprint());
            }
        }
        assert_eq!(fingerprints.len(), 4);
    }
}
