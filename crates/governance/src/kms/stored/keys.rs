use anabranch_catalog::Key;
use anabranch_types::Region;
use bytes::Bytes;

use super::super::key_id::{KeyId, KeyName, Scope};

/// Where something of KMS stands in the catalog.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in super::super) enum Place {
    Key(KeyName),
    /// An alias by what follows `alias/`.
    Alias(Scope, String),
    /// A grant of a key by its id.
    Grant(KeyName, String),
}

impl Place {
    /// What the keys of everything of KMS in a scope begin with.
    pub fn all_in(scope: &Scope) -> Bytes {
        format!("/{}/{}/kms/", scope.account, scope.region).into()
    }

    /// The catalog's key.
    pub fn key(&self) -> Key {
        let (scope, rest) = match self {
            Self::Key(name) => (&name.scope, format!("key/{}", name.id)),
            Self::Alias(scope, alias) => (scope, format!("alias/{alias}")),
            Self::Grant(name, grant) => (&name.scope, format!("grant/{}/{grant}", name.id)),
        };
        format!("/{}/{}/kms/{rest}", scope.account, scope.region).into()
    }

    /// What a key of the catalog stands for; none if it is no key of this module.
    pub fn parse(key: &[u8]) -> Option<Self> {
        let scope = scope_of(key)?;
        let mut parts = std::str::from_utf8(key).ok()?.splitn(6, '/').skip(3);
        (parts.next()? == "kms").then_some(())?;
        let (kind, rest) = (parts.next()?, parts.next()?);
        match kind {
            "key" => Some(Self::Key(KeyName { scope, id: KeyId::parse(rest)? })),
            "alias" => Some(Self::Alias(scope, rest.to_owned())),
            "grant" => {
                let (id, grant) = rest.split_once('/')?;
                Some(Self::Grant(KeyName { scope, id: KeyId::parse(id)? }, grant.to_owned()))
            }
            _ => None,
        }
    }
}

/// The scope a key of the catalog lies in; none for keys that belong to no account.
pub(in super::super) fn scope_of(key: &[u8]) -> Option<Scope> {
    let mut parts = std::str::from_utf8(key).ok()?.split('/').skip(1);
    let account = parts.next()?.parse().ok()?;
    let region = Region::parse(parts.next()?)?;
    Some(Scope { account, region })
}

/// A key of the catalog behind every key that shares its first two parts with `key`.
pub(in super::super) fn next_scope_after(key: &[u8]) -> Key {
    let end = key.iter().enumerate().filter(|(_, b)| **b == b'/').nth(2).map_or(key.len(), |(i, _)| i);
    let mut after = key[..end].to_vec();
    after.push(b'/' + 1);
    after.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_as_they_are_written() {
        for key in [
            "/123456789012/eu-west-1/kms/key/1234abcd-12ab-34cd-56ef-1234567890ab",
            "/123456789012/eu-west-1/kms/alias/team/app",
            "/123456789012/eu-west-1/kms/grant/1234abcd-12ab-34cd-56ef-1234567890ab/0f",
        ] {
            let place = Place::parse(key.as_bytes()).unwrap();
            assert_eq!(place.key(), key);
        }
        for key in [
            "/-/-/kinesis/token-key",
            "/123456789012/eu-west-1/kinesis/stream/s",
            "/123456789012/eu-west-1/kms/x/y",
        ] {
            assert_eq!(Place::parse(key.as_bytes()), None, "{key}");
        }
    }
}
