use anabranch_api::kinesis::{AddTagsToStream, AddTagsToStreamOutput, Error};
use anabranch_api::{Context, Serve};

use crate::limits::ADD_TAGS_TO_STREAM_CALLS;
use crate::resolve::Resource;
use crate::{Streams, tags};

impl Serve<AddTagsToStream> for Streams {
    async fn serve(&self, cx: &Context, request: AddTagsToStream) -> Result<AddTagsToStreamOutput, Error> {
        let found = self.find_stream(cx, request.stream_name.as_ref(), request.stream_arn.as_deref());
        let stream = self.within(cx, &ADD_TAGS_TO_STREAM_CALLS, found)?;
        self.put_tags(&Resource { stream, consumer: None }, &request.tags).await?;
        Ok(AddTagsToStreamOutput {})
    }
}

impl Streams {
    /// Puts tags over those that a stream or consumer has.
    pub(crate) async fn put_tags(
        &self,
        resource: &Resource,
        new: &[(bytestring::ByteString, bytestring::ByteString)],
    ) -> Result<(), Error> {
        self.change(&resource.stream, |draft| {
            tags::put(resource.active(draft)?.tags, new, || resource.named())
        })
        .await
    }

    /// Takes tags from a stream or consumer.
    pub(crate) async fn remove_tags(
        &self,
        resource: &Resource,
        keys: &[bytestring::ByteString],
    ) -> Result<(), Error> {
        self.change(&resource.stream, |draft| {
            tags::remove(resource.active(draft)?.tags, keys);
            Ok(())
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use anabranch_api::kinesis::{ListTagsForResource, ListTagsForStream, RemoveTagsFromStream, TagResource};

    use super::*;
    use crate::harness::{Bench, bench, name};

    const ARN: &str = "arn:aws:kinesis:us-east-1:123456789012:stream/s";

    fn request(tags: &[(&str, &str)]) -> AddTagsToStream {
        AddTagsToStream {
            stream_name: Some(name("s")),
            tags: tags.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect(),
            ..AddTagsToStream::default()
        }
    }

    async fn listed(bench: &Bench, limit: Option<i32>, after: Option<&str>) -> (Vec<String>, bool) {
        let request = ListTagsForStream {
            stream_name: Some(name("s")),
            limit,
            exclusive_start_tag_key: after.map(Into::into),
            ..ListTagsForStream::default()
        };
        let page = bench.call(request).await.unwrap();
        let show =
            |t: &anabranch_api::kinesis::Tag| format!("{}={}", t.key, t.value.as_deref().unwrap_or("-"));
        (page.tags.iter().map(show).collect(), page.has_more_tags)
    }

    #[tokio::test]
    async fn both_families_of_operations_write_one_set_sorted_by_key() {
        let bench = bench().await;
        bench.create("s", 1).await;
        bench.call(request(&[("b", "1"), ("a", "2")])).await.unwrap();
        let other = TagResource {
            resource_arn: ARN.into(),
            tags: vec![("c".into(), "3".into()), ("b".into(), "4".into())],
            ..TagResource::default()
        };
        bench.call(other).await.unwrap();
        let bench = bench.restarted().await;
        assert_eq!(listed(&bench, None, None).await, (vec!["a=2".into(), "b=4".into(), "c=3".into()], false));
        assert_eq!(listed(&bench, Some(1), Some("a")).await, (vec!["b=4".into()], true));
        let remove = RemoveTagsFromStream {
            stream_name: Some(name("s")),
            tag_keys: vec!["a".into(), "x".into()],
            ..RemoveTagsFromStream::default()
        };
        bench.call(remove).await.unwrap();
        let all = ListTagsForResource { resource_arn: ARN.into(), ..ListTagsForResource::default() };
        assert_eq!(bench.call(all).await.unwrap().tags.unwrap().len(), 2);
    }

    #[tokio::test]
    async fn illegal_tags_and_too_many_are_refused() {
        let bench = bench().await;
        bench.create("s", 1).await;
        assert_eq!(
            bench.refused(request(&[("a", "x!")])).await.1,
            "Some tags contain invalid characters. Valid characters: Unicode letters, digits, white space, _ . : / = + - % @."
        );
        let keys: Vec<_> = (0..51).map(|i| i.to_string()).collect();
        let many: Vec<_> = keys.iter().map(|k| (k.as_str(), "")).collect();
        assert_eq!(
            bench.refused(request(&many)).await.1,
            "Failed to add tags to stream s under account 123456789012 because a given stream cannot have more than 50 tags associated with it."
        );
        bench.call(request(&many[..50])).await.unwrap();
    }
}
