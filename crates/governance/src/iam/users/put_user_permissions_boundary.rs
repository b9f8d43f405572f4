use crate::iam::identities::StoredUser;
use crate::iam::managed::boundary;
use anabranch_api::iam::{Error, PutUserPermissionsBoundary, PutUserPermissionsBoundaryOutput};
use anabranch_api::{Context, Resources, Serve};

use crate::iam::{Iam, entity};

impl Serve<PutUserPermissionsBoundary> for Iam {
    fn resources(&self, cx: &Context, request: &PutUserPermissionsBoundary) -> Result<Resources, Error> {
        Ok(self.placed(cx, anabranch_api::Operation::resources(request, cx)))
    }

    async fn serve(
        &self,
        cx: &Context,
        request: PutUserPermissionsBoundary,
    ) -> Result<PutUserPermissionsBoundaryOutput, Error> {
        self.change(cx, |draft| {
            let policy = boundary(cx, draft, &request.permissions_boundary)?;
            entity::find_mut::<StoredUser>(draft, &request.user_name)?.boundary = Some(policy);
            Ok(PutUserPermissionsBoundaryOutput {})
        })
        .await
    }
}
