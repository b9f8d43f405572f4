use std::fs::File;
use std::path::{Path, PathBuf};
use std::thread;

use rusqlite::{Connection, ErrorCode, OptionalExtension, Transaction, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

use super::failed;
use super::gather::{self, Gathering};
use super::schema::{make_private, revision_from_sql, revision_to_sql, sync_directory};
use super::versions::Versions;
use crate::changes::Changes;
use crate::watchers::Watchers;
use crate::{CatalogError, Commit, Expect, Key, Revision};

/// Most commits that share a transaction and its sync.
const GROUP_COMMITS_MAX: usize = 256;
/// A group takes no further commit when it holds this many bytes of values.
const GROUP_BYTES_MAX: usize = 8 * 1024 * 1024;

/// A commit, and who waits for it.
pub(super) struct Queued {
    pub(super) commit: Commit,
    pub(super) answer: oneshot::Sender<Result<Revision, CatalogError>>,
}

/// What the writer is asked to do.
pub(super) enum Work {
    Commit(Queued),
    Copy(Copy),
    /// Who is told that nothing of earlier values is left in the files.
    Scrub(oneshot::Sender<Result<(), CatalogError>>),
}

/// A copy of the whole catalog, and who waits for it.
pub(super) struct Copy {
    pub(super) into: PathBuf,
    /// Called when the copy is whole; until it returns nothing is committed.
    pub(super) then: Box<dyn FnOnce() + Send>,
    pub(super) answer: oneshot::Sender<Result<(), CatalogError>>,
}

/// The one who writes. What was asked for while it synced shares the next sync.
pub(super) struct Writer {
    connection: Connection,
    /// Of the last durable commit.
    revision: Revision,
    changes: Changes,
    versions: Versions,
    gathering: Gathering,
    watchers: Watchers,
    /// Set when the disk failed: what the file's last commits are worth is unknown until it is opened anew.
    broken: bool,
}

/// A group on its way into the file.
struct Group<'c, 'd> {
    transaction: Transaction<'c>,
    /// What was written before the group.
    durable: &'d Changes,
    /// As the group leaves them.
    versions: &'d mut Versions,
    /// What it wrote.
    written: Vec<(Revision, Key)>,
    revision: Revision,
}

impl Writer {
    pub(super) fn new(connection: Connection, revision: Revision, watchers: Watchers) -> Self {
        let (changes, versions) = (Changes::after(revision), Versions::default());
        let gathering = Gathering::default();
        Self { connection, revision, changes, versions, gathering, watchers, broken: false }
    }

    /// Writes until nobody can ask any more.
    pub(super) fn run(mut self, mut queue: mpsc::Receiver<Work>) {
        while let Some(work) = queue.blocking_recv() {
            let mut next = Some(work);
            while let Some(work) = next {
                next = self.work(work, &mut queue);
            }
        }
    }

    /// Does what was asked for. A commit is written with those that wait behind it; what else waited behind them is to be done next.
    fn work(&mut self, work: Work, queue: &mut mpsc::Receiver<Work>) -> Option<Work> {
        match work {
            Work::Commit(first) => return self.write_with_followers(first, queue),
            Work::Copy(copy) => self.copy(copy),
            Work::Scrub(answer) => {
                // Who asked may have gone away.
                let _ = answer.send(self.scrub());
            }
        }
        None
    }

    fn write_with_followers(&mut self, first: Queued, queue: &mut mpsc::Receiver<Work>) -> Option<Work> {
        let mut bytes = value_bytes(&first.commit);
        let (mut group, mut behind) = (vec![first], None);
        let mut looked_at = 0;
        loop {
            while group.len() < GROUP_COMMITS_MAX
                && bytes < GROUP_BYTES_MAX
                && let Ok(next) = queue.try_recv()
            {
                match next {
                    Work::Commit(next) => {
                        bytes += value_bytes(&next.commit);
                        group.push(next);
                    }
                    other => {
                        behind = Some(other);
                        break;
                    }
                }
            }
            let is_full = group.len() >= GROUP_COMMITS_MAX || bytes >= GROUP_BYTES_MAX || behind.is_some();
            if is_full || !self.gathering.waits(group.len(), group.len() - looked_at) {
                break;
            }
            looked_at = group.len();
            thread::sleep(gather::LOOKED_EVERY);
        }
        self.gathering.written(group.len());
        self.write(group);
        behind
    }

    /// Deleted bytes are zeros in the pages of the log (`secure_delete`): taking the log into the file overwrites them there, and cutting
    /// the log off takes away the pages it held before.
    fn scrub(&self) -> Result<(), CatalogError> {
        let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
        let busy: bool =
            self.connection.query_row(checkpoint, [], |row| row.get(0)).map_err(|e| failed("scrub", e))?;
        let still_read = || CatalogError::Store { doing: "scrub".into(), source: "it is being read".into() };
        if busy { Err(still_read()) } else { Ok(()) }
    }

    fn copy(&self, copy: Copy) {
        let Copy { into, then, answer } = copy;
        let copied = self.copy_into(&into);
        if copied.is_ok() {
            then();
        }
        // Who asked may have gone away.
        let _ = answer.send(copied);
    }

    /// SQLite does not sync what it vacuums into.
    fn copy_into(&self, into: &Path) -> Result<(), CatalogError> {
        let unmade = |source| CatalogError::Store { doing: "make the copy's file".into(), source };
        make_private(into).map_err(|e| unmade(e.into()))?;
        let path = into.to_str().ok_or_else(|| unmade("its name is not UTF-8".into()))?;
        self.connection.execute("VACUUM INTO ?1", [path]).map_err(|e| failed("copy the catalog", e))?;
        let synced = File::open(into).and_then(|file| file.sync_all()).and_then(|()| sync_directory(into));
        synced.map_err(|e| unmade(e.into()))
    }

    /// Writes a group durably, then answers each of its commits and tells the watchers.
    fn write(&mut self, group: Vec<Queued>) {
        let (commits, answers): (Vec<_>, Vec<_>) = group.into_iter().map(|q| (q.commit, q.answer)).unzip();
        let outcomes = match self.write_durably(&commits) {
            Ok(outcomes) => outcomes,
            Err(error) => {
                self.broken |= error.sqlite_error_code() == Some(ErrorCode::SystemIoFailure);
                self.versions.forget();
                let sentence = error.to_string();
                commits.iter().map(|_| Err(unwritten(&sentence))).collect()
            }
        };
        for ((commit, answer), outcome) in commits.iter().zip(answers).zip(outcomes) {
            let written = outcome.as_ref().ok().copied();
            let _ = answer.send(outcome);
            if let Some(revision) = written {
                self.watchers.tell(commit, revision);
            }
        }
    }

    /// One transaction for all of them. An error means that none happened, as far as is known.
    fn write_durably(&mut self, commits: &[Commit]) -> rusqlite::Result<Vec<Result<Revision, CatalogError>>> {
        if self.broken {
            return Ok(commits.iter().map(|_| Err(unwritten("the disk failed before; restart"))).collect());
        }
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut group = Group {
            transaction,
            durable: &self.changes,
            versions: &mut self.versions,
            written: Vec::new(),
            revision: self.revision,
        };
        let outcomes =
            commits.iter().map(|commit| group.add(commit)).collect::<rusqlite::Result<Vec<_>>>()?;
        let Group { transaction, written, revision, .. } = group;
        if revision > self.revision {
            transaction
                .prepare_cached("UPDATE head SET revision = ?1 WHERE id = 1")?
                .execute([revision_to_sql(revision)])?;
            transaction.commit()?;
            self.revision = revision;
            for (revision, key) in written {
                self.changes.note(revision, key);
            }
        }
        Ok(outcomes)
    }
}

impl Group<'_, '_> {
    /// Adds a commit if everything it expects holds. An error of SQLite's may have ended the whole transaction, so it ends the group.
    fn add(&mut self, commit: &Commit) -> rusqlite::Result<Result<Revision, CatalogError>> {
        for (expectation, expect) in commit.expect.iter().enumerate() {
            if !self.holds(expect)? {
                return Ok(Err(CatalogError::Conflict { expectation }));
            }
        }
        let revision = Revision(self.revision.0 + 1);
        apply(&self.transaction, commit, revision)?;
        self.revision = revision;
        for key in &commit.delete {
            self.versions.note(key, None);
        }
        for (key, _) in &commit.put {
            self.versions.note(key, Some(revision));
        }
        let keys = commit.delete.iter().chain(commit.put.iter().map(|(key, _)| key));
        self.written.extend(keys.map(|key| (revision, key.clone())));
        Ok(Ok(revision))
    }

    fn holds(&mut self, expect: &Expect) -> rusqlite::Result<bool> {
        Ok(match expect {
            Expect::Absent(key) => self.version(key)?.is_none(),
            Expect::Version(key, version) => self.version(key)? == Some(*version),
            Expect::PrefixUnchanged(prefix, revision) => {
                self.durable.unchanged(prefix, *revision)
                    && self
                        .written
                        .iter()
                        .all(|(written, key)| *written <= *revision || !key.starts_with(prefix))
            }
        })
    }

    fn version(&mut self, key: &Key) -> rusqlite::Result<Option<Revision>> {
        if let Some(known) = self.versions.get(key) {
            return Ok(known);
        }
        let mut select = self.transaction.prepare_cached("SELECT version FROM entries WHERE key = ?1")?;
        let version = select.query_row([key.as_ref()], |row| row.get(0)).optional()?;
        let version = version.map(revision_from_sql);
        self.versions.note(key, version);
        Ok(version)
    }
}

/// Writes what the commit says. An error ends the group, which takes everything back: a commit needs no savepoint of its own.
fn apply(transaction: &Transaction<'_>, commit: &Commit, revision: Revision) -> rusqlite::Result<()> {
    if !commit.delete.is_empty() {
        let mut delete = transaction.prepare_cached("DELETE FROM entries WHERE key = ?1")?;
        for key in &commit.delete {
            delete.execute([key.as_ref()])?;
        }
    }
    let mut put = transaction.prepare_cached(
        "INSERT INTO entries (key, value, version) VALUES (?1, ?2, ?3)
         ON CONFLICT (key) DO UPDATE SET value = excluded.value, version = excluded.version",
    )?;
    for (key, value) in &commit.put {
        put.execute((key.as_ref(), value.as_ref(), revision_to_sql(revision)))?;
    }
    Ok(())
}

fn value_bytes(commit: &Commit) -> usize {
    commit.put.iter().map(|(_, value)| value.len()).sum()
}

fn unwritten(why: &str) -> CatalogError {
    CatalogError::Store { doing: "commit".into(), source: why.into() }
}
