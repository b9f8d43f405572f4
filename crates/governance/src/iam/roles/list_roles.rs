use super::{Told, described};
use crate::iam::paging::Asked;
use anabranch_api::iam::{Error, ListRoles, ListRolesOutput};
use anabranch_api::{Context, Serve};

use crate::iam::Iam;

impl Serve<ListRoles> for Iam {
    async fn serve(&self, cx: &Context, request: ListRoles) -> Result<ListRolesOutput, Error> {
        let account = self.account(cx);
        let prefix = request.path_prefix.as_deref().unwrap_or("/");
        let roles = account.stored.roles.iter().filter(|(_, role)| role.path.starts_with(prefix));
        let roles = roles.map(|(key, role)| (key, described(cx, &account.stored, role, None, Told::Listed)));
        let page = Asked::new(request.marker.as_ref(), request.max_items).page(roles);
        Ok(ListRolesOutput { roles: page.items, is_truncated: page.is_truncated, marker: page.marker })
    }
}
