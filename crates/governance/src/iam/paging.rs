//! Lists by pages (IAM API ListUsers: Marker, MaxItems, IsTruncated).

use anabranch_api::iam::Error;
use bytestring::ByteString;

use super::errors;
use super::limits::ITEMS_DEFAULT;

/// What a caller asks of a list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    marker: Option<&'a str>,
    items_max: usize,
}

/// A part of a list.
#[derive(Debug)]
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    pub(super) is_truncated: Option<bool>,
    pub(super) marker: Option<ByteString>,
}

impl<'a> Asked<'a> {
    pub(super) fn new(marker: Option<&'a ByteString>, items_max: Option<i32>) -> Self {
        // The model's range was checked.
        let items_max = items_max.and_then(|n| usize::try_from(n).ok()).unwrap_or(ITEMS_DEFAULT);
        Self { marker: marker.map(|marker| &**marker), items_max }
    }

    /// How many are asked for.
    pub(super) fn items_max(&self) -> usize {
        self.items_max
    }

    /// Where a list that is counted, not named, goes on: its marker is the place of the next item, of `len`.
    pub(super) fn place(&self, len: usize) -> Result<usize, Error> {
        let Some(marker) = self.marker else { return Ok(0) };
        let place = marker.parse().ok().filter(|place| *place < len);
        place.ok_or_else(|| errors::invalid_marker(marker))
    }

    /// The asked part of `items`, which come in the order of their keys, no key twice. A marker is the last key of the page before it, so that
    /// what is made or deleted meanwhile moves nothing else. Keys have at most 320 characters, as markers do.
    pub(super) fn page<K: AsRef<str>, T>(self, items: impl IntoIterator<Item = (K, T)>) -> Page<T> {
        let mut rest =
            items.into_iter().skip_while(|(key, _)| self.marker.is_some_and(|after| key.as_ref() <= after));
        let (mut page, mut last) = (Vec::new(), None);
        for (key, item) in rest.by_ref().take(self.items_max) {
            page.push(item);
            last = Some(key);
        }
        let marker = rest.next().and(last).map(|key| key.as_ref().into());
        Page { items: page, is_truncated: Some(marker.is_some()), marker }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_each_other_and_the_last_has_no_marker() {
        let items = ["a", "b", "c", "d", "e"];
        let mut marker = None;
        let mut seen = Vec::new();
        for expected in [2, 2, 1] {
            let page = Asked::new(marker.as_ref(), Some(2)).page(items.iter().map(|i| (*i, *i)));
            assert_eq!(page.items.len(), expected);
            assert_eq!(page.is_truncated, Some(page.marker.is_some()));
            seen.extend(page.items);
            marker = page.marker;
        }
        assert_eq!((seen, marker), (items.to_vec(), None));
    }
}
