use crate::iam::identities::StoredRole;
use anabranch_api::iam::{Error, UpdateRole, UpdateRoleOutput};
use anabranch_api::{Context, Resources, Serve};

use crate::iam::{Iam, entity};

impl Serve<UpdateRole> for Iam {
    fn resources(&self, cx: &Context, request: &UpdateRole) -> Result<Resources, Error> {
        Ok(self.placed(cx, anabranch_api::Operation::resources(request, cx)))
    }

    /// What is not given stays as it is.
    async fn serve(&self, cx: &Context, request: UpdateRole) -> Result<UpdateRoleOutput, Error> {
        self.change(cx, |draft| {
            let role = entity::find_mut::<StoredRole>(draft, &request.role_name)?;
            if let Some(description) = request.description {
                role.description = Some(description.into());
            }
            if let Some(seconds) = super::seconds(request.max_session_duration) {
                role.session_seconds_max = seconds;
            }
            Ok(UpdateRoleOutput {})
        })
        .await
    }
}
