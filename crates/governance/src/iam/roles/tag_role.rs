use crate::iam::identities::StoredRole;
use anabranch_api::iam::{Error, TagRole, TagRoleOutput};
use anabranch_api::{Context, Resources, Serve};

use crate::iam::{Iam, entity, tagging, tagging::Keys};

impl Serve<TagRole> for Iam {
    fn resources(&self, cx: &Context, request: &TagRole) -> Result<Resources, Error> {
        Ok(self.placed(cx, anabranch_api::Operation::resources(request, cx)))
    }

    async fn serve(&self, cx: &Context, request: TagRole) -> Result<TagRoleOutput, Error> {
        self.change(cx, |draft| {
            let role = entity::find_mut::<StoredRole>(draft, &request.role_name)?;
            tagging::tag(&mut role.tags, &request.tags, Keys::CaseIgnored, "Role")?;
            Ok(TagRoleOutput {})
        })
        .await
    }
}
