//! A provider's public keys: a JSON Web Key Set (RFC 7517) in a file, read again whenever the file changes.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};

/// Bytes of a key set that are read at the most; one has a few kilobytes.
const FILE_BYTES_MAX: u64 = 1 << 20;
/// Keys of a set that are looked at.
const KEYS_MAX: usize = 100;

/// A file of keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeySetError {
    /// The system said no.
    #[error("cannot read the keys of web identities {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It is something else.
    #[error(
        "{} is not a JSON Web Key Set with a public key for RS256, PS256, ES256, EdDSA or their like",
        path.display()
    )]
    NotKeys {
        /// The file.
        path: PathBuf,
    },
}

/// The keys in a file, as they were when it was last looked at.
#[derive(Debug)]
pub(super) struct KeySet {
    path: PathBuf,
    kept: Mutex<Kept>,
}

#[derive(Debug)]
struct Kept {
    stamp: Stamp,
    keys: Arc<[PublicKey]>,
}

/// One key, with what it may verify: never a secret, whatever the set holds.
pub(super) struct PublicKey {
    pub(super) id: Option<String>,
    pub(super) algorithms: Vec<Algorithm>,
    pub(super) key: DecodingKey,
}

/// What another content of the file has another of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    bytes: u64,
    changed: (i64, i64),
}

impl KeySet {
    pub(super) fn open(path: &Path) -> Result<Self, KeySetError> {
        let kept = Kept::read(path)?;
        Ok(Self { path: path.to_owned(), kept: Mutex::new(kept) })
    }

    /// The keys as the file has them now.
    pub(super) fn current(&self) -> Result<Arc<[PublicKey]>, KeySetError> {
        let found = std::fs::metadata(&self.path).map_err(failed(&self.path))?;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.stamp != Stamp::of(&found) {
            *kept = Kept::read(&self.path)?;
        }
        Ok(Arc::clone(&kept.keys))
    }
}

impl Kept {
    fn read(path: &Path) -> Result<Self, KeySetError> {
        let file = File::open(path).map_err(failed(path))?;
        let stamp = Stamp::of(&file.metadata().map_err(failed(path))?);
        let mut text = Vec::new();
        file.take(FILE_BYTES_MAX).read_to_end(&mut text).map_err(failed(path))?;
        let set: Option<JwkSet> = serde_json::from_slice(&text).ok();
        let keys = set.iter().flat_map(|set| &set.keys).take(KEYS_MAX).filter_map(PublicKey::of);
        let keys: Arc<[PublicKey]> = keys.collect();
        if keys.is_empty() {
            return Err(KeySetError::NotKeys { path: path.to_owned() });
        }
        Ok(Self { stamp, keys })
    }
}

impl PublicKey {
    /// None for a secret, for a key that is not for signatures, and for what no algorithm here uses.
    fn of(jwk: &Jwk) -> Option<Self> {
        use Algorithm::{ES256, ES384, EdDSA, PS256, PS384, PS512, RS256, RS384, RS512};
        if matches!(&jwk.common.public_key_use, Some(found) if *found != PublicKeyUse::Signature) {
            return None;
        }
        let mut algorithms = match &jwk.algorithm {
            AlgorithmParameters::RSA(_) => vec![RS256, RS384, RS512, PS256, PS384, PS512],
            AlgorithmParameters::EllipticCurve(key) => match key.curve {
                EllipticCurve::P256 => vec![ES256],
                EllipticCurve::P384 => vec![ES384],
                _ => return None,
            },
            AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => vec![EdDSA],
            _ => return None,
        };
        if let Some(only) = &jwk.common.key_algorithm {
            algorithms.retain(|algorithm| format!("{algorithm:?}") == only.to_string());
        }
        let key = DecodingKey::from_jwk(jwk).ok()?;
        Some(Self { id: jwk.common.key_id.clone(), algorithms, key })
    }
}

impl std::fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} for {:?}", self.id, self.algorithms)
    }
}

impl Stamp {
    fn of(found: &Metadata) -> Self {
        let changed = (found.ctime(), found.ctime_nsec());
        Self { inode: found.ino(), bytes: found.len(), changed }
    }
}

fn failed(path: &Path) -> impl Fn(io::Error) -> KeySetError {
    move |source| KeySetError::Io { path: path.to_owned(), source }
}
