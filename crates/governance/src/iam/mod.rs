//! Who calls. For now every key is an account's root (closed) or a development identity (open).
//!
//! Start at [`Credentials`], the source of keys.

mod credentials;
mod credentials_file;
mod secret;

pub use credentials::{Access, Credentials, CredentialsError, RootKey};
pub use secret::Secret;
