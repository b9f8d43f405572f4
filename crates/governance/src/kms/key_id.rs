use std::fmt;

use anabranch_types::{AccountId, Hyphenated, Region, Rng};
use aws_lc_rs::digest::{SHA256, digest};
use bytestring::ByteString;

/// A KMS key's id: a UUID.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(u128);

/// Where the hyphens of a UUID stand.
const HYPHENS: [usize; 4] = [8, 13, 18, 23];
/// Characters of a UUID.
const UUID_CHARACTERS: usize = 36;

impl KeyId {
    /// An id that nothing else has.
    pub(super) fn random(rng: &Rng) -> Self {
        Self::with_version(rng.u128(), 4)
    }

    /// The id of the key that AWS manages for a service in an account and region: always the same, so that it can be named before the key
    /// is made.
    pub(super) fn managed(scope: &Scope, service: &str) -> Self {
        let name = format!("anabranch managed key {}/{}/{service}", scope.account, scope.region);
        let hash = digest(&SHA256, name.as_bytes());
        let bits = hash.as_ref().first_chunk().map_or(0, |bytes| u128::from_be_bytes(*bytes));
        Self::with_version(bits, 8)
    }

    /// RFC 9562: version and variant have their places.
    fn with_version(bits: u128, version: u128) -> Self {
        Self((bits & !(0xf_u128 << 76) & !(0x3_u128 << 62)) | (version << 76) | (2_u128 << 62))
    }

    /// The id of this text, in lower case; none if it is no UUID.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != UUID_CHARACTERS {
            return None;
        }
        let mut bits = 0;
        for (at, byte) in text.bytes().enumerate() {
            if HYPHENS.contains(&at) {
                (byte == b'-').then_some(())?;
                continue;
            }
            let digit = match byte {
                b'0'..=b'9' => byte - b'0',
                b'a'..=b'f' => byte - b'a' + 10,
                _ => return None,
            };
            bits = bits << 4 | u128::from(digit);
        }
        Some(Self(bits))
    }

    pub(super) fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }

    pub(super) fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hyphenated(self.0).fmt(f)
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// An account and region, in which keys and aliases are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Scope {
    pub account: AccountId,
    pub region: Region,
}

impl Scope {
    /// The ARN of something in it.
    pub fn arn(&self, resource: &str) -> String {
        format!("arn:{}:kms:{}:{}:{resource}", self.region.partition(), self.region, self.account)
    }
}

/// A key and where it is: what its ARN says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct KeyName {
    pub scope: Scope,
    pub id: KeyId,
}

impl KeyName {
    pub fn arn(&self) -> ByteString {
        self.scope.arn(&format!("key/{}", self.id)).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_written_as_it_was_read() {
        let text = "1234abcd-12ab-34cd-56ef-1234567890ab";
        assert_eq!(KeyId::parse(text).unwrap().to_string(), text);
        let id = KeyId::random(&Rng::seeded(1));
        assert_eq!(KeyId::parse(&id.to_string()), Some(id));
        assert_eq!(KeyId::from_bytes(id.to_bytes()), id);
    }

    #[test]
    fn other_texts_are_no_ids() {
        for text in [
            "",
            "fake-key-id",
            "134f2428cec14b25a1ae9048164dba47",
            "mrk-1234abcd12ab34cd56ef1234567890ab",
            "1234ABCD-12ab-34cd-56ef-1234567890ab",
            "1234abcd-12ab-34cd-56ef-1234567890a",
            "1234abcd012ab-34cd-56ef-1234567890ab",
            "1234abcé-2ab-34cd-56ef-1234567890abc",
        ] {
            assert_eq!(KeyId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_managed_key_has_one_id_in_each_account_and_region() {
        let scope = |account: &str, region| Scope {
            account: account.parse().unwrap(),
            region: Region::parse(region).unwrap(),
        };
        let here = scope("111111111111", "us-east-1");
        assert_eq!(KeyId::managed(&here, "kinesis"), KeyId::managed(&here, "kinesis"));
        for other in [scope("222222222222", "us-east-1"), scope("111111111111", "us-east-2")] {
            assert_ne!(KeyId::managed(&here, "kinesis"), KeyId::managed(&other, "kinesis"));
        }
        assert_ne!(KeyId::managed(&here, "kinesis"), KeyId::managed(&here, "firehose"));
    }
}
