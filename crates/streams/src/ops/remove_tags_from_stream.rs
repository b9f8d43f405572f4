use anabranch_api::kinesis::{Error, RemoveTagsFromStream, RemoveTagsFromStreamOutput};
use anabranch_api::{Context, Serve};

use crate::Streams;
use crate::limits::REMOVE_TAGS_FROM_STREAM_CALLS;
use crate::resolve::Resource;

impl Serve<RemoveTagsFromStream> for Streams {
    async fn serve(
        &self,
        cx: &Context,
        request: RemoveTagsFromStream,
    ) -> Result<RemoveTagsFromStreamOutput, Error> {
        let found = self.find_stream(cx, request.stream_name.as_ref(), request.stream_arn.as_deref());
        let stream = self.within(cx, &REMOVE_TAGS_FROM_STREAM_CALLS, found)?;
        self.remove_tags(&Resource { stream, consumer: None }, &request.tag_keys).await?;
        Ok(RemoveTagsFromStreamOutput {})
    }
}
