//! Tags of keys.

use std::collections::{BTreeMap, BTreeSet};

use anabranch_api::kms::{Error, Tag};
use bytestring::ByteString;

use super::errors;
use super::limits::TAGS_MAX;

/// What keys of AWS's own tags begin with, in any case.
const RESERVED: &str = "aws:";

/// Puts tags over those there are.
pub(super) fn put(tags: &mut BTreeMap<String, String>, new: &[Tag]) -> Result<(), Error> {
    check_keys(new.iter().map(|tag| &tag.tag_key))?;
    let mut seen = BTreeSet::new();
    if !new.iter().all(|tag| seen.insert(&tag.tag_key)) {
        return Err(errors::duplicate_tags());
    }
    let mut all = tags.clone();
    all.extend(new.iter().map(|tag| (tag.tag_key.to_string(), tag.tag_value.to_string())));
    if all.len() > TAGS_MAX {
        return Err(errors::too_many_tags());
    }
    *tags = all;
    Ok(())
}

/// Takes tags away; one that is not there is none the worse.
pub(super) fn remove(tags: &mut BTreeMap<String, String>, keys: &[ByteString]) -> Result<(), Error> {
    check_keys(keys.iter())?;
    tags.retain(|key, _| !keys.iter().any(|removed| **removed == **key));
    Ok(())
}

fn check_keys<'a>(mut keys: impl Iterator<Item = &'a ByteString>) -> Result<(), Error> {
    let reserved = |key: &ByteString| {
        key.get(..RESERVED.len()).is_some_and(|start| start.eq_ignore_ascii_case(RESERVED))
    };
    if keys.any(reserved) { Err(errors::reserved_tag()) } else { Ok(()) }
}
