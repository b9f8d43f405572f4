//! The Security Token Service: who am I, and whose is a key. Tokens come with roles.
//!
//! One file per operation; what a client can be told when it is refused stands in `errors.rs`.

use std::sync::Arc;

use crate::iam::Credentials;

mod errors;
mod get_access_key_info;
mod get_caller_identity;

/// Answers the operations of STS.
#[derive(Clone, Debug)]
pub struct Sts {
    credentials: Arc<Credentials>,
}

impl Sts {
    /// Knows the keys that callers sign with.
    pub fn new(credentials: Arc<Credentials>) -> Self {
        Self { credentials }
    }
}
