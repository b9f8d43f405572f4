//! A commit in the making: what writes put and delete, in the table and its indexes, and what they expect.

use std::sync::Arc;

use anabranch_catalog::{Commit, Expect, Value as _};

use crate::counts::Count;
use crate::directory::Table;
use crate::hot::Held;
use crate::items::{Token, Written};
use crate::keys::{ItemKey, Scope};
use crate::value::{Attributes, size_of};

/// What a write makes of its item.
pub(crate) enum Change {
    Keep,
    Put(Attributes),
    Delete,
}

/// What a commit takes away from a table's index, and puts into it.
pub(crate) struct Counted {
    pub table: Arc<Table>,
    pub index: u32,
    pub gone: Option<Count>,
    pub come: Option<Count>,
}

/// A commit in the making.
pub(crate) struct Draft<'a> {
    scope: &'a Scope,
    pub commit: Commit,
    /// The tables whose versions are the first expectations.
    pub tables: Vec<Arc<Table>>,
    /// Whether the version of a token is the expectation after those.
    pub has_token: bool,
    pub counted: Vec<Counted>,
    /// The items, as they are then.
    pub changed: Vec<(ItemKey, Option<Arc<Attributes>>)>,
}

impl<'a> Draft<'a> {
    pub fn new(scope: &'a Scope, token: Option<&Token>) -> Self {
        let mut draft = Self {
            scope,
            commit: Commit::default(),
            tables: Vec::new(),
            has_token: token.is_some(),
            counted: Vec::new(),
            changed: Vec::new(),
        };
        if let Some(token) = token {
            draft.commit.expect.push(match token.expired {
                None => Expect::Absent(token.key.clone()),
                Some(version) => Expect::Version(token.key.clone(), version),
            });
            draft.commit.put.push((token.key.clone(), token.stored.to_bytes()));
        }
        draft
    }

    fn expect_table(&mut self, table: &Arc<Table>) {
        if !self.tables.iter().any(|known| known.name == table.name) {
            let expected = Expect::Version(table.key.clone(), table.version);
            self.commit.expect.insert(self.tables.len(), expected);
            self.tables.push(Arc::clone(table));
        }
    }

    pub fn add(&mut self, table: Arc<Table>, key: ItemKey, before: Option<Held>, change: Change) -> Written {
        self.expect_table(&table);
        self.commit.expect.push(match &before {
            None => Expect::Absent(key.0.clone()),
            Some(held) => Expect::Version(key.0.clone(), held.version),
        });
        let before = before.map(|held| held.item);
        let bytes_of = |item: &Option<Arc<Attributes>>| item.as_deref().map(size_of);
        let gone = bytes_of(&before);
        let after = match change {
            Change::Keep => {
                let (after, bytes) = (before.clone(), gone.unwrap_or_default());
                return Written { table, before, after, bytes, index_bytes: Vec::new() };
            }
            Change::Put(item) => {
                self.commit.put.push((key.0.clone(), item.to_bytes()));
                Some(Arc::new(item))
            }
            Change::Delete => {
                self.commit.delete.push(key.0.clone());
                None
            }
        };
        let come = bytes_of(&after);
        let bytes = gone.max(come).unwrap_or_default();
        let (gone, come) = (gone.map(Count::of), come.map(Count::of));
        self.counted.push(Counted { table: Arc::clone(&table), index: 0, gone, come });
        let index_bytes = self.add_indexes(&table, &key, before.as_deref(), after.as_deref());
        self.changed.push((key, after.clone()));
        Written { table, before, after, bytes, index_bytes }
    }

    /// Moves the item's entries in every index that is kept.
    fn add_indexes(
        &mut self,
        table: &Arc<Table>,
        key: &ItemKey,
        before: Option<&Attributes>,
        after: Option<&Attributes>,
    ) -> Vec<(usize, usize)> {
        let mut bytes = Vec::new();
        for (place, index) in table.stored.indexes.iter().enumerate().filter(|(_, index)| index.is_kept()) {
            // What renews a lease touches nothing of its index by owner.
            if let (Some(before), Some(after)) = (before, after)
                && index.keeps_the_same(&table.stored, before, after)
            {
                continue;
            }
            let entry = |item: Option<&Attributes>| index.entry(self.scope, &table.stored, key, item?);
            let (gone, come) = (entry(before), entry(after));
            if gone == come {
                continue;
            }
            if let Some((gone, item)) = &gone
                && come.as_ref().is_none_or(|(come, _)| come != gone)
            {
                self.commit.delete.push(gone.0.clone());
                bytes.push((place, size_of(item)));
            }
            if let Some((come, item)) = &come {
                self.commit.put.push((come.0.clone(), item.to_bytes()));
                bytes.push((place, size_of(item)));
            }
            let count = |entry: &Option<(ItemKey, Attributes)>| {
                entry.as_ref().map(|(_, item)| Count::of(size_of(item)))
            };
            let (gone, come) = (count(&gone), count(&come));
            self.counted.push(Counted { table: Arc::clone(table), index: index.number, gone, come });
        }
        bytes
    }
}
