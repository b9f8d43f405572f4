use anabranch_api::dynamodb::{Error, ListTagsOfResource, ListTagsOfResourceOutput, Tag};
use anabranch_api::{Context, Serve};

use crate::Tables;

impl Serve<ListTagsOfResource> for Tables {
    /// All of them: a table has at most fifty.
    async fn serve(
        &self,
        cx: &Context,
        request: ListTagsOfResource,
    ) -> Result<ListTagsOfResourceOutput, Error> {
        let table = self.table_of_arn(cx, &request.resource_arn)?;
        let tags = table.stored.tags.iter();
        let tags = tags.map(|(key, value)| Tag { key: key.as_str().into(), value: value.as_str().into() });
        Ok(ListTagsOfResourceOutput { tags: Some(tags.collect()), next_token: None })
    }
}
