//! Envelope encryption: data keys that seal what is stored, wrapped by the [`MasterKey`] while they are stored themselves.
//!
//! AES-256-GCM throughout, by aws-lc-rs. Key bytes live in memory that is wiped when they are dropped and are never printed.

mod data_key;
mod master_key;
mod master_key_file;

pub use data_key::{DataKey, Nonce, Unsealable};
pub use master_key::{MasterKey, NotWrappedByThis, WRAPPED_BYTES};
pub use master_key_file::MasterKeyError;

/// Bytes of an AES-256 key.
pub const KEY_BYTES: usize = 32;
/// Bytes that sealing adds to what is sealed: AES-GCM's tag.
pub const TAG_BYTES: usize = 16;
/// Bytes of an AES-GCM nonce.
pub const NONCE_BYTES: usize = 12;
