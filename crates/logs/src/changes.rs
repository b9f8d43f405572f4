//! How log groups are changed: the catalog first.

use std::collections::BTreeMap;

use anabranch_api::logs::Error;
use anabranch_catalog::{Commit, Value as _};
use bytestring::ByteString;

use crate::directory::Group;
use crate::errors::{self, Failed};
use crate::limits::{DESCRIBED_MAX, TAGS_MAX};
use crate::service::Logs;
use crate::stored::StoredGroup;

impl Logs {
    /// Changes what is kept of a group itself. Refused if it was deleted meanwhile.
    pub(crate) async fn change(
        &self,
        group: &Group,
        change: impl FnOnce(&mut StoredGroup) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let _changing = group.changing.lock().await;
        self.refuse_deleted(group)?;
        let mut stored = (*group.stored()).clone();
        change(&mut stored)?;
        let put = vec![(group.scope.group(&group.name), stored.to_bytes())];
        self.commit(Commit { put, ..Commit::default() }).await?;
        group.set_stored(stored);
        self.directory.changed();
        Ok(())
    }

    /// For who holds the group's `changing`.
    pub(crate) fn refuse_deleted(&self, group: &Group) -> Result<(), Error> {
        let known = self.directory.get(&group.scope, &group.name);
        if known.is_some_and(|known| known.id == group.id) { Ok(()) } else { Err(errors::no_group()) }
    }

    pub(crate) async fn commit(&self, commit: Commit) -> Result<(), Error> {
        self.catalog.commit(commit).await.map_err(Failed::from)?;
        Ok(())
    }
}

/// Adds tags to those there are, unless there would be too many.
pub(crate) fn add_tags(
    tags: &mut BTreeMap<String, String>,
    added: &[(ByteString, ByteString)],
    too_many: fn() -> Error,
) -> Result<(), Error> {
    if added.iter().any(|(key, _)| key.starts_with("aws:")) {
        return Err(errors::reserved_tag());
    }
    tags.extend(added.iter().map(|(key, value)| (key.to_string(), value.to_string())));
    if tags.len() > TAGS_MAX { Err(too_many()) } else { Ok(()) }
}

pub(crate) fn listed(tags: &BTreeMap<String, String>) -> Vec<(ByteString, ByteString)> {
    tags.iter().map(|(key, value)| (key.as_str().into(), value.as_str().into())).collect()
}

/// How many a page describes.
pub(crate) fn page_length(limit: Option<i32>) -> usize {
    limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(DESCRIBED_MAX).clamp(1, DESCRIBED_MAX)
}
