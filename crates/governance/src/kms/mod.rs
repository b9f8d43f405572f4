//! The Key Management Service, and envelope encryption at rest: data keys that seal what is stored, wrapped by the [`MasterKey`] while
//! they are stored themselves.
//!
//! Start at [`Kms`] and `ops/`, one file per operation. `directory` holds all keys, aliases and grants in memory, `changes` writes them, `agenda` is what
//! happens to them as time passes, `ciphertext` is what Encrypt answers. [`MasterKey`] and [`DataKey`] know nothing of the service: its keys are sealed by the
//! one, and made of the other. AES-256-GCM throughout, by aws-lc-rs. Key bytes live in memory that is wiped when they are dropped and
//! are never printed.

mod agenda;
mod asymmetric;
mod changes;
mod ciphertext;
mod conditions;
mod data_key;
mod directory;
mod envelope;
mod errors;
#[cfg(feature = "fuzzing")]
mod fuzzing;
mod grants;
mod key_id;
pub mod limits;
mod managed;
mod master_key;
mod master_key_file;
mod material;
mod named;
mod ops;
mod page;
mod policy;
mod protection;
mod service;
mod source;
mod spec;
mod stored;
mod tags;
mod using;
mod via;

pub use conditions::condition_keys;
pub use data_key::{DataKey, Nonce, Unsealable};
pub use directory::Usability;
pub use envelope::{KeyError, NewDataKey};
#[cfg(feature = "fuzzing")]
pub use fuzzing::fuzz_kms;
pub use grants::GrantQuestion;
pub use key_id::KeyId;
pub use master_key::{MasterKey, NotWrappedByThis, WRAPPED_BYTES};
pub use master_key_file::MasterKeyError;
pub use service::{Kms, KmsGround, KmsOpenError};
pub use via::KeyUse;

/// Bytes of an AES-256 key.
pub const KEY_BYTES: usize = 32;
/// Bytes that sealing adds to what is sealed: AES-GCM's tag.
pub const TAG_BYTES: usize = 16;
/// Bytes of an AES-GCM nonce.
pub const NONCE_BYTES: usize = 12;

/// Milliseconds of a day.
const DAY_MS: i64 = 24 * 3600 * 1000;

#[cfg(test)]
mod tests;
