use super::described;
use crate::iam::paging::Asked;
use anabranch_api::iam::{Error, ListGroups, ListGroupsOutput};
use anabranch_api::{Context, Serve};

use crate::iam::Iam;

impl Serve<ListGroups> for Iam {
    async fn serve(&self, cx: &Context, request: ListGroups) -> Result<ListGroupsOutput, Error> {
        let account = self.account(cx);
        let prefix = request.path_prefix.as_deref().unwrap_or("/");
        let groups = account.stored.groups.iter().filter(|(_, group)| group.path.starts_with(prefix));
        let groups = groups.map(|(key, group)| (key, described(cx, group)));
        let page = Asked::new(request.marker.as_ref(), request.max_items).page(groups);
        Ok(ListGroupsOutput { groups: page.items, is_truncated: page.is_truncated, marker: page.marker })
    }
}
