use std::fmt;

use anabranch_types::Rng;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, UnboundKey};
use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::{KEY_BYTES, NONCE_BYTES, TAG_BYTES};

/// An AES-256-GCM nonce. The same one must never seal twice under one key.
pub type Nonce = [u8; NONCE_BYTES];

/// A key that seals and opens. Its bytes are wiped when it is dropped.
pub struct DataKey {
    bytes: Zeroizing<[u8; KEY_BYTES]>,
    cipher: LessSafeKey,
}

/// AWS-LC wipes what it made of the bytes (OPENSSL_free).
impl ZeroizeOnDrop for DataKey {}

/// What was to be opened was not sealed under this key with this nonce and this associated data, or was changed since.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it was not sealed with this key, or was changed since")]
pub struct Unsealable;

impl DataKey {
    /// A new key.
    pub fn random(rng: &Rng) -> Self {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        rng.fill(&mut *bytes);
        Self::new(bytes)
    }

    /// The key with these bytes.
    pub(super) fn new(bytes: Zeroizing<[u8; KEY_BYTES]>) -> Self {
        let key = UnboundKey::new(&AES_256_GCM, &*bytes).expect("32 bytes are an AES-256 key");
        Self { bytes, cipher: LessSafeKey::new(key) }
    }

    pub(super) fn expose(&self) -> &[u8; KEY_BYTES] {
        &self.bytes
    }

    /// Seals `plain` into `sealed`, which is [`TAG_BYTES`] longer. `associated` is authenticated with it. The caller sees to it that no
    /// nonce is used twice.
    ///
    /// # Panics
    /// If `sealed` has another length.
    pub fn seal(&self, nonce: Nonce, associated: &[u8], plain: &[u8], sealed: &mut [u8]) {
        assert_eq!(sealed.len(), plain.len() + TAG_BYTES, "sealed data is a tag longer than plain data");
        let (cipher_text, tag) = sealed.split_at_mut(plain.len());
        let nonce = aws_lc_rs::aead::Nonce::assume_unique_for_key(nonce);
        self.cipher
            .seal_out_of_place_scatter(nonce, Aad::from(associated), plain, cipher_text, &[], tag)
            .expect("AES-GCM seals anything up to 64 GiB");
    }

    /// Opens `sealed` into `plain`, which is [`TAG_BYTES`] shorter; holds nothing of use after an error.
    pub fn open(
        &self,
        nonce: Nonce,
        associated: &[u8],
        sealed: &[u8],
        plain: &mut [u8],
    ) -> Result<(), Unsealable> {
        let at = sealed.len().checked_sub(TAG_BYTES).filter(|at| *at == plain.len()).ok_or(Unsealable)?;
        let (cipher_text, tag) = sealed.split_at(at);
        let nonce = aws_lc_rs::aead::Nonce::assume_unique_for_key(nonce);
        self.cipher
            .open_separate_gather(nonce, Aad::from(associated), cipher_text, tag, plain)
            .map_err(|_| Unsealable)
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey(***)")
    }
}

#[cfg(test)]
mod tests {
    use anabranch_types::Hex;

    use super::*;

    fn sealed(key: &DataKey, nonce: Nonce, associated: &[u8], plain: &[u8]) -> Vec<u8> {
        let mut sealed = vec![0; plain.len() + TAG_BYTES];
        key.seal(nonce, associated, plain, &mut sealed);
        sealed
    }

    #[test]
    fn what_was_sealed_opens_with_the_same_key_nonce_and_associated_data_alone() {
        let (key, other) = (DataKey::random(&Rng::seeded(1)), DataKey::random(&Rng::seeded(2)));
        for plain in [&b""[..], b"x", &[7; 5000]] {
            let bytes = sealed(&key, [1; NONCE_BYTES], b"here", plain);
            let open = |key: &DataKey, nonce, associated: &[u8], bytes: &[u8]| {
                let mut out = vec![0; bytes.len().saturating_sub(TAG_BYTES)];
                key.open(nonce, associated, bytes, &mut out).map(|()| out)
            };
            assert_eq!(open(&key, [1; NONCE_BYTES], b"here", &bytes).as_deref(), Ok(plain));
            assert_eq!(open(&other, [1; NONCE_BYTES], b"here", &bytes), Err(Unsealable));
            assert_eq!(open(&key, [2; NONCE_BYTES], b"here", &bytes), Err(Unsealable));
            assert_eq!(open(&key, [1; NONCE_BYTES], b"there", &bytes), Err(Unsealable));
            assert_eq!(open(&key, [1; NONCE_BYTES], b"here", &bytes[1..]), Err(Unsealable));
            for at in [0, bytes.len() - 1] {
                let mut changed = bytes.clone();
                changed[at] ^= 1;
                assert_eq!(open(&key, [1; NONCE_BYTES], b"here", &changed), Err(Unsealable));
            }
        }
    }

    /// NIST GCM test vectors (The Galois/Counter Mode of Operation, test case 14).
    #[test]
    fn it_is_aes_256_gcm() {
        let key = DataKey::new(Zeroizing::new([0; KEY_BYTES]));
        let bytes = sealed(&key, [0; NONCE_BYTES], b"", &[0; 16]);
        assert_eq!(
            Hex(&bytes).to_string(),
            "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"
        );
    }

    #[test]
    fn it_is_wiped_when_dropped() {
        crate::testing::is_wiped_when_dropped::<DataKey>();
        crate::testing::is_wiped_when_dropped::<Zeroizing<[u8; KEY_BYTES]>>();
    }

    #[test]
    fn it_is_never_printed() {
        assert_eq!(format!("{:?}", DataKey::random(&Rng::seeded(1))), "DataKey(***)");
    }
}
