//! How requests define tables and indexes.

use anabranch_api::dynamodb::{
    AttributeDefinition, BillingMode, Error, KeySchemaElement, KeyType, LocalSecondaryIndex,
    Projection as GivenProjection, ProjectionType, ProvisionedThroughput, ScalarAttributeType,
};

use crate::errors;
use crate::limits::{GLOBAL_INDEXES_MAX, LOCAL_INDEXES_MAX, PROJECTED_ATTRIBUTES_MAX};
use crate::stored::{Definition, IndexPhase, KeyKind, KeySchema, Projection, StoredIndex, Throughput};

/// A key: the partition's attribute, then perhaps one to sort by.
pub(crate) fn key_schema(given: &[KeySchemaElement]) -> Result<KeySchema, Error> {
    let (first, rest) = given.split_first().ok_or_else(errors::key_schema_first)?;
    if first.key_type != KeyType::Hash {
        return Err(errors::key_schema_first());
    }
    let range = match rest {
        [] => None,
        [range] if range.key_type == KeyType::Range => Some(range.attribute_name.to_string()),
        _ => return Err(errors::key_schema_second()),
    };
    let hash = first.attribute_name.to_string();
    if range.as_ref() == Some(&hash) {
        return Err(errors::key_schema_same());
    }
    Ok(KeySchema { hash, range })
}

pub(crate) fn definitions(given: &[AttributeDefinition]) -> Result<Vec<Definition>, Error> {
    let mut all: Vec<Definition> = Vec::with_capacity(given.len());
    for one in given {
        if all.iter().any(|known| known.name == *one.attribute_name) {
            return Err(errors::definition_twice(&one.attribute_name));
        }
        let kind = match one.attribute_type {
            ScalarAttributeType::S => KeyKind::S,
            ScalarAttributeType::N => KeyKind::N,
            ScalarAttributeType::B => KeyKind::B,
        };
        all.push(Definition { name: one.attribute_name.to_string(), kind });
    }
    Ok(all)
}

/// What is provisioned; nothing on demand.
pub(crate) fn billing(mode: BillingMode, given: Option<&ProvisionedThroughput>) -> Result<Throughput, Error> {
    match (mode, given) {
        (BillingMode::PayPerRequest, None) => Ok(Throughput::default()),
        (BillingMode::PayPerRequest, Some(_)) => Err(errors::throughput_on_demand()),
        (BillingMode::Provisioned, None) => Err(errors::throughput_missing()),
        (BillingMode::Provisioned, Some(given)) => Ok(throughput(given)),
    }
}

pub(crate) fn throughput(given: &ProvisionedThroughput) -> Throughput {
    Throughput { read: given.read_capacity_units, write: given.write_capacity_units }
}

/// A global index; its number and its phase are yet to be given.
pub(crate) fn global_index(
    name: &str,
    key: &[KeySchemaElement],
    projected: &GivenProjection,
    mode: BillingMode,
    given: Option<&ProvisionedThroughput>,
) -> Result<StoredIndex, Error> {
    let throughput = match (mode, given) {
        (BillingMode::PayPerRequest, None) => Throughput::default(),
        (BillingMode::PayPerRequest, Some(_)) => return Err(errors::index_throughput_on_demand(name)),
        (BillingMode::Provisioned, None) => return Err(errors::index_throughput_missing(name)),
        (BillingMode::Provisioned, Some(given)) => throughput(given),
    };
    Ok(StoredIndex {
        number: 0,
        name: name.to_owned(),
        key: key_schema(key)?,
        projection: projection(projected)?,
        is_local: false,
        phase: IndexPhase::Filling,
        settled_ms: 0,
        throughput,
    })
}

/// A local index of a table with this key; its number is yet to be given.
pub(crate) fn local_index(given: &LocalSecondaryIndex, table: &KeySchema) -> Result<StoredIndex, Error> {
    if table.range.is_none() {
        return Err(errors::local_index_of_hash_table());
    }
    let key = key_schema(&given.key_schema)?;
    if key.hash != table.hash {
        return Err(errors::local_index_hash(&given.index_name));
    }
    if key.range.is_none() {
        return Err(errors::local_index_without_range(&given.index_name));
    }
    Ok(StoredIndex {
        number: 0,
        name: given.index_name.to_string(),
        key,
        projection: projection(&given.projection)?,
        is_local: true,
        phase: IndexPhase::Filled,
        settled_ms: 0,
        throughput: Throughput::default(),
    })
}

fn projection(given: &GivenProjection) -> Result<Projection, Error> {
    let kind = given.projection_type.ok_or_else(errors::unknown_projection)?;
    match (kind, &given.non_key_attributes) {
        (ProjectionType::All, None) => Ok(Projection::All),
        (ProjectionType::KeysOnly, None) => Ok(Projection::KeysOnly),
        (ProjectionType::Include, Some(names)) => {
            Ok(Projection::Include(names.iter().map(ToString::to_string).collect()))
        }
        (kind, names) => Err(errors::projection_names(kind.as_str(), names.is_some())),
    }
}

/// Whether a table can have these indexes.
pub(crate) fn check_indexes(indexes: &[StoredIndex]) -> Result<(), Error> {
    for (behind, index) in indexes.iter().enumerate() {
        if indexes[..behind].iter().any(|other| other.name == index.name) {
            return Err(errors::index_twice(&index.name));
        }
    }
    let local = indexes.iter().filter(|index| index.is_local).count();
    let global = indexes.len() - local;
    if local > LOCAL_INDEXES_MAX {
        return Err(errors::too_many_indexes("LocalSecondaryIndex", local, LOCAL_INDEXES_MAX));
    }
    if global > GLOBAL_INDEXES_MAX {
        return Err(errors::too_many_indexes("GlobalSecondaryIndex", global, GLOBAL_INDEXES_MAX));
    }
    let projected = |index: &StoredIndex| match &index.projection {
        Projection::Include(names) => names.len(),
        _ => 0,
    };
    if indexes.iter().map(projected).sum::<usize>() > PROJECTED_ATTRIBUTES_MAX {
        return Err(errors::too_many_projected(PROJECTED_ATTRIBUTES_MAX));
    }
    Ok(())
}

/// Every key attribute is defined, and nothing else is.
pub(crate) fn check_definitions(
    definitions: &[Definition],
    key: &KeySchema,
    indexes: &[StoredIndex],
) -> Result<(), Error> {
    let mut used: Vec<&str> = key.names().collect();
    for name in indexes.iter().flat_map(|index| index.key.names()) {
        if !used.contains(&name) {
            used.push(name);
        }
    }
    let is_defined = |name: &str| definitions.iter().any(|d| d.name == name);
    let defined = definitions.iter().map(|d| d.name.as_str()).collect::<Vec<_>>().join(", ");
    let missing: Vec<&str> = used.iter().copied().filter(|name| !is_defined(name)).collect();
    if !missing.is_empty() {
        return Err(errors::undefined_keys(&missing.join(", "), &defined));
    }
    match (definitions.len() == used.len(), indexes.is_empty()) {
        (true, _) => Ok(()),
        (false, true) => Err(errors::definitions_do_not_match()),
        (false, false) => Err(errors::unused_definitions(&used.join(", "), &defined)),
    }
}
