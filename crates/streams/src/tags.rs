//! Tags of streams and consumers: one set each, whichever family of operations wrote it.

use std::collections::BTreeMap;

use anabranch_api::kinesis::{Error, Tag};
use bytestring::ByteString;

use crate::errors;
use crate::limits::TAGS_MAX;

/// Puts tags over those there are, if AWS would take them. `whose` names the resource in refusals.
pub(crate) fn put(
    tags: &mut BTreeMap<String, String>,
    new: &[(ByteString, ByteString)],
    whose: impl Fn() -> String,
) -> Result<(), Error> {
    if !new.iter().all(|(key, value)| is_legal(key) && is_legal(value)) {
        return Err(errors::invalid_tag_characters());
    }
    let added = new.iter().filter(|(key, _)| !tags.contains_key(&**key)).map(|(key, _)| key);
    let added = added.collect::<std::collections::BTreeSet<_>>().len();
    if tags.len() + added > TAGS_MAX {
        return Err(errors::too_many_tags(&whose(), TAGS_MAX));
    }
    tags.extend(new.iter().map(|(key, value)| (key.to_string(), value.to_string())));
    Ok(())
}

/// AWS: Unicode letters, digits, white space and `_ . : / = + - % @` (recorded by kinesalite; `:` since).
fn is_legal(text: &str) -> bool {
    text.chars().all(|c| c.is_alphanumeric() || c.is_whitespace() || "_.:/=+-%@".contains(c))
}

/// Takes tags away; one that is not there is none the worse.
pub(crate) fn remove(tags: &mut BTreeMap<String, String>, keys: &[ByteString]) {
    tags.retain(|key, _| !keys.iter().any(|k| **k == **key));
}

/// As answers show a tag.
pub(crate) fn show((key, value): (&String, &String)) -> Tag {
    Tag { key: key.as_str().into(), value: Some(value.as_str().into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(count: usize) -> Vec<(ByteString, ByteString)> {
        (0..count).map(|i| (format!("k{i}").into(), "v".into())).collect()
    }

    #[test]
    fn fifty_tags_are_the_most() {
        let mut tags = BTreeMap::new();
        put(&mut tags, &pairs(50), || "S".into()).unwrap();
        put(&mut tags, &pairs(50), || "S".into()).unwrap();
        assert_eq!(put(&mut tags, &pairs(51), || "S".into()), Err(errors::too_many_tags("S", 50)));
    }

    #[test]
    fn tags_with_characters_aws_does_not_take_are_refused() {
        for (text, legal) in [("ab Ü9_.:/=+-%@", true), ("a,b", false), ("a\"", false), ("é\u{301}", false)]
        {
            let pair = [(ByteString::from(text), ByteString::from(""))];
            assert_eq!(put(&mut BTreeMap::new(), &pair, || "S".into()).is_ok(), legal, "{text}");
        }
    }
}
