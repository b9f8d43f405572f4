//! What calls consume, for requests that ask: nothing is throttled by it.

use std::collections::BTreeMap;

use anabranch_api::dynamodb::{
    Capacity, ConsumedCapacity, ItemCollectionMetrics, ReturnConsumedCapacity, ReturnItemCollectionMetrics,
};
use bytestring::ByteString;

use crate::attributes;
use crate::directory::Table;
use crate::items::Written;
use crate::stored::StoredIndex;
use crate::value::{Attributes, Value};

/// Bytes of a read unit (CapacityUnitCalculations).
const READ_BYTES: usize = 4096;
/// Bytes of a write unit (CapacityUnitCalculations).
const WRITE_BYTES: usize = 1024;

/// How reads count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    Eventual,
    Consistent,
    Transaction,
}

impl Reading {
    pub fn of(consistent: Option<bool>) -> Self {
        if consistent == Some(true) { Reading::Consistent } else { Reading::Eventual }
    }

    /// The units of so many bytes.
    pub fn units(self, bytes: usize) -> f64 {
        let units = bytes.div_ceil(READ_BYTES).max(1) as f64;
        match self {
            Reading::Eventual => units / 2.0,
            Reading::Consistent => units,
            Reading::Transaction => units * 2.0,
        }
    }
}

/// What a call consumed of one table and its indexes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Consumption {
    table: f64,
    indexes: BTreeMap<(bool, String), f64>,
}

impl Consumption {
    /// A read of the table, or of an index of it.
    pub fn read(&mut self, index: Option<&StoredIndex>, units: f64) {
        match index {
            None => self.table += units,
            Some(index) => *self.index(index) += units,
        }
    }

    fn index(&mut self, index: &StoredIndex) -> &mut f64 {
        self.indexes.entry((index.is_local, index.name.clone())).or_default()
    }

    /// A write, which counts by the greater of what was there and what is.
    pub fn wrote(&mut self, written: &Written, factor: f64) {
        self.table += factor * written.bytes.div_ceil(WRITE_BYTES).max(1) as f64;
        for (place, bytes) in &written.index_bytes {
            let index = &written.table.stored.indexes[*place];
            *self.index(index) += factor * bytes.div_ceil(WRITE_BYTES).max(1) as f64;
        }
    }

    /// As the request wants to be told; none if it does not.
    pub fn told(&self, table: &str, asked: Option<ReturnConsumedCapacity>) -> Option<ConsumedCapacity> {
        let asked = asked.filter(|asked| *asked != ReturnConsumedCapacity::None)?;
        let total = self.table + self.indexes.values().sum::<f64>();
        let mut told = ConsumedCapacity {
            table_name: Some(table.into()),
            capacity_units: Some(total),
            ..ConsumedCapacity::default()
        };
        if asked == ReturnConsumedCapacity::Indexes {
            told.table = Some(capacity(self.table));
            told.global_secondary_indexes = self.of_kind(false);
            told.local_secondary_indexes = self.of_kind(true);
        }
        Some(told)
    }

    fn of_kind(&self, local: bool) -> Option<Vec<(ByteString, Capacity)>> {
        let of_kind = self.indexes.iter().filter(|((is_local, _), _)| *is_local == local);
        let told: Vec<_> =
            of_kind.map(|((_, name), units)| (name.as_str().into(), capacity(*units))).collect();
        (!told.is_empty()).then_some(told)
    }
}

/// What a call consumed of several tables, by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Consumptions(BTreeMap<String, Consumption>);

impl Consumptions {
    pub fn of(&mut self, table: &str) -> &mut Consumption {
        self.0.entry(table.to_owned()).or_default()
    }

    pub fn told(&self, asked: Option<ReturnConsumedCapacity>) -> Option<Vec<ConsumedCapacity>> {
        asked.filter(|asked| *asked != ReturnConsumedCapacity::None)?;
        Some(self.0.iter().filter_map(|(table, consumed)| consumed.told(table, asked)).collect())
    }
}

/// The collections that writes are in, by table, each once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Collections(Vec<(ByteString, Vec<ItemCollectionMetrics>)>);

impl Collections {
    pub fn note(&mut self, table: &str, metrics: Option<ItemCollectionMetrics>) {
        let Some(metrics) = metrics else { return };
        match self.0.iter_mut().find(|(name, _)| **name == *table) {
            Some((_, known)) if known.contains(&metrics) => {}
            Some((_, known)) => known.push(metrics),
            None => self.0.push((table.into(), vec![metrics])),
        }
    }

    /// None if there are none.
    pub fn told(self) -> Option<Vec<(ByteString, Vec<ItemCollectionMetrics>)>> {
        (!self.0.is_empty()).then_some(self.0)
    }
}

fn capacity(units: f64) -> Capacity {
    Capacity { capacity_units: Some(units), ..Capacity::default() }
}

/// The size of the collection that the item is in, of tables with local indexes: always the first of AWS's ranges, for nothing is
/// limited by it here.
pub(crate) fn collection(
    table: &Table,
    item: &Attributes,
    asked: Option<ReturnItemCollectionMetrics>,
) -> Option<ItemCollectionMetrics> {
    let has_collections = table.stored.indexes.iter().any(|index| index.is_local);
    if asked != Some(ReturnItemCollectionMetrics::Size) || !has_collections {
        return None;
    }
    let hash: &Value = item.get(table.stored.key.hash.as_str())?;
    let key = vec![(table.stored.key.hash.as_str().into(), attributes::write(hash))];
    Some(ItemCollectionMetrics {
        item_collection_key: Some(key),
        size_estimate_range_gb: Some(vec![0.0, 1.0]),
    })
}
