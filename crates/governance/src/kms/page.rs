//! Lists in pages. A marker holds the name of the last entry shown.

use anabranch_api::kms::Error;
use bytestring::ByteString;

use super::errors;

/// The first byte of a marker, before it is put into base64.
const VERSION: u8 = 1;

/// What stands in a request for a page.
pub(super) struct Asked<'a> {
    pub limit: Option<i32>,
    pub marker: Option<&'a ByteString>,
}

/// How many entries a page has.
pub(super) struct Size {
    /// If the request does not say.
    pub default: usize,
    /// A greater Limit is taken for this.
    pub most: usize,
}

/// A page of entries, each with its name, and the marker of the next page. `entries` are in the order of their names.
pub(super) struct Page<T> {
    pub entries: Vec<T>,
    pub next: Option<ByteString>,
}

/// The page that was asked for.
pub(super) fn page<T>(
    entries: impl IntoIterator<Item = (String, T)>,
    asked: &Asked<'_>,
    size: &Size,
) -> Result<Page<T>, Error> {
    let after = asked.marker.map(|marker| read(marker)).transpose()?;
    let limit =
        asked.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(size.default).min(size.most);
    let mut rest =
        entries.into_iter().filter(|(name, _)| after.as_ref().is_none_or(|after| name > after)).peekable();
    let (mut entries, mut last) = (Vec::new(), None);
    while entries.len() < limit
        && let Some((name, entry)) = rest.next()
    {
        entries.push(entry);
        last = Some(name);
    }
    let next = if rest.peek().is_some() { last.map(|last| write(&last)) } else { None };
    Ok(Page { entries, next })
}

fn write(last: &str) -> ByteString {
    let mut bytes = vec![VERSION];
    bytes.extend(last.as_bytes());
    base64_simd::URL_SAFE_NO_PAD.encode_to_string(bytes).into()
}

fn read(marker: &str) -> Result<String, Error> {
    let bytes = base64_simd::URL_SAFE_NO_PAD.decode_to_vec(marker).ok();
    let bytes = bytes.filter(|bytes| bytes.first() == Some(&VERSION)).ok_or_else(errors::invalid_marker)?;
    String::from_utf8(bytes[1..].to_vec()).map_err(|_| errors::invalid_marker())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size { default: 2, most: 3 };

    fn names(limit: Option<i32>, marker: Option<&ByteString>) -> (Vec<u32>, Option<ByteString>) {
        let entries = (0..5).map(|n| (format!("n{n}"), n));
        let page = page(entries, &Asked { limit, marker }, &SIZE).unwrap();
        (page.entries, page.next)
    }

    #[test]
    fn pages_go_on_where_the_last_one_ended() {
        let (first, next) = names(None, None);
        let (second, next) = names(None, next.as_ref());
        let (third, end) = names(None, next.as_ref());
        assert_eq!((first, second, third, end), (vec![0, 1], vec![2, 3], vec![4], None));
        assert_eq!(names(Some(1000), None).0, [0, 1, 2]);
        assert_eq!(names(Some(5), names(Some(2), None).1.as_ref()), (vec![2, 3, 4], None));
    }

    #[test]
    fn other_texts_are_no_markers() {
        for text in ["", "x", "AA", "not a marker"] {
            let asked = Asked { limit: None, marker: Some(&text.into()) };
            let refused = page([("a".to_owned(), ())], &asked, &SIZE).err().unwrap();
            assert_eq!(refused, errors::invalid_marker(), "{text}");
        }
    }
}
