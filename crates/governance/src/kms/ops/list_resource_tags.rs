use anabranch_api::kms::{Error, ListResourceTags, ListResourceTagsOutput, Tag};
use anabranch_api::{Context, Resources, Serve};

use super::super::Kms;
use super::super::limits::TAGS_PER_PAGE_MAX;
use super::super::named::Aliases;
use super::super::page::{Asked, Size, page};

impl Serve<ListResourceTags> for Kms {
    fn resources(&self, cx: &Context, request: &ListResourceTags) -> Result<Resources, Error> {
        self.about::<ListResourceTags>(cx, &request.key_id, Aliases::NotTaken)
    }

    async fn serve(&self, cx: &Context, request: ListResourceTags) -> Result<ListResourceTagsOutput, Error> {
        let slot = self.find(cx, &request.key_id, Aliases::NotTaken)?;
        let view = slot.view();
        let entries = view.stored.tags.iter().map(|(key, value)| {
            (key.clone(), Tag { tag_key: key.as_str().into(), tag_value: value.as_str().into() })
        });
        let asked = Asked { limit: request.limit, marker: request.marker.as_ref() };
        let page = page(entries, &asked, &Size { default: TAGS_PER_PAGE_MAX, most: TAGS_PER_PAGE_MAX })?;
        let truncated = Some(page.next.is_some());
        Ok(ListResourceTagsOutput { tags: Some(page.entries), next_marker: page.next, truncated })
    }
}
