//! Ids, ARNs and paths of what IAM keeps.

use anabranch_api::Context;
use anabranch_types::{AccountId, Partition, Rng};
use zeroize::Zeroizing;

use super::Secret;
use super::identities::{Draft, PolicyRef};

/// RFC 4648, as ids have it.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// Characters of an id behind its prefix (IAM reference_identifiers).
const ID_CHARACTERS: usize = 17;
/// Characters of an access key's id behind its prefix.
const ACCESS_KEY_CHARACTERS: usize = 16;
/// Random bytes of a secret: 40 characters of base64.
const SECRET_BYTES: usize = 30;

/// What the ids of users begin with (IAM reference_identifiers).
pub(super) const USER_ID: &str = "AIDA";
/// What the ids of groups begin with.
pub(super) const GROUP_ID: &str = "AGPA";
/// What the ids of roles begin with.
pub(super) const ROLE_ID: &str = "AROA";
/// What the ids of managed policies begin with.
pub(super) const POLICY_ID: &str = "ANPA";
/// What the ids of access keys that do not expire begin with.
pub(super) const ACCESS_KEY_ID: &str = "AKIA";
/// What the ids of temporary access keys begin with.
pub(super) const SESSION_KEY_ID: &str = "ASIA";

/// An id that nobody else has.
pub(super) fn unique_id(prefix: &str, rng: &Rng) -> String {
    random(prefix, ID_CHARACTERS, rng)
}

/// An access key's id that nobody else has.
pub(super) fn access_key_id(prefix: &str, rng: &Rng) -> String {
    random(prefix, ACCESS_KEY_CHARACTERS, rng)
}

/// A secret access key: 40 characters, 240 bits of chance.
pub(super) fn secret(rng: &Rng) -> Secret {
    let mut bytes = Zeroizing::new([0; SECRET_BYTES]);
    rng.fill(&mut *bytes);
    Secret::new(base64_simd::STANDARD.encode_to_string(*bytes))
}

fn random(prefix: &str, characters: usize, rng: &Rng) -> String {
    let mut bytes = [0; ID_CHARACTERS];
    rng.fill(&mut bytes);
    let letters = bytes.iter().take(characters).map(|byte| char::from(BASE32[usize::from(byte % 32)]));
    prefix.chars().chain(letters).collect()
}

/// The ARN of one of the caller's users, groups, roles or policies.
pub(super) fn arn(cx: &Context, kind: &str, path: &str, name: &str) -> String {
    format!("arn:{}:iam::{}:{kind}{path}{name}", cx.partition, cx.account)
}

/// The ARN of a managed policy.
pub(super) fn policy_arn(cx: &Context, draft: &Draft, policy: &PolicyRef) -> String {
    policy.arn(cx.partition.as_str(), cx.account, draft)
}

/// An ARN of IAM, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct IamArn<'a> {
    /// None is AWS itself.
    pub(super) account: Option<AccountId>,
    /// `user`, `group`, `role`, `policy`.
    pub(super) kind: &'a str,
    /// Path and name, without the first slash.
    pub(super) path_and_name: &'a str,
}

impl<'a> IamArn<'a> {
    /// Takes an ARN of this partition apart.
    pub(super) fn parse(arn: &'a str, partition: Partition) -> Option<Self> {
        let rest = arn.strip_prefix("arn:")?.strip_prefix(partition.as_str())?.strip_prefix(":iam::")?;
        let (account, rest) = rest.split_once(':')?;
        let account = if account == "aws" { None } else { Some(account.parse().ok()?) };
        let (kind, path_and_name) = rest.split_once('/')?;
        Some(Self { account, kind, path_and_name })
    }

    /// Path, with its slashes, and name.
    pub(super) fn split(&self) -> (String, &'a str) {
        match self.path_and_name.rsplit_once('/') {
            Some((path, name)) => (format!("/{path}/"), name),
            None => ("/".to_owned(), self.path_and_name),
        }
    }
}

/// A document as answers have it (RFC 3986; IAM API GetPolicyVersion).
pub(super) fn percent_encoded(document: &str) -> String {
    let mut text = String::with_capacity(document.len() * 2);
    for byte in document.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_the_lengths_that_aws_gives_them() {
        let rng = Rng::seeded(1);
        let (user, key) = (unique_id(USER_ID, &rng), access_key_id(ACCESS_KEY_ID, &rng));
        assert_eq!((user.len(), key.len(), secret(&rng).expose().len()), (21, 20, 40));
        assert!(user.starts_with("AIDA") && key.starts_with("AKIA"));
        assert!(user.bytes().all(|b| BASE32.contains(&b)));
        assert_ne!(unique_id(USER_ID, &rng), user);
    }

    #[test]
    fn arns_are_taken_apart() {
        let own = Some("111111111111".parse().unwrap());
        let cases = [
            ("arn:aws:iam::111111111111:user/alice", Some((own, "user", "/", "alice"))),
            ("arn:aws:iam::111111111111:role/a/b/r", Some((own, "role", "/a/b/", "r"))),
            ("arn:aws:iam::aws:policy/job-function/X", Some((None, "policy", "/job-function/", "X"))),
            ("arn:aws-cn:iam::111111111111:user/alice", None),
            ("arn:aws:iam::1:user/alice", None),
            ("arn:aws:iam::111111111111:root", None),
            ("arn:aws:iam:us-east-1:111111111111:user/alice", None),
            ("alice", None),
        ];
        for (arn, expected) in cases {
            let parsed = IamArn::parse(arn, Partition::Aws);
            let told = parsed.as_ref().map(|p| (p.account, p.kind, p.split()));
            let expected = expected.map(|(a, k, path, name)| (a, k, (path.to_owned(), name)));
            assert_eq!(told, expected, "{arn}");
        }
    }

    #[test]
    fn documents_are_encoded_byte_by_byte() {
        assert_eq!(percent_encoded("{\"a\": \"ä~*\"}"), "%7B%22a%22%3A%20%22%C3%A4~%2A%22%7D");
    }
}
