use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, Row, ToSql};
use tokio::sync::{mpsc, oneshot};

use super::failed;
use super::schema::{read_revision, revision_from_sql};
use crate::bounds::end_of_prefix;
use crate::{CatalogError, Entry, Key, Page};

/// A read, and who waits for it.
pub(super) enum Read {
    Get {
        key: Key,
        answer: oneshot::Sender<Result<Option<Entry>, CatalogError>>,
    },
    Scan {
        prefix: Bytes,
        after: Option<Key>,
        limit: usize,
        answer: oneshot::Sender<Result<Page, CatalogError>>,
    },
    ScanBack {
        prefix: Bytes,
        before: Option<Key>,
        limit: usize,
        answer: oneshot::Sender<Result<Page, CatalogError>>,
    },
}

/// What the readers take their work from, one at a time.
#[derive(Clone)]
pub(super) struct Queue {
    reads: Arc<Mutex<mpsc::Receiver<Read>>>,
}

impl Queue {
    pub(super) fn new(reads: mpsc::Receiver<Read>) -> Self {
        Self { reads: Arc::new(Mutex::new(reads)) }
    }

    /// The next read; none when nobody can ask any more.
    fn next(&self) -> Option<Read> {
        self.reads.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv()
    }
}

/// Answers reads until nobody can ask any more. Who no longer waits is no concern.
pub(super) fn run(connection: &Connection, queue: &Queue) {
    while let Some(read) = queue.next() {
        match read {
            Read::Get { key, answer } => {
                let _ = answer.send(get(connection, key).map_err(|e| failed("read a key", e)));
            }
            Read::Scan { prefix, after, limit, answer } => {
                let page = scan(connection, &prefix, after, limit);
                let _ = answer.send(page.map_err(|e| failed("scan", e)));
            }
            Read::ScanBack { prefix, before, limit, answer } => {
                let page = scan_back(connection, &prefix, before, limit);
                let _ = answer.send(page.map_err(|e| failed("scan", e)));
            }
        }
    }
}

fn get(connection: &Connection, key: Key) -> rusqlite::Result<Option<Entry>> {
    let mut select = connection.prepare_cached("SELECT key, value, version FROM entries WHERE key = ?1")?;
    select.query_row([key.as_ref()], entry).optional()
}

/// Reads the page and the catalog's revision from one snapshot.
fn scan(connection: &Connection, prefix: &Bytes, after: Option<Key>, limit: usize) -> rusqlite::Result<Page> {
    let snapshot = connection.unchecked_transaction()?;
    let revision = read_revision(&snapshot)?;
    let (comparison, from) = match after {
        Some(after) if after >= *prefix => (">", after),
        _ => (">=", prefix.clone()),
    };
    let end = end_of_prefix(prefix);
    let below = if end.is_some() { "AND key < ?3" } else { "" };
    let mut select = snapshot.prepare_cached(&format!(
        "SELECT key, value, version FROM entries WHERE key {comparison} ?1 {below} ORDER BY key LIMIT ?2"
    ))?;
    let one_more = one_more_than(limit);
    let (from, end) = (from.as_ref(), end.as_deref());
    let mut parameters: Vec<&dyn ToSql> = vec![&from, &one_more];
    parameters.extend(end.as_ref().map(|end| end as &dyn ToSql));
    let mut entries = select.query_map(&*parameters, entry)?.collect::<rusqlite::Result<Vec<_>>>()?;
    let more = entries.len() > limit;
    entries.truncate(limit);
    Ok(Page { entries, more, revision })
}

/// The same from the other end.
fn scan_back(
    connection: &Connection,
    prefix: &Bytes,
    before: Option<Key>,
    limit: usize,
) -> rusqlite::Result<Page> {
    let snapshot = connection.unchecked_transaction()?;
    let revision = read_revision(&snapshot)?;
    let end = before.into_iter().chain(end_of_prefix(prefix)).min();
    let below = if end.is_some() { "AND key < ?3" } else { "" };
    let mut select = snapshot.prepare_cached(&format!(
        "SELECT key, value, version FROM entries WHERE key >= ?1 {below} ORDER BY key DESC LIMIT ?2"
    ))?;
    let one_more = one_more_than(limit);
    let (from, end) = (prefix.as_ref(), end.as_deref());
    let mut parameters: Vec<&dyn ToSql> = vec![&from, &one_more];
    parameters.extend(end.as_ref().map(|end| end as &dyn ToSql));
    let mut entries = select.query_map(&*parameters, entry)?.collect::<rusqlite::Result<Vec<_>>>()?;
    let more = entries.len() > limit;
    entries.truncate(limit);
    Ok(Page { entries, more, revision })
}

fn one_more_than(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1)
}

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let (key, value): (Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(1)?);
    Ok(Entry { key: key.into(), value: value.into(), version: revision_from_sql(row.get(2)?) })
}
