//! Data keys for our own services, which encrypt their records under customers' keys. Who may was asked at the door.

use std::collections::BTreeMap;
use std::sync::Arc;

use anabranch_api::kms::Error;
use anabranch_types::{AccountId, Region};
use bytes::Bytes;
use bytestring::ByteString;
use tokio::sync::watch;
use zeroize::Zeroizing;

use super::ciphertext::Ciphertext;
use super::directory::{Slot, Usability};
use super::grants::key_name;
use super::key_id::Scope;
use super::named::Aliases;
use super::stored::Usage;
use super::using::Using;
use super::{KEY_BYTES, Kms};

/// A data key, plain and encrypted under a KMS key.
pub struct NewDataKey {
    /// What seals.
    pub plain: Zeroizing<[u8; KEY_BYTES]>,
    /// What is stored.
    pub ciphertext: Bytes,
    /// The KMS key's ARN.
    pub key_arn: ByteString,
}

/// Why a KMS key does not serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// There is no such key or alias.
    #[error("there is no such KMS key")]
    NotFound,
    /// It is disabled.
    #[error("the KMS key is disabled")]
    Disabled,
    /// It waits for its deletion.
    #[error("the KMS key is pending deletion")]
    PendingDeletion,
    /// It is of a kind that does not encrypt data keys; or the ciphertext was not made by it, in this context.
    #[error("the KMS key or the ciphertext is not valid for this")]
    Invalid,
    /// Something else failed, which stands in the server's log.
    #[error("the KMS key could not be used")]
    Failed,
}

impl Kms {
    /// The ARN of the key that an id, ARN or alias means to an account in a region. A key that AWS manages is made if need be.
    pub async fn key_arn(
        &self,
        account: AccountId,
        region: &Region,
        key: &str,
    ) -> Result<ByteString, KeyError> {
        Ok(self.meant(account, region, key).await?.arn.clone())
    }

    /// A new data key of 32 bytes, encrypted under the key that an id, ARN or alias means to an account in a region.
    pub async fn data_key(
        &self,
        (account, region): (AccountId, &Region),
        key: &str,
        context: &BTreeMap<String, String>,
    ) -> Result<NewDataKey, KeyError> {
        let slot = self.meant(account, region, key).await?;
        let using = self.using(slot)?;
        let mut plain = Zeroizing::new([0; KEY_BYTES]);
        self.rng.fill(&mut *plain);
        let ciphertext = self.seal(&using, &*plain, context).map_err(|_| KeyError::Failed)?;
        Ok(NewDataKey { plain, ciphertext, key_arn: using.slot.arn.clone() })
    }

    /// Opens a data key that [`Self::data_key`] or GenerateDataKey made. About two microseconds.
    pub fn open_data_key(
        &self,
        ciphertext: &[u8],
        context: &BTreeMap<String, String>,
    ) -> Result<Zeroizing<[u8; KEY_BYTES]>, KeyError> {
        let ciphertext = Ciphertext::parse(ciphertext).map_err(|_| KeyError::Invalid)?;
        let slot = self.directory.by_id(ciphertext.key).ok_or(KeyError::NotFound)?;
        let using = self.using(slot)?;
        let opened = self.open_ciphertext(&using, &ciphertext, context).map_err(|error| match error {
            Error::InvalidCiphertextException(_) => KeyError::Invalid,
            Error::DisabledException(_) => KeyError::Disabled,
            Error::KMSInvalidStateException(_) => KeyError::PendingDeletion,
            _ => KeyError::Failed,
        })?;
        let bytes = <[u8; KEY_BYTES]>::try_from(opened.plain.as_slice()).map_err(|_| KeyError::Invalid)?;
        Ok(Zeroizing::new(bytes))
    }

    /// Whether the key of this ARN can be used; the receiver is told as soon as that changes, before the call that changed it is answered.
    /// What was made with the key must be forgotten then.
    pub fn watch(&self, key_arn: &str) -> Result<watch::Receiver<Usability>, KeyError> {
        let name = key_name(key_arn).ok_or(KeyError::NotFound)?;
        Ok(self.directory.key(&name).ok_or(KeyError::NotFound)?.watch())
    }

    /// The ARN of the key that made a ciphertext, whether or not it can open it now.
    pub fn maker_of(&self, ciphertext: &[u8]) -> Result<ByteString, KeyError> {
        let ciphertext = Ciphertext::parse(ciphertext).map_err(|_| KeyError::Invalid)?;
        Ok(self.directory.by_id(ciphertext.key).ok_or(KeyError::NotFound)?.arn.clone())
    }

    async fn meant(&self, account: AccountId, region: &Region, key: &str) -> Result<Arc<Slot>, KeyError> {
        let own = Scope { account, region: region.clone() };
        let name = self.named_in(&own, key, Aliases::Taken).map_err(|_| KeyError::NotFound)?;
        self.find_or_make(&name).await.map_err(|error| match error {
            Error::NotFoundException(_) => KeyError::NotFound,
            _ => KeyError::Failed,
        })
    }

    fn using(&self, slot: Arc<Slot>) -> Result<Using, KeyError> {
        let view = slot.view();
        match view.usability() {
            Usability::Enabled => {}
            Usability::Disabled => return Err(KeyError::Disabled),
            Usability::PendingDeletion => return Err(KeyError::PendingDeletion),
            Usability::Deleted => return Err(KeyError::NotFound),
        }
        let using = Using { slot, view };
        let fits = using.view.stored.usage == Usage::EncryptDecrypt && using.must_be_symmetric().is_ok();
        if fits { Ok(using) } else { Err(KeyError::Invalid) }
    }
}

impl std::fmt::Debug for NewDataKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewDataKey").field("key_arn", &self.key_arn).finish_non_exhaustive()
    }
}
