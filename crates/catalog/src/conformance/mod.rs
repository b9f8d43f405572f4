//! What every implementation of [`Catalog`] must do, as tests that panic when one does not.
//!
//! An implementation's own test calls [`check`].
#![allow(clippy::unwrap_used, reason = "the suite's way to fail is to panic")]

mod limits;
mod races;
mod reads;
mod writes;

use std::sync::Arc;

use bytes::Bytes;
use tokio::runtime::Runtime;

use crate::{Catalog, CatalogError, Commit, Entry, Expect, Page, Revision};

/// Makes an empty catalog.
pub type Empty<'a> = &'a dyn Fn() -> Arc<dyn Catalog>;
/// Lets go of a catalog and opens the same one again.
pub type Reopen<'a> = &'a dyn Fn(Arc<dyn Catalog>) -> Arc<dyn Catalog>;

type Case = (&'static str, fn(&Subject));

/// Runs the suite; `reopen` is none for a catalog that forgets. Panics at the first failure, having printed the case's name.
pub fn check(empty: Empty<'_>, reopen: Option<Reopen<'_>>) {
    let runtime = Arc::new(tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap());
    for (name, case) in reads::CASES.iter().chain(writes::CASES).chain(limits::CASES).chain(races::CASES) {
        println!("{name}");
        case(&Subject { catalog: empty(), runtime: Arc::clone(&runtime) });
    }
    if let Some(reopen) = reopen {
        for (name, before, after) in writes::REOPENED {
            println!("{name}");
            let subject = Subject { catalog: empty(), runtime: Arc::clone(&runtime) };
            let revision = before(&subject);
            let catalog = reopen(subject.catalog);
            after(&Subject { catalog, runtime: Arc::clone(&runtime) }, revision);
        }
    }
}

/// A catalog under test, called as if it did not wait.
struct Subject {
    catalog: Arc<dyn Catalog>,
    runtime: Arc<Runtime>,
}

impl Subject {
    fn get(&self, key: impl Into<Bytes>) -> Option<Entry> {
        self.runtime.block_on(self.catalog.get(key.into())).unwrap()
    }

    /// The value under a key, as text.
    fn value(&self, key: &'static str) -> Option<String> {
        self.get(key).map(|entry| String::from_utf8(entry.value.to_vec()).unwrap())
    }

    fn scan(&self, prefix: impl Into<Bytes>, after: Option<Bytes>, limit: usize) -> Page {
        self.runtime.block_on(self.catalog.scan(prefix.into(), after, limit)).unwrap()
    }

    fn scan_back(&self, prefix: impl Into<Bytes>, before: Option<Bytes>, limit: usize) -> Page {
        self.runtime.block_on(self.catalog.scan_back(prefix.into(), before, limit)).unwrap()
    }

    fn commit(&self, commit: Commit) -> Result<Revision, CatalogError> {
        self.runtime.block_on(self.catalog.commit(commit))
    }

    fn put(&self, key: impl Into<Bytes>, value: impl Into<Bytes>) -> Revision {
        self.commit(put(key, value)).unwrap()
    }

    fn delete(&self, key: &'static str) -> Revision {
        self.commit(Commit { delete: vec![key.into()], ..Commit::default() }).unwrap()
    }
}

fn put(key: impl Into<Bytes>, value: impl Into<Bytes>) -> Commit {
    Commit { put: vec![(key.into(), value.into())], ..Commit::default() }
}

fn expecting(expect: Expect, commit: Commit) -> Commit {
    Commit { expect: vec![expect], ..commit }
}

/// The index of the expectation that did not hold; none if the commit happened.
#[track_caller]
fn conflict(outcome: Result<Revision, CatalogError>) -> Option<usize> {
    match outcome {
        Ok(_) => None,
        Err(CatalogError::Conflict { expectation }) => Some(expectation),
        Err(other) => panic!("{other:?}"),
    }
}
