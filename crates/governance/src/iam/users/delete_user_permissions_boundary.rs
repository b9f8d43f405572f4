use crate::iam::identities::StoredUser;
use anabranch_api::iam::{DeleteUserPermissionsBoundary, DeleteUserPermissionsBoundaryOutput, Error};
use anabranch_api::{Context, Resources, Serve};

use crate::iam::{Iam, entity, errors, errors::Kind};

impl Serve<DeleteUserPermissionsBoundary> for Iam {
    fn resources(&self, cx: &Context, request: &DeleteUserPermissionsBoundary) -> Result<Resources, Error> {
        Ok(self.placed(cx, anabranch_api::Operation::resources(request, cx)))
    }

    async fn serve(
        &self,
        cx: &Context,
        request: DeleteUserPermissionsBoundary,
    ) -> Result<DeleteUserPermissionsBoundaryOutput, Error> {
        self.change(cx, |draft| {
            let user = entity::find_mut::<StoredUser>(draft, &request.user_name)?;
            if user.boundary.take().is_none() {
                return Err(errors::no_boundary(Kind::User, &request.user_name));
            }
            Ok(DeleteUserPermissionsBoundaryOutput {})
        })
        .await
    }
}
