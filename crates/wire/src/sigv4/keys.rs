use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::digest;
use aws_lc_rs::hmac::{HMAC_SHA256, Key, Tag, sign};

use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::TERMINATOR;
use crate::constant_time::is_equal;

/// How many derived keys are kept. One is needed for each access key, region and service in use on a day.
pub const SIGNING_KEYS_MAX: usize = 4096;

/// Derived signing keys, so that four of the five HMACs of a verification are done once a day and scope.
#[derive(Default)]
pub struct SigningKeys {
    derived: Mutex<HashMap<String, Derived>>,
}

/// A key and the secret it was derived from, which may have been replaced since.
struct Derived {
    secret: Zeroizing<Box<[u8]>>,
    key: Arc<Key>,
}

/// AWS-LC wipes its keys (HMAC_CTX_cleanup).
impl ZeroizeOnDrop for Derived {}

impl SigningKeys {
    /// The key of `secret` for a credential's scope; `credential` is what the request presented, all five parts of it.
    pub(super) fn key(&self, credential: &str, parts: [&str; 5], secret: &str) -> Arc<Key> {
        let mut derived = self.derived.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = derived.get(credential)
            && is_equal(&known.secret, secret.as_bytes())
        {
            return Arc::clone(&known.key);
        }
        let [_, date, region, service, _] = parts;
        let key = Arc::new(derive(secret, date, region, service));
        if derived.len() >= SIGNING_KEYS_MAX {
            derived.clear();
        }
        derived.insert(
            credential.to_owned(),
            Derived { secret: Zeroizing::new(secret.as_bytes().into()), key: Arc::clone(&key) },
        );
        key
    }
}

impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKeys(…)")
    }
}

/// The chain of HMACs from a secret to the key of one day, region and service.
pub(super) fn derive(secret: &str, date: &str, region: &str, service: &str) -> Key {
    let first = Key::new(HMAC_SHA256, Zeroizing::new(format!("AWS4{secret}")).as_bytes());
    [date, region, service, TERMINATOR]
        .iter()
        .fold(first, |key, part| Key::new(HMAC_SHA256, sign(&key, part.as_bytes()).as_ref()))
}

/// The signature of a string to sign.
pub(super) fn signature(key: &Key, string_to_sign: &str) -> Tag {
    sign(key, string_to_sign.as_bytes())
}

/// The SHA-256 of a body.
pub fn sha256(body: &[u8]) -> [u8; 32] {
    let mut sum = [0; 32];
    sum.copy_from_slice(digest::digest(&digest::SHA256, body).as_ref());
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_derived_key_and_its_secret_are_wiped_when_dropped() {
        fn is_wiped_when_dropped<T: ZeroizeOnDrop>() {}
        is_wiped_when_dropped::<Derived>();
        is_wiped_when_dropped::<Zeroizing<Box<[u8]>>>();
    }
}
