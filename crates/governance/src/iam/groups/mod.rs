//! Groups of users: one file per operation.

mod add_user_to_group;
mod create_group;
mod delete_group;
mod get_group;
mod list_groups;
mod list_groups_for_user;
mod remove_user_from_group;
mod update_group;

use anabranch_api::Context;
use anabranch_api::iam::Group;
use anabranch_types::Timestamp;

use super::identities::StoredGroup;
use super::names;

/// A group as answers have it.
pub(super) fn described(cx: &Context, group: &StoredGroup) -> Group {
    Group {
        path: group.path.as_str().into(),
        group_name: group.name.as_str().into(),
        group_id: group.id.as_str().into(),
        arn: names::arn(cx, "group", &group.path, &group.name).into(),
        create_date: Timestamp::from_millis(group.created_ms),
    }
}
