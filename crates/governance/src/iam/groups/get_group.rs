use super::described;
use crate::iam::identities::StoredGroup;
use crate::iam::paging::Asked;
use crate::iam::users;
use anabranch_api::iam::{Error, GetGroup, GetGroupOutput};
use anabranch_api::{Context, Resources, Serve};

use crate::iam::{Iam, entity};

impl Serve<GetGroup> for Iam {
    fn resources(&self, cx: &Context, request: &GetGroup) -> Result<Resources, Error> {
        Ok(self.placed(cx, anabranch_api::Operation::resources(request, cx)))
    }

    /// The group and its members.
    async fn serve(&self, cx: &Context, request: GetGroup) -> Result<GetGroupOutput, Error> {
        let account = self.account(cx);
        let group = entity::find::<StoredGroup>(&account.stored, &request.group_name)?;
        let members = account.stored.users.iter().filter(|(_, user)| user.groups.contains(&group.id));
        let members = members
            .map(|(key, user)| (key, users::described(cx, &account.stored, user, users::Told::Listed)));
        let page = Asked::new(request.marker.as_ref(), request.max_items).page(members);
        Ok(GetGroupOutput {
            group: described(cx, group),
            users: page.items,
            is_truncated: page.is_truncated,
            marker: page.marker,
        })
    }
}
