use super::{Told, described};
use crate::iam::paging::Asked;
use anabranch_api::iam::{Error, ListUsers, ListUsersOutput};
use anabranch_api::{Context, Serve};

use crate::iam::Iam;

impl Serve<ListUsers> for Iam {
    async fn serve(&self, cx: &Context, request: ListUsers) -> Result<ListUsersOutput, Error> {
        let account = self.account(cx);
        let prefix = request.path_prefix.as_deref().unwrap_or("/");
        let users = account.stored.users.iter().filter(|(_, user)| user.path.starts_with(prefix));
        let users = users.map(|(key, user)| (key, described(cx, &account.stored, user, Told::Listed)));
        let page = Asked::new(request.marker.as_ref(), request.max_items).page(users);
        Ok(ListUsersOutput { users: page.items, is_truncated: page.is_truncated, marker: page.marker })
    }
}
