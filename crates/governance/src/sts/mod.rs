//! The Security Token Service: who am I, whose is a key, and temporary credentials.
//!
//! One file per operation; `session` is what those have in common that make a session; what a client can be told when it is refused
//! stands in `errors.rs`. Who may assume a role is the door's to judge, by the role's trust policy.

use std::sync::Arc;

use crate::iam::identities::Identities;
use crate::iam::{Credentials, Sessions};

mod assume_role;
mod errors;
mod get_access_key_info;
mod get_caller_identity;
mod get_federation_token;
mod get_session_token;
mod session;
#[cfg(test)]
mod tests;

/// Answers the operations of STS.
pub struct Sts {
    credentials: Arc<Credentials>,
    identities: Arc<Identities>,
    sessions: Arc<Sessions>,
}

impl Sts {
    /// Knows the keys that callers sign with, makes sessions of roles and users.
    pub fn new(credentials: Arc<Credentials>, identities: Arc<Identities>, sessions: Arc<Sessions>) -> Self {
        Self { credentials, identities, sessions }
    }
}
