//! The catalog in one SQLite file: WAL, synchronous FULL, one writer that groups commits, a few readers.
//!
//! SQLite blocks, so every connection lives on a thread of its own; async callers wait for an answer through a channel.
//! docs/formats/catalog.md describes the file.

mod gather;
mod reader;
mod schema;
mod versions;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread::{self, JoinHandle};

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

use crate::bounds;
use crate::watchers::Watchers;
use crate::{BoxFuture, Catalog, CatalogError, Commit, Entry, Key, Page, Revision, Watch, Watcher};

pub use schema::OpenError;

/// Connections that read.
const READERS: usize = 4;
/// Reads waiting for a reader; the next caller waits.
const READS_QUEUED_MAX: usize = 1024;
/// Commits waiting for the writer; the next caller waits.
const COMMITS_QUEUED_MAX: usize = 1024;

/// A catalog in one file, of one process: the data directory's lock keeps others out.
///
/// Dropping it waits until what was queued is done.
pub struct SqliteCatalog {
    reads: Option<mpsc::Sender<reader::Read>>,
    commits: Option<mpsc::Sender<writer::Work>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    watchers: Watchers,
}

impl SqliteCatalog {
    /// Opens the file, made if it is not there; its directory must exist. Blocks.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let (connection, revision) = schema::open(path)?;
        let watchers = Watchers::default();
        let (commits, queued) = mpsc::channel(COMMITS_QUEUED_MAX);
        let writer = writer::Writer::new(connection, revision, watchers.clone());
        let mut threads = vec![spawn("catalog-writer", path, move || writer.run(queued))?];
        let reads = start_readers(path, READERS, &mut threads)?;
        Ok(Self { reads: Some(reads), commits: Some(commits), threads: Mutex::new(threads), watchers })
    }

    /// Opens the file as it is, to be read alone: every commit is refused. It must be there and ours. Blocks.
    pub fn open_to_read(path: &Path) -> Result<Self, OpenError> {
        schema::check(path)?;
        let mut threads = Vec::new();
        let reads = start_readers(path, 1, &mut threads)?;
        let watchers = Watchers::default();
        Ok(Self { reads: Some(reads), commits: None, threads: Mutex::new(threads), watchers })
    }

    async fn read<T>(
        &self,
        read: impl FnOnce(oneshot::Sender<Result<T, CatalogError>>) -> reader::Read,
    ) -> Result<T, CatalogError> {
        let (answer, answered) = oneshot::channel();
        if let Some(reads) = &self.reads {
            reads.send(read(answer)).await.map_err(|_| gone("read"))?;
        }
        answered.await.map_err(|_| gone("read"))?
    }

    async fn write(&self, commit: Commit) -> Result<Revision, CatalogError> {
        bounds::check(&commit)?;
        let (answer, answered) = oneshot::channel();
        self.ask_writer(writer::Work::Commit(writer::Queued { commit, answer })).await?;
        answered.await.map_err(|_| gone("commit"))?
    }
}

impl SqliteCatalog {
    /// Copies the whole catalog into a new file, readable by its owner alone; durable when this returns. `then` is called on the writer's
    /// thread when the copy is whole and before anything further is committed, so that what it fixes elsewhere is of the same moment.
    /// Commits wait meanwhile.
    pub async fn copy_into(
        &self,
        into: PathBuf,
        then: impl FnOnce() + Send + 'static,
    ) -> Result<(), CatalogError> {
        let (answer, answered) = oneshot::channel();
        self.ask_writer(writer::Work::Copy(writer::Copy { into, then: Box::new(then), answer })).await?;
        answered.await.map_err(|_| gone("copy"))?
    }

    async fn ask_writer(&self, work: writer::Work) -> Result<(), CatalogError> {
        let commits = self.commits.as_ref().ok_or_else(|| CatalogError::Store {
            doing: "write".into(),
            source: "the catalog was opened to be read alone".into(),
        })?;
        commits.send(work).await.map_err(|_| gone("write"))
    }
}

impl Catalog for SqliteCatalog {
    fn get(&self, key: Key) -> BoxFuture<'_, Result<Option<Entry>, CatalogError>> {
        Box::pin(self.read(|answer| reader::Read::Get { key, answer }))
    }

    fn scan(
        &self,
        prefix: Bytes,
        after: Option<Key>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Page, CatalogError>> {
        Box::pin(self.read(move |answer| reader::Read::Scan { prefix, after, limit, answer }))
    }

    fn scan_back(
        &self,
        prefix: Bytes,
        before: Option<Key>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Page, CatalogError>> {
        Box::pin(self.read(move |answer| reader::Read::ScanBack { prefix, before, limit, answer }))
    }

    fn commit(&self, commit: Commit) -> BoxFuture<'_, Result<Revision, CatalogError>> {
        Box::pin(self.write(commit))
    }

    fn scrub(&self) -> BoxFuture<'_, Result<(), CatalogError>> {
        Box::pin(async move {
            let (answer, answered) = oneshot::channel();
            self.ask_writer(writer::Work::Scrub(answer)).await?;
            answered.await.map_err(|_| gone("scrub"))?
        })
    }

    fn watch(&self, prefix: Bytes, watcher: Watcher) -> Watch {
        self.watchers.add(prefix, watcher)
    }
}

impl Drop for SqliteCatalog {
    fn drop(&mut self) {
        self.reads = None;
        self.commits = None;
        let threads = self.threads.get_mut().map(std::mem::take).unwrap_or_default();
        // A watcher may hold the catalog, and let go of it on the writer's own thread, which cannot wait for itself.
        for thread in threads.into_iter().filter(|t| t.thread().id() != thread::current().id()) {
            if thread.join().is_err() {
                tracing::error!("a thread of the catalog panicked");
            }
        }
    }
}

fn start_readers(
    path: &Path,
    count: usize,
    threads: &mut Vec<JoinHandle<()>>,
) -> Result<mpsc::Sender<reader::Read>, OpenError> {
    let (reads, queue) = mpsc::channel(READS_QUEUED_MAX);
    let queue = reader::Queue::new(queue);
    for _ in 0..count {
        let connection = schema::open_reader(path)?;
        let queue = queue.clone();
        threads.push(spawn("catalog-reader", path, move || reader::run(&connection, &queue))?);
    }
    Ok(reads)
}

fn spawn(name: &str, path: &Path, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, OpenError> {
    let spawned = thread::Builder::new().name(name.into()).spawn(work);
    spawned.map_err(|source| OpenError::Io { path: path.to_owned(), source })
}

/// The thread that should answer has ended.
fn gone(doing: &str) -> CatalogError {
    CatalogError::Store { doing: doing.into(), source: "the catalog is closed".into() }
}

fn failed(doing: &str, source: rusqlite::Error) -> CatalogError {
    CatalogError::Store { doing: doing.into(), source: source.into() }
}

#[cfg(test)]
mod tests;
