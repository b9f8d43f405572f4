//! Where alarms, their history and their notifications stand in the catalog (docs/formats/alarms.md).

use anabranch_catalog::Key;
use anabranch_types::{AccountId, Hex, Partition, Region, Timestamp};
use aws_lc_rs::digest;
use bytes::Bytes;

/// What the keys of all alarms begin with.
pub(crate) const ALARMS: &str = "/alarms/all/";
/// What the keys of all history begin with.
pub(crate) const HISTORY: &str = "/alarms/history/";
/// What the keys of all notifications begin with that wait to be delivered, the oldest first.
pub(crate) const OUTBOX: &str = "/alarms/outbox/";

/// Bytes of SHA-256 that stand for a name: names may be longer than keys.
const DIGEST_BYTES: usize = 20;

/// An account and region, in which the names of alarms are unique.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Scope {
    pub account: AccountId,
    pub region: Region,
}

impl Scope {
    /// The ARN of the alarm of this name.
    pub fn arn(&self, name: &str) -> String {
        let Scope { account, region } = self;
        let partition: Partition = region.partition();
        format!("arn:{}:cloudwatch:{region}:{account}:alarm:{name}", partition.as_str())
    }

    /// The name in an alarm's ARN, if that is of this scope.
    pub fn name_in<'a>(&self, arn: &'a str) -> Option<&'a str> {
        arn.strip_prefix(&self.arn(""))
    }

    /// The name that a rule or a suppressor means: a name, or an ARN. Alarms of other scopes are never meant.
    pub fn resolve<'a>(&self, reference: &'a str) -> &'a str {
        self.name_in(reference).unwrap_or(reference)
    }

    /// The catalog's key of an alarm.
    pub fn alarm(&self, name: &str) -> Key {
        format!("{ALARMS}{}/{}/{}", self.account, self.region, Hex(&digest_of(name))).into()
    }

    /// What the keys of its history begin with.
    pub fn history(&self) -> Bytes {
        format!("{HISTORY}{}/{}/", self.account, self.region).into()
    }

    /// The key of what happened at a time, `number` of the things that happened then.
    pub fn history_item(&self, at: Timestamp, number: u64) -> Key {
        format!("{HISTORY}{}/{}/{}", self.account, self.region, in_order(at, number)).into()
    }

    /// The scope that a key of an alarm or of history lies in.
    pub fn of_key(key: &[u8]) -> Option<Self> {
        let mut parts = std::str::from_utf8(key).ok()?.split('/').skip(3);
        let account = parts.next()?.parse().ok()?;
        Some(Self { account, region: Region::parse(parts.next()?)? })
    }
}

/// The key of a notification.
pub(crate) fn outbox_item(at: Timestamp, number: u64) -> Key {
    format!("{OUTBOX}{}", in_order(at, number)).into()
}

/// The time that stands at the end of a key of history.
pub(crate) fn time_of(key: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(key).ok()?;
    let millis = text.rsplit('/').next()?.split_once('-')?.0;
    i64::from_str_radix(millis, 16).ok().map(Timestamp::from_millis)
}

/// Sorts as times do, of the years after 1970.
fn in_order(at: Timestamp, number: u64) -> String {
    format!("{:016x}-{number:016x}", at.millis().max(0))
}

fn digest_of(name: &str) -> [u8; DIGEST_BYTES] {
    let digest = digest::digest(&digest::SHA256, name.as_bytes());
    std::array::from_fn(|at| digest.as_ref()[at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_tell_their_scope_and_time_and_sort_by_it() {
        let scope =
            Scope { account: "111122223333".parse().unwrap(), region: Region::parse("eu-west-1").unwrap() };
        let (early, late) = (Timestamp::from_millis(9), Timestamp::from_millis(10));
        let item = scope.history_item(early, u64::MAX);
        assert!(item < scope.history_item(late, 0));
        assert_eq!(time_of(&item), Some(early));
        assert_eq!(Scope::of_key(&item), Some(scope.clone()));
        assert_eq!(Scope::of_key(&scope.alarm("a/b")), Some(scope.clone()));
        let arn = scope.arn("a:b/c");
        assert_eq!(
            (scope.name_in(&arn), scope.resolve(&arn), scope.resolve("x")),
            (Some("a:b/c"), "a:b/c", "x")
        );
    }
}
