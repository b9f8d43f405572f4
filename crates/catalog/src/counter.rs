use bytes::Bytes;

use crate::{Catalog, CatalogError, Commit, Expect};

/// Where the ids of log groups are counted, for every service alike.
const LOG_GROUPS_KEY: &[u8] = b"/counters/log-groups";
/// The version of the counter's value: this byte, then the last number given as 8 bytes, most significant first.
const VALUE_VERSION: u8 = 1;
/// How often the count is tried while others count as well.
const ATTEMPTS_MAX: usize = 1000;

/// A number could not be had.
#[derive(Debug, thiserror::Error)]
pub enum CounterError {
    /// The catalog failed.
    #[error("cannot count in the catalog")]
    Catalog(#[from] CatalogError),
    /// What stands under the counter's key is no counter of a version this program knows.
    #[error("the counter of log groups in the catalog is not readable")]
    Unreadable,
}

/// A log group's id that nobody was or will be given again, from 1. Durable when this returns; costs a read and a commit.
pub async fn next_log_group(catalog: &dyn Catalog) -> Result<u64, CounterError> {
    let key = Bytes::from_static(LOG_GROUPS_KEY);
    let mut attempts = 1;
    loop {
        let last = catalog.get(key.clone()).await?;
        let (number, expect) = match &last {
            None => (1, Expect::Absent(key.clone())),
            Some(entry) => {
                let number = parse(&entry.value).ok_or(CounterError::Unreadable)? + 1;
                (number, Expect::Version(key.clone(), entry.version))
            }
        };
        let mut value = vec![VALUE_VERSION];
        value.extend(number.to_be_bytes());
        let commit = Commit { expect: vec![expect], put: vec![(key.clone(), value.into())], delete: vec![] };
        match catalog.commit(commit).await {
            Ok(_) => return Ok(number),
            Err(CatalogError::Conflict { .. }) if attempts < ATTEMPTS_MAX => attempts += 1,
            Err(error) => return Err(error.into()),
        }
    }
}

fn parse(value: &[u8]) -> Option<u64> {
    let number = value.strip_prefix(&[VALUE_VERSION])?;
    Some(u64::from_be_bytes(number.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{LOG_GROUPS_KEY, next_log_group};
    use crate::{Catalog, Commit, MemoryCatalog};

    #[tokio::test]
    async fn nobody_is_given_a_number_twice() {
        let catalog: Arc<dyn Catalog> = Arc::new(MemoryCatalog::default());
        let counting: Vec<_> = (0..20)
            .map(|_| {
                let catalog = Arc::clone(&catalog);
                tokio::spawn(async move { next_log_group(&*catalog).await.unwrap() })
            })
            .collect();
        let mut numbers = Vec::new();
        for one in counting {
            numbers.push(one.await.unwrap());
        }
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=20).collect::<Vec<u64>>());
    }

    #[tokio::test]
    async fn a_counter_of_an_unknown_version_is_refused() {
        let catalog = MemoryCatalog::default();
        let value = vec![2, 0, 0, 0, 0, 0, 0, 0, 1];
        let put = vec![(LOG_GROUPS_KEY.into(), value.into())];
        catalog.commit(Commit { put, ..Commit::default() }).await.unwrap();
        let error = next_log_group(&catalog).await.unwrap_err();
        assert_eq!(error.to_string(), "the counter of log groups in the catalog is not readable");
    }
}
