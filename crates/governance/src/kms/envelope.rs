//! Data keys for our own services, which encrypt their records under customers' keys. Who may was asked before: [`super::KeyUse`].

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use anabranch_api::kms::Error;
use anabranch_types::{AccountId, Region};
use bytes::Bytes;
use bytestring::ByteString;
use tokio::sync::watch;
use zeroize::Zeroizing;

use super::ciphertext::Ciphertext;
use super::data_key::DataKey;
use super::directory::{Slot, Usability};
use super::errors;
use super::grants::key_name;
use super::key_id::{KeyName, Scope};
use super::named::Aliases;
use super::stored::Usage;
use super::using::Using;
use super::{KEY_BYTES, Kms};

/// A data key, plain and encrypted under a KMS key.
#[derive(Debug)]
pub struct NewDataKey {
    /// What seals.
    pub key: DataKey,
    /// What is stored.
    pub ciphertext: Bytes,
    /// The KMS key's ARN.
    pub key_arn: ByteString,
}

/// Why a KMS key does not serve, in KMS's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// There is no such key or alias.
    #[error("{0}")]
    NotFound(Cow<'static, str>),
    /// It is disabled.
    #[error("{0}")]
    Disabled(Cow<'static, str>),
    /// It waits for its deletion.
    #[error("{0}")]
    PendingDeletion(Cow<'static, str>),
    /// It is of a kind that does not encrypt data keys; or the ciphertext was not made by it, in this context.
    #[error("{0}")]
    Invalid(Cow<'static, str>),
    /// Something else failed, which stands in the server's log.
    #[error("the KMS key could not be used")]
    Failed,
}

impl From<Error> for KeyError {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFoundException(told) | Error::InvalidArnException(told) => Self::NotFound(told),
            Error::DisabledException(told) => Self::Disabled(told),
            Error::KMSInvalidStateException(told) => Self::PendingDeletion(told),
            Error::InvalidCiphertextException(told) | Error::InvalidKeyUsageException(told) => {
                Self::Invalid(told)
            }
            _ => Self::Failed,
        }
    }
}

impl Kms {
    /// The ARN of the key that an id, ARN or alias means to an account in a region. A key that AWS manages is made if need be.
    pub async fn key_arn(
        &self,
        account: AccountId,
        region: &Region,
        key: &str,
    ) -> Result<ByteString, KeyError> {
        Ok(self.find_or_make(&self.meant(account, region, key)?).await?.arn.clone())
    }

    /// As [`Self::key_arn`], whether or not there is such a key.
    pub fn arn_meant(&self, account: AccountId, region: &Region, key: &str) -> Result<ByteString, KeyError> {
        Ok(self.meant(account, region, key)?.arn())
    }

    /// Whether the key of this ARN encrypts data keys now. From memory.
    pub fn usable(&self, key_arn: &str) -> Result<(), KeyError> {
        self.using(self.slot(key_arn)?).map(drop)
    }

    /// A new data key of 32 bytes, encrypted under the key of this ARN.
    pub fn data_key(
        &self,
        key_arn: &str,
        context: &BTreeMap<String, String>,
    ) -> Result<NewDataKey, KeyError> {
        let using = self.using(self.slot(key_arn)?)?;
        let mut plain = Zeroizing::new([0; KEY_BYTES]);
        self.rng.fill(&mut *plain);
        let ciphertext = self.seal(&using, &*plain, context)?;
        Ok(NewDataKey { key: DataKey::new(plain), ciphertext, key_arn: using.slot.arn.clone() })
    }

    /// Opens a data key that [`Self::data_key`] or GenerateDataKey made under the key of this ARN. About two microseconds.
    pub fn open_data_key(
        &self,
        key_arn: &str,
        ciphertext: &[u8],
        context: &BTreeMap<String, String>,
    ) -> Result<DataKey, KeyError> {
        let slot = self.slot(key_arn)?;
        let ciphertext = Ciphertext::parse(ciphertext).map_err(|_| errors::invalid_ciphertext())?;
        let using = self.using(slot)?;
        let opened = self.open_ciphertext(&using, &ciphertext, context)?;
        let bytes = <[u8; KEY_BYTES]>::try_from(opened.plain.as_slice()).map(Zeroizing::new);
        Ok(DataKey::new(bytes.map_err(|_| errors::invalid_ciphertext())?))
    }

    /// Whether the key of this ARN can be used; the receiver is told as soon as that changes, before the call that changed it is answered.
    /// What was made with the key must be forgotten then.
    pub fn watch(&self, key_arn: &str) -> Result<watch::Receiver<Usability>, KeyError> {
        Ok(self.slot(key_arn)?.watch())
    }

    fn meant(&self, account: AccountId, region: &Region, key: &str) -> Result<KeyName, KeyError> {
        let own = Scope { account, region: region.clone() };
        Ok(self.named_in(&own, key, Aliases::Taken)?)
    }

    fn slot(&self, key_arn: &str) -> Result<Arc<Slot>, KeyError> {
        let found = key_name(key_arn).and_then(|name| self.directory.key(&name));
        Ok(found.ok_or_else(|| errors::key_not_found(key_arn))?)
    }

    fn using(&self, slot: Arc<Slot>) -> Result<Using, KeyError> {
        let using = self.usable_for(slot, (Usage::EncryptDecrypt, "GenerateDataKey"))?;
        using.must_be_symmetric()?;
        Ok(using)
    }
}
