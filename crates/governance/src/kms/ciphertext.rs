//! What Encrypt and GenerateDataKey answer, and Decrypt takes: docs/formats/kms.md.
//!
//! Each ciphertext is sealed under a key of its own, derived from the generation's material and 32 random bytes, so that no number of
//! messages wears a generation out (random nonces under one key would allow 2³²: NIST SP 800-38D, 8.3).

use std::collections::BTreeMap;

use anabranch_types::Rng;
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use zeroize::Zeroizing;

use super::data_key::{DataKey, Nonce};
use super::key_id::{KeyId, KeyName};
use super::material::Material;
use super::{KEY_BYTES, NONCE_BYTES, TAG_BYTES};

/// An encryption context, sorted.
pub(super) type EncryptionContext = BTreeMap<String, String>;

/// The first byte of a ciphertext.
const VERSION: u8 = 1;
/// Bytes of chance in each ciphertext.
const SALT_BYTES: usize = 32;
/// Version, key id, generation, salt.
const HEAD_BYTES: usize = 1 + 16 + 4 + SALT_BYTES;
/// What the derived key is for.
const INFO: &[&[u8]] = &[b"anabranch kms ciphertext 1"];

/// A ciphertext that has our form. Whether it was made by the key it names is known only once it is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ciphertext<'a> {
    /// The key that made it.
    pub key: KeyId,
    /// The generation of its material.
    pub generation: u32,
    salt: [u8; SALT_BYTES],
    sealed: &'a [u8],
}

/// It was made by another key, in another encryption context, or was changed since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Invalid;

impl<'a> Ciphertext<'a> {
    /// Reads the parts of a ciphertext.
    pub fn parse(blob: &'a [u8]) -> Result<Self, Invalid> {
        let (version, rest) = blob.split_first().ok_or(Invalid)?;
        let (key, rest) = rest.split_first_chunk().ok_or(Invalid)?;
        let (generation, rest) = rest.split_first_chunk().ok_or(Invalid)?;
        let (salt, sealed) = rest.split_first_chunk().ok_or(Invalid)?;
        if *version != VERSION || sealed.len() < TAG_BYTES {
            return Err(Invalid);
        }
        let generation = u32::from_be_bytes(*generation);
        Ok(Self { key: KeyId::from_bytes(*key), generation, salt: *salt, sealed })
    }

    /// What was encrypted, if `name` is the key's whole name and `context` is the one it was encrypted in.
    pub fn open(
        &self,
        name: &KeyName,
        material: &Material,
        context: &EncryptionContext,
    ) -> Result<Zeroizing<Vec<u8>>, Invalid> {
        (self.key == name.id).then_some(()).ok_or(Invalid)?;
        let (key, nonce) = derive(material, &self.salt);
        let mut plain = Zeroizing::new(vec![0; self.sealed.len() - TAG_BYTES]);
        let associated = associated(name, self.generation, context);
        key.open(nonce, &associated, self.sealed, &mut plain).map_err(|_| Invalid)?;
        Ok(plain)
    }
}

/// Encrypts under a generation of a key. About two microseconds and the length of `plain`.
pub(super) fn seal(
    plain: &[u8],
    (name, generation): (&KeyName, u32),
    material: &Material,
    context: &EncryptionContext,
    rng: &Rng,
) -> Vec<u8> {
    let mut salt = [0; SALT_BYTES];
    rng.fill(&mut salt);
    let (key, nonce) = derive(material, &salt);
    let mut blob = Vec::with_capacity(HEAD_BYTES + plain.len() + TAG_BYTES);
    blob.push(VERSION);
    blob.extend(name.id.to_bytes());
    blob.extend(generation.to_be_bytes());
    blob.extend(salt);
    blob.resize(HEAD_BYTES + plain.len() + TAG_BYTES, 0);
    key.seal(nonce, &associated(name, generation, context), plain, &mut blob[HEAD_BYTES..]);
    blob
}

/// The key and nonce of one ciphertext.
fn derive(material: &Material, salt: &[u8; SALT_BYTES]) -> (DataKey, Nonce) {
    let mut derived = Zeroizing::new([0; Derived::BYTES]);
    let secret = Salt::new(HKDF_SHA256, salt).extract(material.expose());
    secret
        .expand(INFO, Derived)
        .and_then(|okm| okm.fill(&mut *derived))
        .expect("HKDF gives up to 8,160 bytes");
    let (mut key, mut nonce) = (Zeroizing::new([0; KEY_BYTES]), Nonce::default());
    key.copy_from_slice(&derived[..KEY_BYTES]);
    nonce.copy_from_slice(&derived[KEY_BYTES..]);
    (DataKey::new(key), nonce)
}

/// How much is derived: a key and a nonce.
struct Derived;

impl Derived {
    const BYTES: usize = KEY_BYTES + NONCE_BYTES;
}

impl KeyType for Derived {
    fn len(&self) -> usize {
        Self::BYTES
    }
}

/// What a ciphertext is authenticated with. Each text stands behind its length, so that no two contexts are written alike.
fn associated(name: &KeyName, generation: u32, context: &EncryptionContext) -> Vec<u8> {
    fn text(out: &mut Vec<u8>, text: &str) {
        out.extend((text.len() as u64).to_be_bytes());
        out.extend(text.as_bytes());
    }
    let mut out = vec![VERSION];
    text(&mut out, &name.scope.account.to_string());
    text(&mut out, name.scope.region.as_str());
    out.extend(name.id.to_bytes());
    out.extend(generation.to_be_bytes());
    out.extend((context.len() as u64).to_be_bytes());
    for (key, value) in context {
        text(&mut out, key);
        text(&mut out, value);
    }
    out
}

#[cfg(test)]
mod tests;
