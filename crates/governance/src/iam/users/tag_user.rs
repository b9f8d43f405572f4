use crate::iam::identities::StoredUser;
use anabranch_api::iam::{Error, TagUser, TagUserOutput};
use anabranch_api::{Context, Resources, Serve};

use crate::iam::{Iam, entity, tagging, tagging::Keys};

impl Serve<TagUser> for Iam {
    fn resources(&self, cx: &Context, request: &TagUser) -> Result<Resources, Error> {
        Ok(self.placed(cx, anabranch_api::Operation::resources(request, cx)))
    }

    async fn serve(&self, cx: &Context, request: TagUser) -> Result<TagUserOutput, Error> {
        self.change(cx, |draft| {
            let user = entity::find_mut::<StoredUser>(draft, &request.user_name)?;
            tagging::tag(&mut user.tags, &request.tags, Keys::CaseIgnored, "User")?;
            Ok(TagUserOutput {})
        })
        .await
    }
}
