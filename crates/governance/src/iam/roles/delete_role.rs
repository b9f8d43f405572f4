use crate::iam::identities::{StoredRole, lower};
use anabranch_api::iam::{DeleteRole, DeleteRoleOutput, Error};
use anabranch_api::{Context, Resources, Serve};

use crate::iam::{Iam, entity};

impl Serve<DeleteRole> for Iam {
    fn resources(&self, cx: &Context, request: &DeleteRole) -> Result<Resources, Error> {
        Ok(self.placed(cx, anabranch_api::Operation::resources(request, cx)))
    }

    /// A role is deleted without policies alone; its sessions end with it.
    async fn serve(&self, cx: &Context, request: DeleteRole) -> Result<DeleteRoleOutput, Error> {
        self.change(cx, |draft| {
            entity::check_bare(&**entity::find::<StoredRole>(draft, &request.role_name)?)?;
            draft.roles.remove(&lower(&request.role_name));
            Ok(DeleteRoleOutput {})
        })
        .await
    }
}
