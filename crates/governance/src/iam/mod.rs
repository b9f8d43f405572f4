//! Who calls, and what they may: users, roles' sessions, accounts' roots, and on an open server anybody as a development identity.
//!
//! Start at [`Authenticator`]. [`Credentials`] is its source of root keys, [`identities`] holds users, groups, roles and managed policies,
//! [`Sessions`] are temporary credentials; [`policy`] judges what a caller may. [`Iam`] answers the API: one file per operation in `users`,
//! `groups`, `roles`, `keys`, `inline`, `managed`, `account` and `simulation`; what a client can be told stands in `errors.rs`.

mod account;
mod authenticate;
pub mod aws_managed;
mod credentials;
mod credentials_file;
mod entity;
mod errors;
mod groups;
pub mod identities;
mod inline;
mod keys;
mod limits;
mod managed;
mod names;
mod paging;
pub mod policy;
mod role_tokens;
mod roles;
pub mod root_keys;
mod secret;
mod service;
mod sessions;
mod simulation;
mod tagging;
#[cfg(test)]
mod tests;
mod users;
pub mod web_identity;

pub use authenticate::{Authenticator, Identity};
pub use credentials::{Access, Credentials, CredentialsError, RootKey};
pub use role_tokens::{CONTAINERS, RoleTokens, TokenRole};
pub use secret::Secret;
pub use service::Iam;
pub use sessions::{NotOurs, Opened, Sessions, TemporaryCredentials};
pub use web_identity::{NotIdentified, WebIdentities};
