use crate::iam::identities::StoredRole;
use anabranch_api::iam::{DeleteRolePermissionsBoundary, DeleteRolePermissionsBoundaryOutput, Error};
use anabranch_api::{Context, Resources, Serve};

use crate::iam::{Iam, entity, errors, errors::Kind};

impl Serve<DeleteRolePermissionsBoundary> for Iam {
    fn resources(&self, cx: &Context, request: &DeleteRolePermissionsBoundary) -> Result<Resources, Error> {
        Ok(self.placed(cx, anabranch_api::Operation::resources(request, cx)))
    }

    async fn serve(
        &self,
        cx: &Context,
        request: DeleteRolePermissionsBoundary,
    ) -> Result<DeleteRolePermissionsBoundaryOutput, Error> {
        self.change(cx, |draft| {
            let role = entity::find_mut::<StoredRole>(draft, &request.role_name)?;
            if role.boundary.take().is_none() {
                return Err(errors::no_boundary(Kind::Role, &request.role_name));
            }
            Ok(DeleteRolePermissionsBoundaryOutput {})
        })
        .await
    }
}
