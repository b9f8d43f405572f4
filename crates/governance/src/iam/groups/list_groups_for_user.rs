use super::described;
use crate::iam::identities::StoredUser;
use crate::iam::paging::Asked;
use anabranch_api::iam::{Error, ListGroupsForUser, ListGroupsForUserOutput};
use anabranch_api::{Context, Resources, Serve};

use crate::iam::{Iam, entity};

impl Serve<ListGroupsForUser> for Iam {
    fn resources(&self, cx: &Context, request: &ListGroupsForUser) -> Result<Resources, Error> {
        Ok(self.placed(cx, anabranch_api::Operation::resources(request, cx)))
    }

    async fn serve(
        &self,
        cx: &Context,
        request: ListGroupsForUser,
    ) -> Result<ListGroupsForUserOutput, Error> {
        let account = self.account(cx);
        let user = entity::find::<StoredUser>(&account.stored, &request.user_name)?;
        let groups = account.stored.groups.iter().filter(|(_, group)| user.groups.contains(&group.id));
        let groups = groups.map(|(key, group)| (key, described(cx, group)));
        let page = Asked::new(request.marker.as_ref(), request.max_items).page(groups);
        Ok(ListGroupsForUserOutput {
            groups: page.items,
            is_truncated: page.is_truncated,
            marker: page.marker,
        })
    }
}
