use bytes::Bytes;

use crate::{COMMIT_WRITES_MAX, CatalogError, Commit, KEY_BYTES_MAX, VALUE_BYTES_MAX};

/// Refuses a commit that exceeds a bound, before anything is done with it.
pub(crate) fn check(commit: &Commit) -> Result<(), CatalogError> {
    if commit.put.len() + commit.delete.len() > COMMIT_WRITES_MAX || commit.expect.len() > COMMIT_WRITES_MAX {
        return Err(CatalogError::TooLarge("commit"));
    }
    let keys = commit.put.iter().map(|(key, _)| key).chain(&commit.delete);
    if keys.into_iter().any(|key| key.len() > KEY_BYTES_MAX) {
        return Err(CatalogError::TooLarge("key"));
    }
    if commit.put.iter().any(|(_, value)| value.len() > VALUE_BYTES_MAX) {
        return Err(CatalogError::TooLarge("value"));
    }
    Ok(())
}

/// The first key behind all keys that begin with `prefix`; none if there is no such key.
pub(crate) fn end_of_prefix(prefix: &[u8]) -> Option<Bytes> {
    let kept = prefix.iter().rposition(|byte| *byte != u8::MAX)?;
    let mut end = prefix[..=kept].to_vec();
    end[kept] += 1;
    Some(end.into())
}

#[cfg(test)]
mod tests {
    use super::end_of_prefix;

    #[test]
    fn the_end_of_a_prefix_is_the_next_key_of_its_length_or_less() {
        let cases: [(&[u8], Option<&[u8]>); 5] = [
            (b"a", Some(b"b")),
            (b"a/", Some(b"a0")),
            (b"a\xff\xff", Some(b"b")),
            (b"\xff", None),
            (b"", None),
        ];
        for (prefix, end) in cases {
            assert_eq!(end_of_prefix(prefix).as_deref(), end, "{prefix:?}");
        }
    }
}
