use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;

/// A future that a trait object returns.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A key: `/account/region/service/…`, compared byte by byte, at most 1 KiB.
pub type Key = Bytes;

/// Longest key, in bytes.
pub const KEY_BYTES_MAX: usize = 1024;
/// Longest value, in bytes.
pub const VALUE_BYTES_MAX: usize = 1024 * 1024;
/// Most writes of one commit.
pub const COMMIT_WRITES_MAX: usize = 1000;

/// When a value was last written: the commit's number, counted over the whole catalog. Greater is later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(pub u64);

/// A value with its version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its key.
    pub key: Key,
    /// Its bytes; the first is the value format's version, which is the caller's business.
    pub value: Bytes,
    /// The commit that wrote it.
    pub version: Revision,
}

/// What must hold for a commit to happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// The key does not exist.
    Absent(Key),
    /// The key exists and was last written by this commit.
    Version(Key, Revision),
    /// No key with this prefix was put or deleted after this revision: for uniqueness and counts.
    PrefixUnchanged(Bytes, Revision),
}

/// Changes that happen together or not at all.
#[derive(Clone, Debug, Default)]
pub struct Commit {
    /// What must hold.
    pub expect: Vec<Expect>,
    /// Keys with their new values.
    pub put: Vec<(Key, Bytes)>,
    /// Keys to delete; an absent one is no error.
    pub delete: Vec<Key>,
}

/// A page of a scan.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// In key order, or the other way round where that was asked for.
    pub entries: Vec<Entry>,
    /// Whether there are more behind the last one.
    pub more: bool,
    /// The catalog's revision when the page was read, for [`Expect::PrefixUnchanged`].
    pub revision: Revision,
}

/// Why a commit did not happen, or a read failed.
#[derive(Debug)]
pub enum CatalogError {
    /// The expectation with this index did not hold. Nothing was changed.
    Conflict {
        /// Its index in `expect`.
        expectation: usize,
    },
    /// A key, value or commit exceeds its bound. Nothing was changed.
    TooLarge(&'static str),
    /// The store failed; whether the commit happened is unknown.
    Store {
        /// What was being done.
        doing: String,
        /// Why it failed.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl fmt::Display for CatalogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CatalogError::Conflict { .. } => f.write_str("the catalog changed meanwhile"),
            CatalogError::TooLarge(what) => write!(f, "the {what} is too large for the catalog"),
            CatalogError::Store { doing, .. } => write!(f, "cannot {doing} in the catalog"),
        }
    }
}

impl std::error::Error for CatalogError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            CatalogError::Store { source, .. } => Some(&**source),
            _ => None,
        }
    }
}

/// Called after a commit changed keys under a watched prefix. A hint, never the truth: look before acting.
pub type Watcher = Arc<dyn Fn(Revision) + Send + Sync>;

/// Keeps a watcher registered until it is dropped.
#[must_use]
pub struct Watch {
    /// Runs when dropped.
    pub on_drop: Option<Box<dyn FnOnce() + Send + Sync>>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(f) = self.on_drop.take() {
            f();
        }
    }
}

/// Transactional key-value storage. A commit that returned is durable and seen by every later read.
pub trait Catalog: Send + Sync + 'static {
    /// The value under a key, if there is one.
    fn get(&self, key: Key) -> BoxFuture<'_, Result<Option<Entry>, CatalogError>>;

    /// At most `limit` entries whose keys begin with `prefix`, in key order, after `after` if given.
    fn scan(
        &self,
        prefix: Bytes,
        after: Option<Key>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Page, CatalogError>>;

    /// At most `limit` entries whose keys begin with `prefix`, in descending key order, before `before` if given.
    fn scan_back(
        &self,
        prefix: Bytes,
        before: Option<Key>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Page, CatalogError>>;

    /// Does all of it if everything expected holds; durable when this returns. Commits of several callers share a sync.
    fn commit(&self, commit: Commit) -> BoxFuture<'_, Result<Revision, CatalogError>>;

    /// Waits until nothing of what was overwritten or deleted by earlier commits stands in the store's files any more: for keys whose
    /// deletion is a promise. Copies made before (backups) are not touched.
    fn scrub(&self) -> BoxFuture<'_, Result<(), CatalogError>>;

    /// Calls `watcher` after each commit that touched a key beginning with `prefix`, until the watch is dropped.
    fn watch(&self, prefix: Bytes, watcher: Watcher) -> Watch;
}
