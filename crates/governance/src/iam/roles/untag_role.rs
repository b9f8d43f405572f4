use crate::iam::identities::StoredRole;
use anabranch_api::iam::{Error, UntagRole, UntagRoleOutput};
use anabranch_api::{Context, Resources, Serve};

use crate::iam::{Iam, entity, tagging, tagging::Keys};

impl Serve<UntagRole> for Iam {
    fn resources(&self, cx: &Context, request: &UntagRole) -> Result<Resources, Error> {
        Ok(self.placed(cx, anabranch_api::Operation::resources(request, cx)))
    }

    async fn serve(&self, cx: &Context, request: UntagRole) -> Result<UntagRoleOutput, Error> {
        self.change(cx, |draft| {
            let role = entity::find_mut::<StoredRole>(draft, &request.role_name)?;
            tagging::untag(&mut role.tags, &request.tag_keys, Keys::CaseIgnored);
            Ok(UntagRoleOutput {})
        })
        .await
    }
}
