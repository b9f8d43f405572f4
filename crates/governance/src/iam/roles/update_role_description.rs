use super::{Told, described};
use crate::iam::identities::StoredRole;
use anabranch_api::iam::{Error, UpdateRoleDescription, UpdateRoleDescriptionOutput};
use anabranch_api::{Context, Resources, Serve};

use crate::iam::{Iam, entity};

impl Serve<UpdateRoleDescription> for Iam {
    fn resources(&self, cx: &Context, request: &UpdateRoleDescription) -> Result<Resources, Error> {
        Ok(self.placed(cx, anabranch_api::Operation::resources(request, cx)))
    }

    async fn serve(
        &self,
        cx: &Context,
        request: UpdateRoleDescription,
    ) -> Result<UpdateRoleDescriptionOutput, Error> {
        self.change(cx, |draft| {
            let role = entity::find_mut::<StoredRole>(draft, &request.role_name)?;
            role.description = Some(request.description.into());
            let role = role.clone();
            Ok(UpdateRoleDescriptionOutput { role: Some(described(cx, draft, &role, None, Told::Whole)) })
        })
        .await
    }
}
