use anabranch_api::cloudwatch::{Error, ListTagsForResource, ListTagsForResourceOutput, Tag};
use anabranch_api::{Context, Serve};

use super::super::service::Alarms;

impl Serve<ListTagsForResource> for Alarms {
    async fn serve(
        &self,
        cx: &Context,
        request: ListTagsForResource,
    ) -> Result<ListTagsForResourceOutput, Error> {
        let (_, alarm) = self.tagged(cx, &request.resource_arn)?;
        let tag =
            |(key, value): (&String, &String)| Tag { key: key.as_str().into(), value: value.as_str().into() };
        Ok(ListTagsForResourceOutput { tags: Some(alarm.stored.tags.iter().map(tag).collect()) })
    }
}
