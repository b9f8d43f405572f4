use crate::iam::identities::StoredUser;
use crate::iam::paging::Asked;
use anabranch_api::iam::{Error, ListUserTags, ListUserTagsOutput};
use anabranch_api::{Context, Resources, Serve};

use crate::iam::{Iam, entity, tagging};

impl Serve<ListUserTags> for Iam {
    fn resources(&self, cx: &Context, request: &ListUserTags) -> Result<Resources, Error> {
        Ok(self.placed(cx, anabranch_api::Operation::resources(request, cx)))
    }

    async fn serve(&self, cx: &Context, request: ListUserTags) -> Result<ListUserTagsOutput, Error> {
        let account = self.account(cx);
        let user = entity::find::<StoredUser>(&account.stored, &request.user_name)?;
        let page = Asked::new(request.marker.as_ref(), request.max_items).page(tagging::numbered(&user.tags));
        Ok(ListUserTagsOutput { tags: page.items, is_truncated: page.is_truncated, marker: page.marker })
    }
}
