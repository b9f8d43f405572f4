use std::fmt;

use anabranch_types::Rng;
use zeroize::Zeroizing;

/// Of an access key id, how many characters follow the four that say whose it is (IAM reference_identifiers).
const KEY_ID_RANDOM: usize = 16;
/// Bytes of chance of a secret: 40 characters of base64.
const SECRET_BYTES: usize = 30;
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// A secret access key. Never printed, and wiped from memory when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the secret.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The secret itself, for making a signing key.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A new access key id: `AKIA…`, `ASIA…`.
pub(crate) fn new_access_key(prefix: &str, rng: &Rng) -> String {
    let mut chance = [0; KEY_ID_RANDOM];
    rng.fill(&mut chance);
    let letters = chance.iter().map(|byte| char::from(BASE32[usize::from(byte % 32)]));
    prefix.chars().chain(letters).collect()
}

/// A new secret of an access key.
pub(crate) fn new_secret(rng: &Rng) -> Secret {
    let mut chance = Zeroizing::new([0; SECRET_BYTES]);
    rng.fill(&mut *chance);
    Secret::new(base64_simd::STANDARD.encode_to_string(*chance))
}
