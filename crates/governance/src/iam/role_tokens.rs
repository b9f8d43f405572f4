use std::sync::Arc;

use anabranch_types::{AccountId, Rng};
use minicbor::{Decode, Encode};

use super::Secret;
use crate::kms::MasterKey;

/// The first byte of what is sealed in a token.
const VERSION: u8 = 1;
/// What tokens are sealed for.
const CONTEXT: &[u8] = b"role token";

/// Role tokens: with one, whoever holds it gets a role's temporary credentials, again and again, until the role is deleted or trusts
/// [`CONTAINERS`] no more. A token is sealed under the master key and nothing of it is stored.
pub struct RoleTokens {
    master_key: Arc<MasterKey>,
    rng: Rng,
}

/// Whom a role's trust policy has to trust, so that its tokens are worth anything: what hands out the credentials of tasks on AWS, to the same
/// SDKs (Amazon ECS developer guide, task-iam-roles).
pub const CONTAINERS: &str = "ecs-tasks";

/// What a token is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRole {
    /// The role's account.
    pub account: AccountId,
    /// The role's unique id: a role of the same name that is made later is another one.
    pub role_id: String,
    /// What sessions are called.
    pub session_name: String,
}

/// What is sealed in a token, in CBOR after the version's byte.
#[derive(Encode, Decode)]
#[cbor(array)]
struct Sealed {
    #[n(0)]
    account: String,
    #[n(1)]
    role_id: String,
    #[n(2)]
    session_name: String,
}

impl RoleTokens {
    /// Tokens that open under this master key.
    pub fn new(master_key: Arc<MasterKey>, rng: Rng) -> Self {
        Self { master_key, rng }
    }

    /// A token for the role. It can stand in a header as it is.
    pub fn make(&self, role: &TokenRole) -> Secret {
        let TokenRole { account, role_id, session_name } = role.clone();
        let mut plain = vec![VERSION];
        let sealed = Sealed { account: account.to_string(), role_id, session_name };
        minicbor::encode(&sealed, &mut plain).expect("a vector takes everything");
        let sealed = self.master_key.seal(&plain, CONTEXT, &self.rng);
        Secret::new(base64_simd::URL_SAFE_NO_PAD.encode_to_string(sealed))
    }

    /// What a token is for; none for what is no token, or was changed.
    pub fn open(&self, token: &str) -> Option<TokenRole> {
        let sealed = base64_simd::URL_SAFE_NO_PAD.decode_to_vec(token).ok()?;
        let plain = self.master_key.open(&sealed, CONTEXT).ok()?;
        let (&VERSION, plain) = plain.split_first()? else { return None };
        let Sealed { account, role_id, session_name } = minicbor::decode(plain).ok()?;
        Some(TokenRole { account: account.parse().ok()?, role_id, session_name })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_tells_its_role_to_the_server_that_made_it_alone() {
        let tokens = |seed| {
            let rng = Rng::seeded(seed);
            RoleTokens::new(Arc::new(MasterKey::random(&rng)), rng)
        };
        let (ours, other) = (tokens(1), tokens(2));
        let role = TokenRole {
            account: "111111111111".parse().unwrap(),
            role_id: "AROAREADER".into(),
            session_name: "host-7".into(),
        };
        let made = ours.make(&role);
        let token = made.expose();
        assert_eq!(ours.open(token), Some(role.clone()));
        assert_ne!(ours.make(&role).expose(), token);
        assert!(token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
        assert_eq!(other.open(token), None);
        for text in ["", "garbage", &token[1..]] {
            assert_eq!(ours.open(text), None, "{text}");
        }
        for at in 0..token.len() {
            let other = if token.as_bytes()[at] == b'A' { 'B' } else { 'A' };
            let changed = format!("{}{other}{}", &token[..at], &token[at + 1..]);
            assert_eq!(ours.open(&changed), None, "at {at}");
        }
    }
}
