//! What a table demands of its items' keys, and what its indexes show of them.

use anabranch_api::dynamodb::Error;

use crate::errors;
use crate::keys::{ItemKey, RANGE_BYTES_MAX, Scope, key_values, ordered};
use crate::stored::{KeySchema, Projection, StoredIndex, StoredTable};
use crate::text::Text;
use crate::value::{Attributes, Kind, Value, size_of};

/// AWS (ServiceQuotas): an item, names included.
pub(crate) const ITEM_BYTES_MAX: usize = 400 * 1024;
/// AWS (ServiceQuotas): a partition key.
const HASH_BYTES_MAX: usize = 2048;
/// AWS (ServiceQuotas): a sort key.
const RANGE_BYTES_AWS_MAX: usize = 1024;

impl StoredTable {
    /// The primary key of an item that a request puts, which must be whole and of the right kinds; its index keys must be of theirs.
    pub fn check_item(&self, item: &Attributes) -> Result<(), Error> {
        for name in self.key.names() {
            let value = item.get(name).ok_or_else(|| errors::missing_key(name))?;
            self.check_kind(name, value, errors::key_type)?;
        }
        self.check_primary(item)?;
        self.check_indexes(item)?;
        if size_of(item) > ITEM_BYTES_MAX {
            return Err(errors::item_too_large());
        }
        Ok(())
    }

    /// A primary key as a request gives it: its attributes and no others.
    pub fn check_key(&self, key: &Attributes) -> Result<(), Error> {
        if key.len() != self.key.names().count() {
            return Err(errors::key_count());
        }
        for name in self.key.names() {
            let value = key.get(name).ok_or_else(errors::key_schema)?;
            self.check_kind(name, value, |_, _, _| errors::key_schema())?;
        }
        self.check_primary(key)
    }

    fn check_kind(
        &self,
        name: &str,
        value: &Value,
        refuse: impl Fn(&str, Kind, Kind) -> Error,
    ) -> Result<(), Error> {
        match self.kind_of(name) {
            Some(kind) if kind.kind() != value.kind() => Err(refuse(name, kind.kind(), value.kind())),
            _ => Ok(()),
        }
    }

    fn check_primary(&self, item: &Attributes) -> Result<(), Error> {
        for name in self.key.names() {
            let value = item.get(name).filter(|value| is_empty(value));
            if let Some(value) = value {
                return Err(errors::empty_key(name, value.kind()));
            }
        }
        check_lengths(&self.key, item)
    }

    /// The key attributes of indexes, as far as the item has them.
    pub fn check_indexes(&self, item: &Attributes) -> Result<(), Error> {
        for index in &self.indexes {
            for name in index.key.names().filter(|name| !self.key.has(name)) {
                let Some(value) = item.get(name) else { continue };
                self.check_kind(name, value, |name, expected, actual| {
                    errors::index_key_type(name, &index.name, expected, actual)
                })?;
                if is_empty(value) {
                    return Err(errors::empty_index_key(name, &index.name, value.kind()));
                }
            }
            if key_values(&index.key, item).is_some() {
                check_lengths(&index.key, item)?;
            }
        }
        Ok(())
    }

    /// Whether the key attributes of an item that was written before there was an index are what the index takes.
    fn can_index(&self, key: &KeySchema, item: &Attributes) -> bool {
        let fits = |name: &str| {
            let kind = self.kind_of(name).map(|kind| kind.kind());
            item.get(name).is_some_and(|value| kind == Some(value.kind()) && !is_empty(value))
        };
        key.names().all(fits) && check_lengths(key, item).is_ok()
    }

    /// Where an item with this primary key stands.
    pub fn item_key(&self, scope: &Scope, item: &Attributes) -> Result<ItemKey, Error> {
        let (hash, range) = key_values(&self.key, item).ok_or_else(errors::key_schema)?;
        Ok(scope.item(&self.id, hash, range))
    }

    /// The primary key's attributes of an item.
    pub fn key_of(&self, item: &Attributes) -> Attributes {
        let names = self.key.names();
        names.filter_map(|name| Some((name.into(), item.get(name)?.clone()))).collect()
    }
}

impl StoredIndex {
    /// Where the item stands in the index, and what the index keeps of it; none if it is not in it.
    pub fn entry(
        &self,
        scope: &Scope,
        table: &StoredTable,
        primary: &ItemKey,
        item: &Attributes,
    ) -> Option<(ItemKey, Attributes)> {
        let (hash, range) = key_values(&self.key, item)?;
        if !table.can_index(&self.key, item) {
            return None;
        }
        let key = scope.index(&table.id, self.number).entry(hash, range, primary);
        Some((key, self.kept(table, item)))
    }

    /// A local index keeps everything, because a query of it may ask for what it does not project.
    fn kept(&self, table: &StoredTable, item: &Attributes) -> Attributes {
        if self.is_local { item.clone() } else { self.projected(table, item) }
    }

    /// Whether two items with one primary key have the same entry.
    pub fn keeps_the_same(&self, table: &StoredTable, before: &Attributes, after: &Attributes) -> bool {
        if self.is_local { before == after } else { self.shown(table, before).eq(self.shown(table, after)) }
    }

    /// What the index shows of an item.
    pub fn projected(&self, table: &StoredTable, item: &Attributes) -> Attributes {
        self.shown(table, item).map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    fn shown<'a>(
        &'a self,
        table: &'a StoredTable,
        item: &'a Attributes,
    ) -> impl Iterator<Item = (&'a Text, &'a Value)> {
        let shows = |name: &str| match &self.projection {
            Projection::All => true,
            Projection::KeysOnly => false,
            Projection::Include(names) => names.iter().any(|n| n == name),
        };
        item.iter().filter(move |(name, _)| self.key.has(name) || table.key.has(name) || shows(name))
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::S(text) => text.is_empty(),
        Value::B(bytes) => bytes.is_empty(),
        _ => false,
    }
}

fn check_lengths(key: &KeySchema, item: &Attributes) -> Result<(), Error> {
    let Some((hash, range)) = key_values(key, item) else { return Ok(()) };
    if hash.size() > HASH_BYTES_MAX {
        return Err(errors::hash_key_too_long());
    }
    if let Some(range) = range {
        if range.size() > RANGE_BYTES_AWS_MAX {
            return Err(errors::range_key_too_long());
        }
        if ordered(range).len() > RANGE_BYTES_MAX {
            return Err(errors::range_key_beyond_catalog(RANGE_BYTES_MAX));
        }
    }
    Ok(())
}
