use anabranch_api::kinesis::{Error, UntagResource, UntagResourceOutput};
use anabranch_api::{Context, Serve};

use crate::Streams;

impl Serve<UntagResource> for Streams {
    async fn serve(&self, cx: &Context, request: UntagResource) -> Result<UntagResourceOutput, Error> {
        let resource = self.find_resource(cx, &request.resource_arn)?;
        self.remove_tags(&resource, &request.tag_keys).await?;
        Ok(UntagResourceOutput {})
    }
}
