//! Where the catalog keeps identities (docs/formats/iam.md). Entities stand under their names in lower case, so that a name is unique
//! without regard to case.

use anabranch_catalog::Key;
use anabranch_types::AccountId;
use bytes::Bytes;

/// What an account's keys begin with; IAM has no region.
pub(super) fn of_account(account: AccountId) -> Bytes {
    format!("/{account}/-/iam/").into()
}

/// What every change of the account writes.
pub(super) fn settings(account: AccountId) -> Key {
    entity(account, "settings", "")
}

pub(super) fn user(account: AccountId, name: &str) -> Key {
    entity(account, "user/", name)
}

pub(super) fn group(account: AccountId, name: &str) -> Key {
    entity(account, "group/", name)
}

pub(super) fn role(account: AccountId, name: &str) -> Key {
    entity(account, "role/", name)
}

pub(super) fn policy(account: AccountId, name: &str) -> Key {
    entity(account, "policy/", name)
}

/// When an access key or a role was last used, by its id.
pub(super) fn last_used(account: AccountId, id: &str) -> Key {
    entity(account, "last-used/", id)
}

/// The account that has an alias, which is unique among all accounts.
pub(super) fn alias(alias: &str) -> Key {
    format!("/-/-/iam/alias/{alias}").into()
}

fn entity(account: AccountId, kind: &str, name: &str) -> Key {
    format!("/{account}/-/iam/{kind}{name}").into()
}

/// The first part of a key, if it is an account's.
pub(super) fn account_of(key: &[u8]) -> Option<AccountId> {
    let mut parts = std::str::from_utf8(key).ok()?.split('/').skip(1);
    parts.next()?.parse().ok()
}

/// A key behind all keys with the same first part as this one.
pub(super) fn next_account_after(key: &[u8]) -> Key {
    let end = key.iter().skip(1).position(|b| *b == b'/').map_or(key.len(), |at| at + 1);
    [&key[..end], b"/\xff"].concat().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_account_is_found_behind_all_keys_of_this_one() {
        let account = "111111111111".parse().unwrap();
        assert_eq!(account_of(&user(account, "alice")), Some(account));
        assert_eq!(account_of(&alias("acme")), None);
        let after = next_account_after(&settings(account));
        assert!(after > Bytes::from_static(b"/111111111111/us-east-1/kinesis/stream/s"));
        assert!(after < Bytes::from_static(b"/111111111112/-/iam/settings"));
        assert!(next_account_after(b"/counters/log-groups") > Bytes::from_static(b"/counters/z"));
    }
}
