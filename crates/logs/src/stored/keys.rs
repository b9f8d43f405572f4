use anabranch_catalog::Key;
use anabranch_log::GroupId;
use anabranch_types::{AccountId, Hex, Region};
use aws_lc_rs::digest;
use bytes::Bytes;

/// An account and region, in which names are unique.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Scope {
    pub account: AccountId,
    pub region: Region,
}

impl Scope {
    /// What the keys of its log groups begin with.
    pub fn groups(&self) -> Bytes {
        self.key("group", "")
    }

    pub fn group(&self, name: &str) -> Key {
        self.key("group", name)
    }

    /// What the keys of groups begin with whose deletion is not finished.
    pub fn deleted(&self) -> Bytes {
        self.key("deleted", "")
    }

    pub fn deleted_group(&self, group: GroupId) -> Key {
        self.key("deleted", &format!("{:016x}", group.0))
    }

    /// What the keys of a group's streams begin with.
    pub fn streams(&self, group: GroupId) -> Bytes {
        self.key("stream", &format!("{:016x}/", group.0))
    }

    /// A stream's own. Its name is in the value: it may be longer than a key.
    pub fn stream(&self, group: GroupId, number: u32) -> Key {
        self.key("stream", &format!("{:016x}/{number:08x}", group.0))
    }

    /// How many streams a group ever had.
    pub fn streams_ever(&self, group: GroupId) -> Key {
        self.key("streams-ever", &format!("{:016x}", group.0))
    }

    /// What the keys of a group's metric filters begin with.
    pub fn metric_filters(&self, group: GroupId) -> Bytes {
        self.key("metric-filter", &format!("{:016x}/", group.0))
    }

    pub fn metric_filter(&self, group: GroupId, name: &str) -> Key {
        self.key("metric-filter", &format!("{:016x}/{}", group.0, digest_of(name)))
    }

    /// What the keys of a group's subscription filters begin with.
    pub fn subscriptions(&self, group: GroupId) -> Bytes {
        self.key("subscription", &format!("{:016x}/", group.0))
    }

    pub fn subscription(&self, group: GroupId, name: &str) -> Key {
        self.key("subscription", &format!("{:016x}/{}", group.0, digest_of(name)))
    }

    /// How far a subscription filter's delivery has come.
    pub fn position(&self, group: GroupId, name: &str) -> Key {
        self.key("delivered", &format!("{:016x}/{}", group.0, digest_of(name)))
    }

    /// What the keys of a group's deliveries begin with.
    pub fn positions(&self, group: GroupId) -> Bytes {
        self.key("delivered", &format!("{:016x}/", group.0))
    }

    fn key(&self, kind: &str, rest: &str) -> Bytes {
        format!("/{}/{}/logs/{kind}/{rest}", self.account, self.region).into()
    }
}

/// A name that may be longer than a key: the first half of its SHA-256.
fn digest_of(name: &str) -> String {
    let digest = digest::digest(&digest::SHA256, name.as_bytes());
    Hex(&digest.as_ref()[..16]).to_string()
}

/// The scope a key lies in; none of keys that belong to no account.
pub(crate) fn scope_of(key: &[u8]) -> Option<Scope> {
    let mut parts = key.split(|byte| *byte == b'/').skip(1);
    let account = std::str::from_utf8(parts.next()?).ok()?.parse().ok()?;
    let region = Region::parse(std::str::from_utf8(parts.next()?).ok()?)?;
    Some(Scope { account, region })
}

/// A key behind every key that shares its first two parts with `key`.
pub(crate) fn next_scope_after(key: &[u8]) -> Key {
    let end = key.iter().enumerate().filter(|(_, b)| **b == b'/').nth(2).map_or(key.len(), |(i, _)| i);
    let mut after = key[..end].to_vec();
    after.push(b'/' + 1);
    after.into()
}
