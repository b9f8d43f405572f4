use crate::iam::identities::{StoredGroup, StoredUser};
use anabranch_api::iam::{AddUserToGroup, AddUserToGroupOutput, Error};
use anabranch_api::{Context, Resources, Serve};

use crate::iam::{Iam, entity, errors, limits};

impl Serve<AddUserToGroup> for Iam {
    fn resources(&self, cx: &Context, request: &AddUserToGroup) -> Result<Resources, Error> {
        Ok(self.placed(cx, anabranch_api::Operation::resources(request, cx)))
    }

    /// A member stays one.
    async fn serve(&self, cx: &Context, request: AddUserToGroup) -> Result<AddUserToGroupOutput, Error> {
        self.change(cx, |draft| {
            let id = entity::find::<StoredGroup>(draft, &request.group_name)?.id.clone();
            let user = entity::find_mut::<StoredUser>(draft, &request.user_name)?;
            if user.groups.insert(id) && user.groups.len() > limits::GROUPS_PER_USER_MAX {
                return Err(errors::cannot_exceed("GroupsPerUser", limits::GROUPS_PER_USER_MAX));
            }
            Ok(AddUserToGroupOutput {})
        })
        .await
    }
}
