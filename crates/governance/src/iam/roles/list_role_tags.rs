use crate::iam::identities::StoredRole;
use crate::iam::paging::Asked;
use anabranch_api::iam::{Error, ListRoleTags, ListRoleTagsOutput};
use anabranch_api::{Context, Resources, Serve};

use crate::iam::{Iam, entity, tagging};

impl Serve<ListRoleTags> for Iam {
    fn resources(&self, cx: &Context, request: &ListRoleTags) -> Result<Resources, Error> {
        Ok(self.placed(cx, anabranch_api::Operation::resources(request, cx)))
    }

    async fn serve(&self, cx: &Context, request: ListRoleTags) -> Result<ListRoleTagsOutput, Error> {
        let account = self.account(cx);
        let role = entity::find::<StoredRole>(&account.stored, &request.role_name)?;
        let page = Asked::new(request.marker.as_ref(), request.max_items).page(tagging::numbered(&role.tags));
        Ok(ListRoleTagsOutput { tags: page.items, is_truncated: page.is_truncated, marker: page.marker })
    }
}
