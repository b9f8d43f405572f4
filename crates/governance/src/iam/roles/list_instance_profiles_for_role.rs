use anabranch_api::iam::{Error, ListInstanceProfilesForRole, ListInstanceProfilesForRoleOutput};
use anabranch_api::{Context, Resources, Serve};

use crate::iam::identities::StoredRole;
use crate::iam::{Iam, entity};

impl Serve<ListInstanceProfilesForRole> for Iam {
    fn resources(&self, cx: &Context, request: &ListInstanceProfilesForRole) -> Result<Resources, Error> {
        Ok(self.placed(cx, anabranch_api::Operation::resources(request, cx)))
    }

    /// None: there are no instances here, and nobody can make a profile. Tools that delete roles (Terraform's AWS provider) ask first.
    async fn serve(
        &self,
        cx: &Context,
        request: ListInstanceProfilesForRole,
    ) -> Result<ListInstanceProfilesForRoleOutput, Error> {
        entity::find::<StoredRole>(&self.account(cx).stored, &request.role_name)?;
        Ok(ListInstanceProfilesForRoleOutput {
            instance_profiles: Vec::new(),
            is_truncated: Some(false),
            marker: None,
        })
    }
}
