//! What Query and Scan have in common: a table or an index of it, read in pages, filtered and shown.

use std::sync::Arc;

use anabranch_api::Context;
use anabranch_api::dynamodb::{ConsumedCapacity, Error, ReturnConsumedCapacity, Select};

use crate::Tables;
use crate::attributes::write_all;
use crate::capacity::{Consumption, Reading};
use crate::condition::Condition;
use crate::directory::Table;
use crate::errors;
use crate::keys::{IndexKeys, ItemKey, key_values};
use crate::page::{Extent, Walk};
use crate::path::{Path, project};
use crate::projection::Projecting;
use crate::resolve::table_name;
use crate::service;
use crate::stored::{KeySchema, Projection, StoredIndex};
use crate::value::Attributes;

/// An item as an answer gives it.
pub(crate) type Shown = Vec<(bytestring::ByteString, anabranch_api::dynamodb::AttributeValue)>;

/// What is read: a table, or an index of it.
pub(crate) struct Source {
    pub table: Arc<Table>,
    pub index: Option<StoredIndex>,
}

/// What of the items is shown.
pub(crate) enum View {
    /// Everything there is.
    Whole,
    /// What the index projects.
    Projected,
    Parts(Vec<Path>),
    /// How many there are.
    Count,
}

/// How a request wants to read.
pub(crate) struct Query {
    pub walk: Walk,
    pub filter: Option<Condition>,
    pub view: View,
    pub limit: Option<i32>,
    pub reading: Reading,
    pub consumed: Option<ReturnConsumedCapacity>,
}

/// A page as an answer gives it.
pub(crate) struct Answer {
    pub items: Option<Vec<Shown>>,
    pub count: i32,
    pub scanned_count: i32,
    pub last_evaluated_key: Option<Shown>,
    pub consumed_capacity: Option<ConsumedCapacity>,
}

impl Tables {
    /// What a request reads, that can be read so.
    pub(crate) fn source(
        &self,
        cx: &Context,
        table: &str,
        index: Option<&str>,
        consistent: Option<bool>,
    ) -> Result<Source, Error> {
        let table = self.open_table(&service::scope(cx), &table_name(cx, table)?)?;
        let index = index.map(|name| self.open_index(&table.stored, name)).transpose()?.cloned();
        if consistent == Some(true) && index.as_ref().is_some_and(|index| !index.is_local) {
            return Err(errors::consistent_on_global_index());
        }
        Ok(Source { table, index })
    }

    /// Reads a page.
    pub(crate) async fn read_page(
        &self,
        cx: &Context,
        source: &Source,
        query: Query,
    ) -> Result<Answer, Error> {
        let Query { walk, filter, view, limit, reading, consumed } = query;
        let page = self.evaluate(walk, Extent::new(limit, cx.room)).await?;
        let last = page.items.last().filter(|_| page.is_cut).map(|item| write_all(&source.key_of(item)));
        let scanned_count = page.items.len();
        let passes = |item: &Attributes| filter.as_ref().is_none_or(|filter| filter.holds(item));
        let kept: Vec<Attributes> = page.items.into_iter().filter(passes).collect();
        let count = kept.len();
        let items = match view {
            View::Count => None,
            view => Some(kept.into_iter().map(|item| source.show(item, &view)).collect()),
        };
        let mut consumption = Consumption::default();
        consumption.read(source.index.as_ref(), reading.units(page.bytes));
        Ok(Answer {
            items,
            count: i32::try_from(count).unwrap_or(i32::MAX),
            scanned_count: i32::try_from(scanned_count).unwrap_or(i32::MAX),
            last_evaluated_key: last,
            consumed_capacity: consumption.told(&source.table.name, consumed),
        })
    }
}

impl Source {
    /// The key that is read by.
    pub fn key(&self) -> &KeySchema {
        self.index.as_ref().map_or(&self.table.stored.key, |index| &index.key)
    }

    pub fn keys(&self) -> IndexKeys {
        let number = self.index.as_ref().map_or(0, |index| index.number);
        self.table.scope.index(&self.table.stored.id, number)
    }

    /// The names that a place in it is made of: the index's key and the table's.
    fn place_names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.key().names().chain(self.table.stored.key.names()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    fn key_of(&self, item: &Attributes) -> Attributes {
        let names = self.place_names().into_iter();
        names.filter_map(|name| Some((name.into(), item.get(name)?.clone()))).collect()
    }

    /// Where the item with these keys stands, which a request names to go on behind it.
    pub fn place(&self, start: &Attributes) -> Result<ItemKey, Error> {
        let stored = &self.table.stored;
        let names = self.place_names();
        let is_of_kind = |name: &&str| {
            start.get(*name).is_some_and(|v| stored.kind_of(name).is_some_and(|k| k.kind() == v.kind()))
        };
        if start.len() != names.len() {
            return Err(errors::start_key());
        }
        if !names.iter().all(is_of_kind) {
            return Err(errors::start_key_schema());
        }
        let primary = stored.item_key(&self.table.scope, start)?;
        match &self.index {
            None => Ok(primary),
            Some(index) => {
                let (hash, range) = key_values(&index.key, start).ok_or_else(errors::start_key_schema)?;
                Ok(self.keys().entry(hash, range, &primary))
            }
        }
    }

    /// What a request wants to see.
    pub fn view(
        &self,
        select: Option<Select>,
        projecting: Projecting<'_>,
        paths: Option<Vec<Path>>,
    ) -> Result<View, Error> {
        let parameter =
            if projecting.expression.is_some() { "ProjectionExpression" } else { "AttributesToGet" };
        match (select, paths) {
            (None | Some(Select::SpecificAttributes), Some(paths)) => Ok(View::Parts(paths)),
            (Some(Select::SpecificAttributes), None) => Err(errors::select_specific_of_nothing()),
            (Some(other), Some(_)) => Err(errors::select_beside_projection(parameter, other.as_str())),
            (Some(Select::Count), None) => Ok(View::Count),
            (Some(Select::AllProjectedAttributes), None) if self.index.is_none() => {
                Err(errors::select_projected_without_index())
            }
            (Some(Select::AllAttributes), None) => match &self.index {
                Some(index) if !index.is_local && index.projection != Projection::All => {
                    Err(errors::select_all_of_index(&index.name))
                }
                _ => Ok(View::Whole),
            },
            (None | Some(Select::AllProjectedAttributes), None) => {
                Ok(if self.index.is_some() { View::Projected } else { View::Whole })
            }
        }
    }

    fn show(&self, item: Attributes, view: &View) -> Shown {
        match (view, &self.index) {
            (View::Parts(paths), _) => write_all(&project(&item, paths)),
            // A global index keeps no more than it projects.
            (View::Projected, Some(index)) if index.is_local => {
                write_all(&index.projected(&self.table.stored, &item))
            }
            _ => write_all(&item),
        }
    }
}
