//! What happens to tables as time passes: indexes are filled and emptied, tables deleted.
//!
//! All of it is told by what the catalog keeps of the table, so that a restart goes on where it was.

use std::sync::Arc;
use std::time::Duration;

use anabranch_api::dynamodb::Error;
use anabranch_catalog::{CatalogError, Commit, Entry, Expect, Key, Value as _};
use anabranch_types::Timestamp;
use bytes::Bytes;

use crate::Tables;
use crate::directory::Table;
use crate::errors;
use crate::items::read_stored;
use crate::keys::{ItemKey, Scope};
use crate::pieces::PIECE_ENTRIES;
use crate::stored::{IndexPhase, Phase, StoredIndex};

/// How long work that failed waits before it is tried again.
const RETRY: Duration = Duration::from_secs(1);

/// What of a table is to be done now.
enum Job {
    Delete,
    Fill(u32),
    Empty(u32),
}

impl Tables {
    pub(crate) async fn run_due(&self, now: Timestamp) {
        while let Some((scope, name)) = self.agenda.first_until(now) {
            if let Err(error) = self.settle(&scope, &name, now).await {
                tracing::warn!(%name, %error, "a table could not be settled; it will be tried again");
                self.agenda.set(&scope, &name, Some(now.max(self.clock.now()) + RETRY));
            }
        }
        if self.agenda.is_sweep_due(now) {
            self.sweep(now).await;
        }
    }

    /// Does everything that is due of a table.
    pub(crate) async fn settle(&self, scope: &Scope, name: &str, now: Timestamp) -> Result<(), Error> {
        let _settling = self.settling.lock().await;
        loop {
            let Some(table) = self.directory.get(scope, name) else {
                self.agenda.set(scope, name, None);
                return Ok(());
            };
            match next_job(&table, now) {
                Some(Job::Delete) => self.delete_table(&table).await?,
                Some(Job::Fill(number)) => self.fill(&table, number).await?,
                Some(Job::Empty(number)) => self.empty(&table, number).await?,
                None => {
                    self.agenda.set(scope, name, table.stored.due());
                    return Ok(());
                }
            }
        }
    }

    /// Deletes its items, then the table.
    async fn delete_table(&self, table: &Arc<Table>) -> Result<(), Error> {
        let Table { scope, name, stored, .. } = &**table;
        self.delete_all(scope.items(&stored.id)).await?;
        let _changing = self.changing.lock().await;
        let expect = vec![Expect::Version(table.key.clone(), table.version)];
        let commit = Commit { expect, put: Vec::new(), delete: vec![table.key.clone()] };
        match self.catalog.commit(commit).await {
            Ok(_) => {
                self.agenda.set(scope, name, None);
                self.directory.remove(scope, name);
                Ok(())
            }
            Err(error) => Err(self.in_doubt(scope, name, &error).await),
        }
    }

    /// Puts the items of before into an index. Those written since are in it.
    async fn fill(&self, table: &Arc<Table>, number: u32) -> Result<(), Error> {
        let Table { scope, name, stored, .. } = &**table;
        let Some(index) = stored.indexes.iter().find(|index| index.number == number) else { return Ok(()) };
        let mut after: Option<Key> = None;
        loop {
            let items = scope.index(&stored.id, 0).all();
            let page = self.catalog.scan(items, after.clone(), PIECE_ENTRIES).await.map_err(failed)?;
            match self.fill_piece(table, index, &page.entries).await? {
                Piece::Overtaken => continue,
                Piece::TableChanged => {
                    self.reload(scope, name).await;
                    return Ok(());
                }
                Piece::Done => {}
            }
            after = page.entries.last().map(|entry| entry.key.clone()).or(after);
            if !page.more {
                break;
            }
        }
        self.change_index(scope, name, number, |index| index.phase = IndexPhase::Filled).await?;
        // Writes meanwhile may have taken entries from the index that were not in it yet.
        table.counts.forget();
        Ok(())
    }

    async fn fill_piece(
        &self,
        table: &Arc<Table>,
        index: &StoredIndex,
        items: &[Entry],
    ) -> Result<Piece, Error> {
        let Table { scope, stored, .. } = &**table;
        let mut commit = Commit::default();
        commit.expect.push(Expect::Version(table.key.clone(), table.version));
        for item in items {
            let attributes = read_stored(&item.value)?;
            let primary = ItemKey(item.key.clone());
            let Some((key, kept)) = index.entry(scope, stored, &primary, &attributes) else { continue };
            // An item that was written since the index was begun is in it already.
            if self.catalog.get(key.0.clone()).await.map_err(failed)?.is_some() {
                continue;
            }
            commit.expect.push(Expect::Version(item.key.clone(), item.version));
            commit.expect.push(Expect::Absent(key.0.clone()));
            commit.put.push((key.0, kept.to_bytes()));
        }
        if commit.put.is_empty() {
            return Ok(Piece::Done);
        }
        match self.catalog.commit(commit).await {
            Ok(_) => Ok(Piece::Done),
            Err(CatalogError::Conflict { expectation: 0 }) => Ok(Piece::TableChanged),
            Err(CatalogError::Conflict { .. }) => Ok(Piece::Overtaken),
            Err(error) => Err(failed(error)),
        }
    }

    /// Deletes an index's entries, then the index.
    async fn empty(&self, table: &Arc<Table>, number: u32) -> Result<(), Error> {
        let Table { scope, name, stored, .. } = &**table;
        self.delete_all(scope.index(&stored.id, number).all()).await?;
        let _changing = self.changing.lock().await;
        let Some(table) = self.directory.get(scope, name) else { return Ok(()) };
        let mut stored = table.stored.clone();
        stored.indexes.retain(|index| index.number != number);
        stored.forget_definitions();
        self.change(&table, stored).await?;
        table.counts.forget();
        Ok(())
    }

    async fn change_index(
        &self,
        scope: &Scope,
        name: &str,
        number: u32,
        change: impl FnOnce(&mut StoredIndex),
    ) -> Result<(), Error> {
        let _changing = self.changing.lock().await;
        let Some(table) = self.directory.get(scope, name) else { return Ok(()) };
        let mut stored = table.stored.clone();
        if let Some(index) = stored.indexes.iter_mut().find(|index| index.number == number) {
            change(index);
            self.change(&table, stored).await?;
        }
        Ok(())
    }

    /// Deletes every key that begins so, piece by piece.
    async fn delete_all(&self, prefix: Bytes) -> Result<(), Error> {
        loop {
            let page = self.catalog.scan(prefix.clone(), None, PIECE_ENTRIES).await.map_err(failed)?;
            if page.entries.is_empty() {
                return Ok(());
            }
            let delete = page.entries.into_iter().map(|entry| entry.key).collect();
            let commit = Commit { delete, ..Commit::default() };
            self.catalog.commit(commit).await.map_err(failed)?;
        }
    }
}

enum Piece {
    Done,
    /// An item was written meanwhile.
    Overtaken,
    TableChanged,
}

fn next_job(table: &Table, now: Timestamp) -> Option<Job> {
    if table.stored.phase == Phase::Deleting {
        return (table.stored.settled_ms <= now.millis()).then_some(Job::Delete);
    }
    table.stored.indexes.iter().find_map(|index| match index.phase {
        IndexPhase::Filling => Some(Job::Fill(index.number)),
        IndexPhase::Deleting if index.settled_ms <= now.millis() => Some(Job::Empty(index.number)),
        _ => None,
    })
}

fn failed(error: CatalogError) -> Error {
    errors::catalog(&error)
}
