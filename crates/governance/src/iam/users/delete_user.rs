use crate::iam::identities::{StoredUser, lower};
use anabranch_api::iam::{DeleteUser, DeleteUserOutput, Error};
use anabranch_api::{Context, Resources, Serve};

use crate::iam::{Iam, entity, errors};

impl Serve<DeleteUser> for Iam {
    fn resources(&self, cx: &Context, request: &DeleteUser) -> Result<Resources, Error> {
        Ok(self.placed(cx, anabranch_api::Operation::resources(request, cx)))
    }

    /// A user is deleted without keys, policies and groups alone.
    async fn serve(&self, cx: &Context, request: DeleteUser) -> Result<DeleteUserOutput, Error> {
        self.change(cx, |draft| {
            let user = entity::find::<StoredUser>(draft, &request.user_name)?;
            entity::check_bare(&**user)?;
            if !user.access_keys.is_empty() {
                return Err(errors::must_detach(errors::MustFirst::DeleteAccessKeys));
            }
            if !user.groups.is_empty() {
                return Err(errors::must_detach(errors::MustFirst::RemoveUsers));
            }
            draft.users.remove(&lower(&request.user_name));
            Ok(DeleteUserOutput {})
        })
        .await
    }
}
