use anabranch_api::cloudtrail::{Error, ListTags, ListTagsOutput, ResourceTag, Tag};
use anabranch_api::{Context, Operation, Resource, Resources, Serve};

use crate::errors;
use crate::service::CloudTrail;

impl Serve<ListTags> for CloudTrail {
    fn resources(&self, _: &Context, request: &ListTags) -> Result<Resources, Error> {
        let named = request.resource_id_list.iter();
        Ok(named.map(|arn| Resource { action: ListTags::ACTION, arn: arn.to_string() }).collect())
    }

    async fn serve(&self, cx: &Context, request: ListTags) -> Result<ListTagsOutput, Error> {
        if request.next_token.is_some() {
            return Err(errors::token());
        }
        let listed = request.resource_id_list.into_iter().map(|arn| {
            let trail = self.tagged(cx, &arn)?;
            let tags = trail
                .stored
                .tags
                .iter()
                .map(|(key, value)| Tag { key: key.clone().into(), value: Some(value.clone().into()) });
            Ok(ResourceTag { resource_id: Some(arn), tags_list: Some(tags.collect()) })
        });
        let resource_tag_list = Some(listed.collect::<Result<_, Error>>()?);
        Ok(ListTagsOutput { resource_tag_list, next_token: None })
    }
}
