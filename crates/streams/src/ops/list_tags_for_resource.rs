use anabranch_api::kinesis::{Error, ListTagsForResource, ListTagsForResourceOutput};
use anabranch_api::{Context, Serve};

use crate::{Streams, tags};

impl Serve<ListTagsForResource> for Streams {
    async fn serve(
        &self,
        cx: &Context,
        request: ListTagsForResource,
    ) -> Result<ListTagsForResourceOutput, Error> {
        let resource = self.find_resource(cx, &request.resource_arn)?;
        let view = resource.stream.view();
        let found = match &resource.consumer {
            Some(name) => view.consumers.get(name).map(|c| &c.tags),
            None => Some(&view.stored.tags),
        };
        let tags = found.into_iter().flatten().map(tags::show).collect();
        Ok(ListTagsForResourceOutput { tags: Some(tags) })
    }
}
