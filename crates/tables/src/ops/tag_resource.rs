use anabranch_api::dynamodb::{Error, Tag, TagResource, TagResourceOutput};
use anabranch_api::{Context, Serve};

use crate::Tables;
use crate::errors;
use crate::limits::TAGS_MAX;
use crate::service::Tags;

impl Serve<TagResource> for Tables {
    async fn serve(&self, cx: &Context, request: TagResource) -> Result<TagResourceOutput, Error> {
        let _changing = self.changing.lock().await;
        let table = self.table_of_arn(cx, &request.resource_arn)?;
        table.refuse_while(&["DELETING"], self.clock.now())?;
        let mut stored = table.stored.clone();
        add_tags(&mut stored.tags, &request.tags)?;
        self.change(&table, stored).await?;
        Ok(TagResourceOutput {})
    }
}

/// Adds tags to those there are.
pub(super) fn add_tags(tags: &mut Tags, added: &[Tag]) -> Result<(), Error> {
    let mut keys: Vec<&str> = added.iter().map(|tag| &*tag.key).collect();
    keys.sort_unstable();
    if let Some(twice) = keys.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(errors::duplicate_tag(twice[0]));
    }
    if let Some(reserved) = keys.iter().find(|key| key.starts_with("aws:")) {
        return Err(errors::reserved_tag(reserved));
    }
    for tag in added {
        tags.insert(tag.key.to_string(), tag.value.to_string());
    }
    if tags.len() > TAGS_MAX { Err(errors::too_many_tags(TAGS_MAX)) } else { Ok(()) }
}
