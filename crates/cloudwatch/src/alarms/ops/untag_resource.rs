use anabranch_api::cloudwatch::{Error, UntagResource, UntagResourceOutput};
use anabranch_api::{Context, Serve};

use super::super::service::Alarms;

impl Serve<UntagResource> for Alarms {
    async fn serve(&self, cx: &Context, request: UntagResource) -> Result<UntagResourceOutput, Error> {
        let remove = |tags: &mut std::collections::BTreeMap<String, String>| {
            tags.retain(|key, _| !request.tag_keys.iter().any(|gone| **gone == **key));
            Ok(())
        };
        self.change_tags(cx, &request.resource_arn, remove).await?;
        Ok(UntagResourceOutput {})
    }
}
