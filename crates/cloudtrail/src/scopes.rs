//! Whose keys stand in the catalog, found without reading all of it.

use anabranch_catalog::{Catalog, CatalogError, Key};

/// What keys begin with, up to so many parts: one is `/ACCOUNT`, two are `/ACCOUNT/REGION`. Each once, for one scan each.
pub(crate) async fn beginnings(catalog: &dyn Catalog, parts: usize) -> Result<Vec<String>, CatalogError> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = catalog.scan(Key::from_static(b"/"), after, 1).await?;
        let Some(entry) = page.entries.into_iter().next() else { return Ok(found) };
        let slashes = entry.key.iter().enumerate().filter(|(_, byte)| **byte == b'/');
        after = Some(match slashes.map(|(at, _)| at).nth(parts) {
            Some(end) => {
                let beginning = &entry.key[..end];
                found.extend(std::str::from_utf8(beginning).map(str::to_owned));
                // What comes behind all that begins so: `0` is the character after `/`.
                [beginning, b"0"].concat().into()
            }
            None => entry.key,
        });
    }
}

#[cfg(test)]
mod tests {
    use anabranch_catalog::{Commit, MemoryCatalog};

    use super::*;

    #[tokio::test]
    async fn each_beginning_is_found_once() {
        let catalog = MemoryCatalog::default();
        let keys =
            ["/-/-/a", "/1/-/a", "/1/eu/a", "/1/eu/b/c", "/1/eu-2/a", "/1/us/a", "/2", "/21/us/a", "/3/us/a"];
        let put = keys.iter().map(|key| (Key::from_static(key.as_bytes()), Key::new())).collect();
        catalog.commit(Commit { put, ..Commit::default() }).await.unwrap();
        assert_eq!(beginnings(&catalog, 1).await.unwrap(), ["/-", "/1", "/21", "/3"]);
        let two = ["/-/-", "/1/-", "/1/eu-2", "/1/eu", "/1/us", "/21/us", "/3/us"];
        assert_eq!(beginnings(&catalog, 2).await.unwrap(), two);
    }
}
