use std::fmt;

use anabranch_types::Rng;
use bytes::Bytes;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::data_key::{DataKey, Nonce};
use super::{KEY_BYTES, NONCE_BYTES, TAG_BYTES};

/// Bytes of a wrapped data key: nonce, key, tag.
pub const WRAPPED_BYTES: usize = NONCE_BYTES + KEY_BYTES + TAG_BYTES;

/// The key that wraps every key at rest. Whoever has it and the data directory can read everything; without it nothing that was
/// sealed can be read again.
pub struct MasterKey(DataKey);

impl ZeroizeOnDrop for MasterKey {}

/// A wrapped key is another master key's, belongs elsewhere, or was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the key was not wrapped by this master key")]
pub struct NotWrappedByThis;

impl MasterKey {
    /// A key that is nowhere else: for servers that keep nothing.
    pub fn random(rng: &Rng) -> Self {
        Self(DataKey::random(rng))
    }

    /// The key with these bytes.
    pub fn from_bytes(bytes: Zeroizing<[u8; KEY_BYTES]>) -> Self {
        Self(DataKey::new(bytes))
    }

    /// The key in base64, as ANABRANCH_MASTER_KEY holds it. `None` unless it is that of 32 bytes.
    pub fn from_base64(text: &str) -> Option<Self> {
        let decoded = Zeroizing::new(base64_simd::STANDARD.decode_to_vec(text.trim()).ok()?);
        let bytes = <[u8; KEY_BYTES]>::try_from(&decoded[..]).ok()?;
        Some(Self::from_bytes(Zeroizing::new(bytes)))
    }

    pub(super) fn to_base64(&self) -> Zeroizing<String> {
        Zeroizing::new(base64_simd::STANDARD.encode_to_string(self.0.expose()))
    }

    /// Wraps a key for storing: nonce, sealed key and tag, [`WRAPPED_BYTES`] in all. `context` says what the key is for; it opens with the
    /// same one alone.
    ///
    /// Nonces are random. NIST SP 800-38D, 8.3, allows that for 2³² keys under one master key; at a thousand a second they last 49 days,
    /// at the one a stream needs a day and a start, for longer than anybody will ask.
    pub fn wrap(&self, key: &DataKey, context: &[u8], rng: &Rng) -> Bytes {
        let mut nonce = Nonce::default();
        rng.fill(&mut nonce);
        let mut wrapped = vec![0; WRAPPED_BYTES];
        wrapped[..NONCE_BYTES].copy_from_slice(&nonce);
        self.0.seal(nonce, context, key.expose(), &mut wrapped[NONCE_BYTES..]);
        wrapped.into()
    }

    /// Opens a wrapped key. About a microsecond.
    pub fn unwrap(&self, wrapped: &[u8], context: &[u8]) -> Result<DataKey, NotWrappedByThis> {
        let (nonce, sealed) = wrapped.split_first_chunk().ok_or(NotWrappedByThis)?;
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        self.0.open(*nonce, context, sealed, &mut *bytes).map_err(|_| NotWrappedByThis)?;
        Ok(DataKey::new(bytes))
    }

    /// Seals a few bytes for storing, as [`Self::wrap`] does a key: nonce, sealed bytes and tag.
    pub fn seal(&self, plain: &[u8], context: &[u8], rng: &Rng) -> Bytes {
        let mut nonce = Nonce::default();
        rng.fill(&mut nonce);
        let mut sealed = vec![0; NONCE_BYTES + plain.len() + TAG_BYTES];
        sealed[..NONCE_BYTES].copy_from_slice(&nonce);
        self.0.seal(nonce, context, plain, &mut sealed[NONCE_BYTES..]);
        sealed.into()
    }

    /// Opens what [`Self::seal`] sealed.
    pub fn open(&self, sealed: &[u8], context: &[u8]) -> Result<Zeroizing<Vec<u8>>, NotWrappedByThis> {
        let (nonce, sealed) = sealed.split_first_chunk().ok_or(NotWrappedByThis)?;
        let length = sealed.len().checked_sub(TAG_BYTES).ok_or(NotWrappedByThis)?;
        let mut plain = Zeroizing::new(vec![0; length]);
        self.0.open(*nonce, context, sealed, &mut plain).map_err(|_| NotWrappedByThis)?;
        Ok(plain)
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrapped_key_is_opened_by_its_master_key_in_its_context_alone() {
        let rng = Rng::seeded(7);
        let (master, other) = (MasterKey::random(&rng), MasterKey::random(&rng));
        let key = DataKey::random(&rng);
        let wrapped = master.wrap(&key, b"stream 1", &rng);
        assert_eq!(wrapped.len(), WRAPPED_BYTES);
        assert_eq!(master.unwrap(&wrapped, b"stream 1").unwrap().expose(), key.expose());
        assert_eq!(other.unwrap(&wrapped, b"stream 1").err(), Some(NotWrappedByThis));
        assert_eq!(master.unwrap(&wrapped, b"stream 2").err(), Some(NotWrappedByThis));
        assert_eq!(master.unwrap(&wrapped[..40], b"stream 1").err(), Some(NotWrappedByThis));
        assert_eq!(master.unwrap(b"", b"stream 1").err(), Some(NotWrappedByThis));
    }

    #[test]
    fn sealed_bytes_are_opened_by_their_master_key_in_their_context_alone() {
        let rng = Rng::seeded(7);
        let (master, other) = (MasterKey::random(&rng), MasterKey::random(&rng));
        for plain in [&b""[..], b"wJalrXUtnFEMI"] {
            let sealed = master.seal(plain, b"key 1", &rng);
            assert_eq!(*master.open(&sealed, b"key 1").unwrap(), plain);
            assert!(other.open(&sealed, b"key 1").is_err());
            assert!(master.open(&sealed, b"key 2").is_err());
            assert!(master.open(&sealed[..sealed.len() - 1], b"key 1").is_err());
        }
        assert!(master.open(&[0; NONCE_BYTES], b"").is_err());
    }

    #[test]
    fn it_is_wiped_when_dropped() {
        crate::testing::is_wiped_when_dropped::<MasterKey>();
    }

    #[test]
    fn no_two_wrappings_are_alike() {
        let rng = Rng::system();
        let (master, key) = (MasterKey::random(&rng), DataKey::random(&rng));
        assert_ne!(master.wrap(&key, b"", &rng), master.wrap(&key, b"", &rng));
    }

    #[test]
    fn base64_of_32_bytes_is_a_master_key_and_nothing_else_is() {
        let text = base64_simd::STANDARD.encode_to_string([9; 32]);
        let key = MasterKey::from_base64(&text).unwrap();
        assert_eq!(*key.to_base64(), text);
        assert!(MasterKey::from_base64(&format!("{text}\n")).is_some());
        for wrong in ["", "AAAA", "not base64", &base64_simd::STANDARD.encode_to_string([9; 33])] {
            assert!(MasterKey::from_base64(wrong).is_none(), "{wrong}");
        }
    }
}
