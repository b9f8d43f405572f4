//! Who calls: users, roles' sessions, accounts' roots, and on an open server anybody as a development identity.
//!
//! Start at [`Authenticator`]. [`Credentials`] is its source of root keys, [`identities`] holds users, groups, roles and managed policies,
//! [`Sessions`] are temporary credentials; [`policy`] judges what a caller may.

mod authenticate;
pub mod aws_managed;
mod credentials;
mod credentials_file;
pub mod identities;
pub mod policy;
mod secret;
mod sessions;

pub use authenticate::{Authenticator, Identity};
pub use credentials::{Access, Credentials, CredentialsError, RootKey};
pub use secret::Secret;
pub use sessions::{NotOurs, Opened, Sessions, TemporaryCredentials};
