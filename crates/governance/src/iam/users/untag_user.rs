use crate::iam::identities::StoredUser;
use anabranch_api::iam::{Error, UntagUser, UntagUserOutput};
use anabranch_api::{Context, Resources, Serve};

use crate::iam::{Iam, entity, tagging, tagging::Keys};

impl Serve<UntagUser> for Iam {
    fn resources(&self, cx: &Context, request: &UntagUser) -> Result<Resources, Error> {
        Ok(self.placed(cx, anabranch_api::Operation::resources(request, cx)))
    }

    async fn serve(&self, cx: &Context, request: UntagUser) -> Result<UntagUserOutput, Error> {
        self.change(cx, |draft| {
            let user = entity::find_mut::<StoredUser>(draft, &request.user_name)?;
            tagging::untag(&mut user.tags, &request.tag_keys, Keys::CaseIgnored);
            Ok(UntagUserOutput {})
        })
        .await
    }
}
