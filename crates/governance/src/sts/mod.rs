//! The Security Token Service: who am I, whose is a key, and temporary credentials.
//!
//! One file per operation; `session` is what those have in common that make a session; what a client can be told when it is refused
//! stands in `errors.rs`. Who may assume a role is the door's to judge, by the role's trust policy.

use std::sync::Arc;

use anabranch_api::{Register, sts};

use crate::authorize::DenialMessages;
use crate::iam::identities::Identities;
use crate::iam::{Credentials, Sessions, WebIdentities};

mod assume_role;
mod assume_role_with_web_identity;
mod decode_authorization_message;
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
    web_identities: Arc<WebIdentities>,
    messages: Arc<DenialMessages>,
}

/// What STS stands on.
pub struct StsGround {
    /// The keys that roots sign with.
    pub credentials: Arc<Credentials>,
    /// Users and roles.
    pub identities: Arc<Identities>,
    /// Temporary credentials.
    pub sessions: Arc<Sessions>,
    /// The providers of web identities.
    pub web_identities: Arc<WebIdentities>,
    /// What denials were told in.
    pub messages: Arc<DenialMessages>,
}

impl Sts {
    /// Knows the keys that callers sign with, makes sessions of roles and users.
    pub fn new(ground: StsGround) -> Self {
        let StsGround { credentials, identities, sessions, web_identities, messages } = ground;
        Self { credentials, identities, sessions, web_identities, messages }
    }

    /// Hands over a handler of each of its operations.
    pub fn register(self: &Arc<Self>, register: &mut dyn Register) {
        sts::register_tokens(self, register);
    }
}
