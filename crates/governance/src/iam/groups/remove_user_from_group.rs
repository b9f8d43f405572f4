use crate::iam::identities::{StoredGroup, StoredUser};
use anabranch_api::iam::{Error, RemoveUserFromGroup, RemoveUserFromGroupOutput};
use anabranch_api::{Context, Resources, Serve};

use crate::iam::{Iam, entity, errors};

impl Serve<RemoveUserFromGroup> for Iam {
    fn resources(&self, cx: &Context, request: &RemoveUserFromGroup) -> Result<Resources, Error> {
        Ok(self.placed(cx, anabranch_api::Operation::resources(request, cx)))
    }

    async fn serve(
        &self,
        cx: &Context,
        request: RemoveUserFromGroup,
    ) -> Result<RemoveUserFromGroupOutput, Error> {
        self.change(cx, |draft| {
            let id = entity::find::<StoredGroup>(draft, &request.group_name)?.id.clone();
            let user = entity::find_mut::<StoredUser>(draft, &request.user_name)?;
            if !user.groups.remove(&id) {
                return Err(errors::not_in_group(&request.user_name, &request.group_name));
            }
            Ok(RemoveUserFromGroupOutput {})
        })
        .await
    }
}
