//! By which key something was encrypted.

use std::sync::Arc;

use anabranch_api::Context;
use anabranch_api::kms::{EncryptionAlgorithmSpec, Error};
use bytes::Bytes;

use super::ciphertext::Ciphertext;
use super::directory::Slot;
use super::named::Aliases;
use super::{Kms, errors};

/// Where it is said by which key something was encrypted.
pub(super) enum Source<'a> {
    Ciphertext(Ciphertext<'a>),
    /// What RSA encrypted tells nothing of its key.
    Rsa {
        key_id: &'a str,
        encrypted: &'a [u8],
    },
    /// A KeyId, of a dry run that ignores the ciphertext.
    Key(&'a str),
}

/// What a request says of something encrypted.
pub(super) struct Encrypted<'a> {
    pub ciphertext: Option<&'a Bytes>,
    pub key_id: Option<&'a str>,
    pub algorithm: Option<EncryptionAlgorithmSpec>,
    pub ignores_ciphertext: bool,
}

impl<'a> Source<'a> {
    pub fn of(encrypted: Encrypted<'a>) -> Result<Self, Error> {
        let key_id = encrypted.key_id.ok_or_else(|| errors::required("keyId"));
        if encrypted.ignores_ciphertext {
            return key_id.map(Self::Key);
        }
        let ciphertext = encrypted.ciphertext.ok_or_else(|| errors::required("ciphertextBlob"))?;
        match encrypted.algorithm {
            None | Some(EncryptionAlgorithmSpec::SymmetricDefault) => {
                Ciphertext::parse(ciphertext).map(Self::Ciphertext).map_err(|_| errors::invalid_ciphertext())
            }
            Some(_) => Ok(Self::Rsa { key_id: key_id?, encrypted: ciphertext }),
        }
    }
}

impl Kms {
    /// The ARN of the key that encrypted something.
    pub(super) fn source_arn(&self, cx: &Context, source: &Source<'_>) -> Result<String, Error> {
        match source {
            Source::Ciphertext(ciphertext) => Ok(self.maker(cx, ciphertext)?.arn.to_string()),
            Source::Rsa { key_id, .. } | Source::Key(key_id) => {
                Ok(self.named(cx, key_id, Aliases::Taken)?.arn().to_string())
            }
        }
    }

    /// The key that encrypted something, if it is the one that is named beside it.
    pub(super) fn source_key(
        &self,
        cx: &Context,
        source: &Source<'_>,
        key_id: Option<&str>,
    ) -> Result<Arc<Slot>, Error> {
        match source {
            Source::Ciphertext(ciphertext) => {
                let named = key_id.map(|key_id| self.find(cx, key_id, Aliases::Taken)).transpose()?;
                let maker = self.maker(cx, ciphertext)?;
                if named.is_some_and(|named| named.name != maker.name) {
                    return Err(errors::incorrect_key());
                }
                Ok(maker)
            }
            Source::Rsa { key_id, .. } | Source::Key(key_id) => self.find(cx, key_id, Aliases::Taken),
        }
    }
}
