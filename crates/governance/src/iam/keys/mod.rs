//! Access keys of users: one file per operation.

mod create_access_key;
mod delete_access_key;
mod get_access_key_last_used;
mod list_access_keys;
mod update_access_key;

use anabranch_api::iam::StatusType;

use super::identities::StoredAccessKey;

/// Whether a key may sign, as answers have it.
fn status(key: &StoredAccessKey) -> StatusType {
    if key.active { StatusType::Active } else { StatusType::Inactive }
}
