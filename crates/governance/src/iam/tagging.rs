//! Tags (IAM id_tags). The keys of users' and roles' tags are unique without regard to case, those of policies are told apart by it.

use std::collections::BTreeSet;

use anabranch_api::iam::{Error, Tag};
use bytestring::ByteString;

use super::errors;
use super::identities::Tags;
use super::limits::TAGS_MAX;

/// Whether tag keys that differ in case are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keys {
    /// Of users and roles.
    CaseIgnored,
    /// Of policies.
    CaseKept,
}

impl Keys {
    fn key(self, key: &str) -> String {
        match self {
            Keys::CaseIgnored => key.to_lowercase(),
            Keys::CaseKept => key.to_owned(),
        }
    }
}

/// The tags of something new.
pub(super) fn new(tags: Option<&Vec<Tag>>, keys: Keys, owner: &str) -> Result<Tags, Error> {
    let mut made = Tags::new();
    tag(&mut made, tags.map_or(&[], Vec::as_slice), keys, owner)?;
    Ok(made)
}

/// Adds tags; one whose key is there replaces it, key and value.
pub(super) fn tag(tags: &mut Tags, added: &[Tag], keys: Keys, owner: &str) -> Result<(), Error> {
    let mut seen = BTreeSet::new();
    if !added.iter().all(|tag| seen.insert(keys.key(&tag.key))) {
        return Err(match keys {
            Keys::CaseIgnored => errors::duplicate_tags(),
            Keys::CaseKept => errors::duplicate_policy_tags(),
        });
    }
    tags.retain(|key, _| !seen.contains(&keys.key(key)));
    tags.extend(added.iter().map(|tag| (tag.key.to_string(), tag.value.to_string())));
    if tags.len() > TAGS_MAX {
        return Err(errors::cannot_exceed(&format!("TagsPer{owner}"), TAGS_MAX));
    }
    Ok(())
}

/// Removes tags; keys that are not there are passed over.
pub(super) fn untag(tags: &mut Tags, removed: &[ByteString], keys: Keys) {
    let removed: BTreeSet<String> = removed.iter().map(|key| keys.key(key)).collect();
    tags.retain(|key, _| !removed.contains(&keys.key(key)));
}

/// The tags as answers have them.
pub(super) fn listed(tags: &Tags) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag { key: key.as_str().into(), value: value.as_str().into() }).collect()
}

/// Tags with the keys of their pages: places, as a marker has no room for a tag's key.
pub(super) fn numbered(tags: &Tags) -> impl Iterator<Item = (String, Tag)> {
    listed(tags).into_iter().enumerate().map(|(place, tag)| (format!("{place:02}"), tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(all: &[(&str, &str)]) -> Vec<Tag> {
        all.iter().map(|(k, v)| Tag { key: (*k).into(), value: (*v).into() }).collect()
    }

    #[test]
    fn a_key_of_another_case_is_the_same_for_users_and_another_for_policies() {
        for (keys, expected) in
            [(Keys::CaseIgnored, vec![("TEAM", "b")]), (Keys::CaseKept, vec![("TEAM", "b"), ("team", "a")])]
        {
            let mut made = new(Some(&tags(&[("team", "a")])), keys, "User").unwrap();
            tag(&mut made, &tags(&[("TEAM", "b")]), keys, "User").unwrap();
            assert_eq!(listed(&made), tags(&expected));
            let twice = tag(&mut made.clone(), &tags(&[("x", "1"), ("X", "2")]), keys, "User");
            assert_eq!(twice.is_err(), keys == Keys::CaseIgnored);
            untag(&mut made, &["team".into()], keys);
            assert_eq!(made.len(), expected.len() - 1);
        }
    }

    #[test]
    fn there_are_fifty_tags_at_most() {
        let many: Vec<Tag> = (0..50).map(|n| Tag { key: format!("k{n}").into(), value: "".into() }).collect();
        let mut made = new(Some(&many), Keys::CaseIgnored, "Role").unwrap();
        let refused = tag(&mut made, &tags(&[("one-more", "")]), Keys::CaseIgnored, "Role").unwrap_err();
        let told = anabranch_api::ApiError::from(refused).to_string();
        assert_eq!(told, "LimitExceededException: Cannot exceed quota for TagsPerRole: 50");
    }
}
