use anabranch_api::kinesis::{Error, TagResource, TagResourceOutput};
use anabranch_api::{Context, Serve};

use crate::Streams;

impl Serve<TagResource> for Streams {
    async fn serve(&self, cx: &Context, request: TagResource) -> Result<TagResourceOutput, Error> {
        let resource = self.find_resource(cx, &request.resource_arn)?;
        self.put_tags(&resource, &request.tags).await?;
        Ok(TagResourceOutput {})
    }
}

#[cfg(test)]
mod tests {
    use anabranch_api::kinesis::{ListTagsForResource, RegisterStreamConsumer, UntagResource};

    use super::*;
    use crate::harness::bench;

    const ARN: &str = "arn:aws:kinesis:us-east-1:123456789012:stream/s";

    #[tokio::test]
    async fn a_consumer_has_tags_of_its_own() {
        let bench = bench().await;
        bench.create("s", 1).await;
        let register = RegisterStreamConsumer {
            stream_arn: ARN.into(),
            consumer_name: "c".into(),
            tags: Some(vec![("a".into(), "1".into())]),
            ..RegisterStreamConsumer::default()
        };
        let arn = bench.call(register).await.unwrap().consumer.consumer_arn;
        let tag = TagResource {
            resource_arn: arn.clone(),
            tags: vec![("b".into(), "2".into())],
            ..TagResource::default()
        };
        bench.call(tag).await.unwrap();
        let untag = UntagResource {
            resource_arn: arn.clone(),
            tag_keys: vec!["a".into()],
            ..UntagResource::default()
        };
        bench.call(untag).await.unwrap();
        for (arn, keys) in [(arn, vec!["b"]), (ARN.into(), vec![])] {
            let list = ListTagsForResource { resource_arn: arn, ..ListTagsForResource::default() };
            let tags = bench.call(list).await.unwrap().tags.unwrap();
            assert_eq!(tags.iter().map(|t| &*t.key).collect::<Vec<_>>(), keys);
        }
        let unknown = ListTagsForResource {
            resource_arn: format!("{ARN}/consumer/c:1").into(),
            ..ListTagsForResource::default()
        };
        assert_eq!(bench.refused(unknown).await.0, "ResourceNotFoundException");
    }
}
