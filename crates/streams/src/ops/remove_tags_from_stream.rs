use anabranch_api::kinesis::{Error, RemoveTagsFromStream, RemoveTagsFromStreamOutput};
use anabranch_api::{Context, Serve};

use crate::Streams;
use crate::resolve::Resource;

impl Serve<RemoveTagsFromStream> for Streams {
    async fn serve(
        &self,
        cx: &Context,
        request: RemoveTagsFromStream,
    ) -> Result<RemoveTagsFromStreamOutput, Error> {
        let stream = self.find_stream(cx, request.stream_name.as_ref(), request.stream_arn.as_deref())?;
        self.remove_tags(&Resource { stream, consumer: None }, &request.tag_keys).await?;
        Ok(RemoveTagsFromStreamOutput {})
    }
}
