use crate::iam::identities::{StoredGroup, lower};
use anabranch_api::iam::{DeleteGroup, DeleteGroupOutput, Error};
use anabranch_api::{Context, Resources, Serve};

use crate::iam::{Iam, entity, errors};

impl Serve<DeleteGroup> for Iam {
    fn resources(&self, cx: &Context, request: &DeleteGroup) -> Result<Resources, Error> {
        Ok(self.placed(cx, anabranch_api::Operation::resources(request, cx)))
    }

    /// A group is deleted without members and policies alone.
    async fn serve(&self, cx: &Context, request: DeleteGroup) -> Result<DeleteGroupOutput, Error> {
        self.change(cx, |draft| {
            let group = entity::find::<StoredGroup>(draft, &request.group_name)?;
            if draft.users.values().any(|user| user.groups.contains(&group.id)) {
                return Err(errors::must_detach(errors::MustFirst::RemoveUsers));
            }
            entity::check_bare(&**group)?;
            draft.groups.remove(&lower(&request.group_name));
            Ok(DeleteGroupOutput {})
        })
        .await
    }
}
