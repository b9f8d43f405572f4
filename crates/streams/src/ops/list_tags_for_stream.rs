use std::ops::Bound::{Excluded, Unbounded};

use anabranch_api::kinesis::{Error, ListTagsForStream, ListTagsForStreamOutput};
use anabranch_api::{Context, Serve};

use crate::limits::{LIST_TAGS_FOR_STREAM_CALLS, TAGS_MAX};
use crate::{Streams, tags};

impl Serve<ListTagsForStream> for Streams {
    async fn serve(
        &self,
        cx: &Context,
        request: ListTagsForStream,
    ) -> Result<ListTagsForStreamOutput, Error> {
        let found = self.find_stream(cx, request.stream_name.as_ref(), request.stream_arn.as_deref());
        let stream = self.within(cx, &LIST_TAGS_FOR_STREAM_CALLS, found)?;
        let view = stream.view();
        let limit = request.limit.and_then(|l| usize::try_from(l).ok()).unwrap_or(TAGS_MAX);
        let from = request.exclusive_start_tag_key.as_deref().map_or(Unbounded, Excluded);
        let mut rest = view.stored.tags.range::<str, _>((from, Unbounded));
        let tags = rest.by_ref().take(limit).map(tags::show).collect();
        Ok(ListTagsForStreamOutput { tags, has_more_tags: rest.next().is_some() })
    }
}
