use crate::iam::identities::StoredRole;
use crate::iam::managed::boundary;
use anabranch_api::iam::{Error, PutRolePermissionsBoundary, PutRolePermissionsBoundaryOutput};
use anabranch_api::{Context, Resources, Serve};

use crate::iam::{Iam, entity};

impl Serve<PutRolePermissionsBoundary> for Iam {
    fn resources(&self, cx: &Context, request: &PutRolePermissionsBoundary) -> Result<Resources, Error> {
        Ok(self.placed(cx, anabranch_api::Operation::resources(request, cx)))
    }

    async fn serve(
        &self,
        cx: &Context,
        request: PutRolePermissionsBoundary,
    ) -> Result<PutRolePermissionsBoundaryOutput, Error> {
        self.change(cx, |draft| {
            let policy = boundary(cx, draft, &request.permissions_boundary)?;
            entity::find_mut::<StoredRole>(draft, &request.role_name)?.boundary = Some(policy);
            Ok(PutRolePermissionsBoundaryOutput {})
        })
        .await
    }
}
