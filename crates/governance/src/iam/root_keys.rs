//! Root access keys that were made here, by `anabranch init`: in the catalog, each secret sealed under the master key. A directory with
//! one of them is closed.

use anabranch_catalog::{Catalog, CatalogError, Commit, Expect, Undecodable, Value};
use anabranch_types::{AccountId, Rng, Timestamp};
use bytes::Bytes;
use minicbor::{Decode, Encode};

use super::credentials::{Credentials, CredentialsError, RootKey};
use super::{Secret, names};
use crate::kms::{MasterKey, NotWrappedByThis};

/// What their keys begin with; account and id follow.
const PREFIX: &str = "/-/-/iam/root-key/";
/// Most root keys of an account (IAM reference_iam-quotas).
const KEYS_PER_ACCOUNT_MAX: usize = 2;
/// Entries read at once.
const PAGE_ENTRIES: usize = 256;

/// A root access key that was made; this is the only time its secret is told.
#[derive(Clone, Debug)]
pub struct NewRootKey {
    /// The account.
    pub account: AccountId,
    /// `AKIA…`
    pub id: String,
    /// What it signs with.
    pub secret: Secret,
}

/// Root keys cannot be read or made.
#[derive(Debug, thiserror::Error)]
pub enum RootKeysError {
    /// The catalog failed.
    #[error("cannot read or write root access keys in the catalog")]
    Catalog(#[from] CatalogError),
    /// What it holds cannot be read.
    #[error("cannot read the root access key `{key}` in the catalog")]
    Unreadable {
        /// Where it stands.
        key: String,
        /// Why.
        #[source]
        source: Undecodable,
    },
    /// Another master key sealed it.
    #[error("the master key does not open the root access key {id}: is it the one of this directory?")]
    Sealed {
        /// The key.
        id: String,
        /// Why.
        #[source]
        source: NotWrappedByThis,
    },
    /// The account has its two.
    #[error("account {0} has two root access keys already")]
    TooMany(AccountId),
    /// They cannot stand together.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
}

/// What the catalog keeps of a root access key (docs/formats/iam.md).
#[derive(Encode, Decode)]
#[cbor(array)]
struct StoredRootKey {
    /// The secret under the master key: nonce, sealed secret, tag.
    #[cbor(n(0), with = "minicbor::bytes")]
    sealed: Vec<u8>,
    #[n(1)]
    created_ms: i64,
}

/// Every root key of the catalog.
pub async fn read(catalog: &dyn Catalog, master_key: &MasterKey) -> Result<Credentials, RootKeysError> {
    let mut found = Credentials::none();
    let mut after = None;
    loop {
        let page = catalog.scan(Bytes::from_static(PREFIX.as_bytes()), after, PAGE_ENTRIES).await?;
        for entry in &page.entries {
            let key = String::from_utf8_lossy(&entry.key).into_owned();
            let stored: Result<StoredRootKey, _> = Value::from_bytes(&entry.value);
            let stored = stored.map_err(|source| RootKeysError::Unreadable { key: key.clone(), source })?;
            let Some((account, id)) = account_and_id(&key) else { continue };
            let secret = open(&stored.sealed, account, id, master_key);
            let secret = secret.map_err(|source| RootKeysError::Sealed { id: id.to_owned(), source })?;
            found.add(id.to_owned(), RootKey { account, secret })?;
        }
        after = page.entries.last().map(|entry| entry.key.clone());
        if !page.more {
            return Ok(found);
        }
    }
}

/// Makes a root access key of the account: durable when this returns.
pub async fn make(
    catalog: &dyn Catalog,
    master_key: &MasterKey,
    rng: &Rng,
    account: AccountId,
    now: Timestamp,
) -> Result<NewRootKey, RootKeysError> {
    let prefix: Bytes = format!("{PREFIX}{account}/").into();
    let page = catalog.scan(prefix.clone(), None, PAGE_ENTRIES).await?;
    if page.entries.len() >= KEYS_PER_ACCOUNT_MAX {
        return Err(RootKeysError::TooMany(account));
    }
    let id = names::access_key_id(names::ACCESS_KEY_ID, rng);
    let made = NewRootKey { account, id, secret: names::secret(rng) };
    let sealed = master_key.seal(made.secret.expose().as_bytes(), &context(account, &made.id), rng).to_vec();
    let stored = StoredRootKey { sealed, created_ms: now.millis() };
    let key = format!("{PREFIX}{account}/{}", made.id);
    let commit = Commit {
        expect: vec![Expect::PrefixUnchanged(prefix, page.revision)],
        put: vec![(key.into(), stored.to_bytes())],
        ..Commit::default()
    };
    catalog.commit(commit).await?;
    Ok(made)
}

fn account_and_id(key: &str) -> Option<(AccountId, &str)> {
    let (account, id) = key.strip_prefix(PREFIX)?.split_once('/')?;
    Some((account.parse().ok()?, id))
}

/// What a secret is bound to while it is sealed.
fn context(account: AccountId, id: &str) -> Vec<u8> {
    format!("iam root key {account} {id}").into_bytes()
}

fn open(
    sealed: &[u8],
    account: AccountId,
    id: &str,
    master_key: &MasterKey,
) -> Result<Secret, NotWrappedByThis> {
    let plain = master_key.open(sealed, &context(account, id))?;
    Ok(Secret::new(std::str::from_utf8(&plain).map_err(|_| NotWrappedByThis)?.to_owned()))
}

#[cfg(test)]
mod tests {
    use anabranch_catalog::MemoryCatalog;

    use super::*;

    #[tokio::test]
    async fn what_was_made_is_read_again_by_the_same_master_key_alone() {
        let (catalog, rng) = (MemoryCatalog::default(), Rng::seeded(1));
        let (master, other) = (MasterKey::random(&rng), MasterKey::random(&rng));
        let (one, two) = ("111111111111".parse().unwrap(), "222222222222".parse().unwrap());
        assert!(read(&catalog, &master).await.unwrap().accounts().is_empty());
        let now = Timestamp::from_seconds(1);
        let mut made = Vec::new();
        for account in [one, two, one] {
            made.push(make(&catalog, &master, &rng, account, now).await.unwrap());
        }
        let found = read(&catalog, &master).await.unwrap();
        assert_eq!(found.accounts(), [one, two]);
        for key in &made {
            let found = found.key(&key.id).unwrap();
            assert_eq!((found.account, found.secret.expose()), (key.account, key.secret.expose()));
            assert!(key.id.starts_with("AKIA") && key.id.len() == 20 && key.secret.expose().len() == 40);
        }
        let third = make(&catalog, &master, &rng, one, now).await.unwrap_err();
        assert_eq!(third.to_string(), "account 111111111111 has two root access keys already");
        assert!(matches!(read(&catalog, &other).await, Err(RootKeysError::Sealed { .. })));
        assert!(!format!("{made:?}").contains(made[0].secret.expose()));
    }
}
