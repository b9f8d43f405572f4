//! Who calls. For now every key is an account's root (closed) or a development identity (open).
//!
//! Start at [`Authenticator`]; [`Credentials`] is its source of keys. [`identities`] holds users, groups, roles and managed policies;
//! [`policy`] judges what a caller may.

mod authenticate;
pub mod aws_managed;
mod credentials;
mod credentials_file;
pub mod identities;
pub mod policy;
mod secret;

pub use authenticate::{Authenticator, Identity};
pub use credentials::{Access, Credentials, CredentialsError, RootKey};
pub use secret::Secret;
