use anabranch_catalog::Key;
use anabranch_types::{AccountId, Region, StreamName};
use bytes::Bytes;

/// An account and region, in which names are unique.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Scope {
    pub account: AccountId,
    pub region: Region,
}

/// The keys of one stream's values.
pub(crate) struct StreamKeys<'a> {
    scope: &'a Scope,
    name: &'a StreamName,
}

impl Scope {
    /// What the keys of one kind begin with.
    pub fn kind(&self, kind: &str) -> Bytes {
        format!("/{}/{}/kinesis/{kind}/", self.account, self.region).into()
    }

    /// The scope's settings: the account's throughput commitment.
    pub fn settings(&self) -> Key {
        format!("/{}/{}/kinesis/settings", self.account, self.region).into()
    }

    /// The keys of the stream of this name.
    pub fn stream<'a>(&'a self, name: &'a StreamName) -> StreamKeys<'a> {
        StreamKeys { scope: self, name }
    }
}

impl StreamKeys<'_> {
    /// The stream itself.
    pub fn stream(&self) -> Key {
        self.key("stream", "")
    }

    /// The creation second that a namesake's has to exceed.
    pub fn tombstone(&self) -> Key {
        self.key("tombstone", "")
    }

    /// The shards whose index divided by [`super::SHARDS_PER_VALUE`] is `chunk`.
    pub fn shards(&self, chunk: u32) -> Key {
        self.key("shards", &format!("/{chunk:08x}"))
    }

    /// What the keys of its shards begin with.
    pub fn all_shards(&self) -> Bytes {
        self.key("shards", "/")
    }

    /// A consumer.
    pub fn consumer(&self, consumer: &str) -> Key {
        self.key("consumer", &format!("/{consumer}"))
    }

    /// What the keys of its consumers begin with.
    pub fn all_consumers(&self) -> Bytes {
        self.key("consumer", "/")
    }

    /// The data keys whose id divided by [`super::DATA_KEYS_PER_VALUE`] is `chunk`.
    pub fn data_keys(&self, chunk: u32) -> Key {
        self.key("data-keys", &format!("/{chunk:08x}"))
    }

    /// What the keys of its data keys begin with.
    pub fn all_data_keys(&self) -> Bytes {
        self.key("data-keys", "/")
    }

    fn key(&self, kind: &str, rest: &str) -> Bytes {
        let Scope { account, region } = self.scope;
        format!("/{account}/{region}/kinesis/{kind}/{}{rest}", self.name).into()
    }
}

/// The key that authenticates tokens.
pub(crate) fn token_key() -> Key {
    Bytes::from_static(b"/-/-/kinesis/token-key")
}

/// The scope a key lies in; `None` for keys that belong to no account.
pub(crate) fn scope_of(key: &[u8]) -> Option<Scope> {
    let mut parts = std::str::from_utf8(key).ok()?.split('/').skip(1);
    let account = parts.next()?.parse().ok()?;
    let region = Region::parse(parts.next()?)?;
    Some(Scope { account, region })
}

/// A key behind every key that shares its first two parts with `key`.
pub(crate) fn next_scope_after(key: &[u8]) -> Key {
    let end = key.iter().enumerate().filter(|(_, b)| **b == b'/').nth(2).map_or(key.len(), |(i, _)| i);
    let mut after = key[..end].to_vec();
    after.push(b'/' + 1);
    after.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_begin_with_account_region_and_service() {
        let scope = scope_of(b"/123456789012/eu-west-1/kinesis/stream/s").unwrap();
        let name: StreamName = "clicks".parse().unwrap();
        let keys = scope.stream(&name);
        assert_eq!(keys.stream(), "/123456789012/eu-west-1/kinesis/stream/clicks");
        assert_eq!(keys.shards(10), "/123456789012/eu-west-1/kinesis/shards/clicks/0000000a");
        assert_eq!(keys.consumer("app"), "/123456789012/eu-west-1/kinesis/consumer/clicks/app");
        assert_eq!(scope_of(&token_key()), None);
    }

    #[test]
    fn the_next_scope_is_found_behind_all_keys_of_this_one() {
        let after = next_scope_after(b"/123456789012/eu-west-1/kinesis/stream/s");
        assert!(after > Bytes::from_static(b"/123456789012/eu-west-1/zzz"));
        assert!(after < Bytes::from_static(b"/123456789012/eu-west-2/a"));
    }
}
