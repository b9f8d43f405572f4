//! A table as DescribeTable shows it.

use anabranch_api::Enumeration as _;
use anabranch_api::dynamodb::{
    AttributeDefinition, BillingMode, BillingModeSummary, GlobalSecondaryIndexDescription, IndexStatus,
    KeySchemaElement, KeyType, LocalSecondaryIndexDescription, Projection as ProjectionShown, ProjectionType,
    ProvisionedThroughputDescription, ScalarAttributeType, TableClass, TableClassSummary, TableDescription,
    TableStatus,
};
use anabranch_types::Timestamp;

use crate::directory::Table;
use crate::stored::{IndexPhase, KeyKind, KeySchema, Projection, StoredIndex, Throughput};

/// The table at this time.
pub(crate) fn description(table: &Table, now: Timestamp) -> TableDescription {
    let stored = &table.stored;
    let count = table.counts.get(0);
    let global: Vec<_> =
        stored.indexes.iter().filter(|i| !i.is_local).map(|i| global_index(table, i, now)).collect();
    let local: Vec<_> = stored.indexes.iter().filter(|i| i.is_local).map(|i| local_index(table, i)).collect();
    TableDescription {
        attribute_definitions: Some(
            stored
                .definitions
                .iter()
                .map(|d| AttributeDefinition {
                    attribute_name: d.name.as_str().into(),
                    attribute_type: scalar(d.kind),
                })
                .collect(),
        ),
        table_name: Some(table.name.as_str().into()),
        key_schema: Some(key_schema(&stored.key)),
        table_status: TableStatus::of(stored.status(now)),
        creation_date_time: Some(Timestamp::from_millis(stored.created_ms)),
        provisioned_throughput: Some(throughput(stored.throughput)),
        table_size_bytes: Some(count.bytes),
        item_count: Some(count.items),
        table_arn: Some(table.arn().into()),
        table_id: Some(uuid(&stored.id).into()),
        billing_mode_summary: stored.on_demand_since_ms.map(|since| BillingModeSummary {
            billing_mode: Some(BillingMode::PayPerRequest),
            last_update_to_pay_per_request_date_time: Some(Timestamp::from_millis(since)),
        }),
        global_secondary_indexes: (!global.is_empty()).then_some(global),
        local_secondary_indexes: (!local.is_empty()).then_some(local),
        table_class_summary: stored.infrequent_access.map(|infrequent| TableClassSummary {
            table_class: Some(if infrequent {
                TableClass::StandardInfrequentAccess
            } else {
                TableClass::Standard
            }),
            last_update_date_time: None,
        }),
        deletion_protection_enabled: Some(stored.is_protected),
        ..TableDescription::default()
    }
}

fn global_index(table: &Table, index: &StoredIndex, now: Timestamp) -> GlobalSecondaryIndexDescription {
    let count = table.counts.get(index.number);
    let status = index.status(now);
    GlobalSecondaryIndexDescription {
        index_name: Some(index.name.as_str().into()),
        key_schema: Some(key_schema(&index.key)),
        projection: Some(projection(&index.projection)),
        index_status: IndexStatus::of(status),
        backfilling: (status == "CREATING").then_some(index.phase == IndexPhase::Filling),
        provisioned_throughput: Some(throughput(index.throughput)),
        index_size_bytes: Some(count.bytes),
        item_count: Some(count.items),
        index_arn: Some(format!("{}/index/{}", table.arn(), index.name).into()),
        ..GlobalSecondaryIndexDescription::default()
    }
}

fn local_index(table: &Table, index: &StoredIndex) -> LocalSecondaryIndexDescription {
    let count = table.counts.get(index.number);
    LocalSecondaryIndexDescription {
        index_name: Some(index.name.as_str().into()),
        key_schema: Some(key_schema(&index.key)),
        projection: Some(projection(&index.projection)),
        index_size_bytes: Some(count.bytes),
        item_count: Some(count.items),
        index_arn: Some(format!("{}/index/{}", table.arn(), index.name).into()),
    }
}

fn key_schema(key: &KeySchema) -> Vec<KeySchemaElement> {
    let element =
        |name: &String, key_type| KeySchemaElement { attribute_name: name.as_str().into(), key_type };
    let range = key.range.as_ref().map(|name| element(name, KeyType::Range));
    std::iter::once(element(&key.hash, KeyType::Hash)).chain(range).collect()
}

fn projection(projection: &Projection) -> ProjectionShown {
    let (projection_type, names) = match projection {
        Projection::KeysOnly => (ProjectionType::KeysOnly, None),
        Projection::All => (ProjectionType::All, None),
        Projection::Include(names) => {
            (ProjectionType::Include, Some(names.iter().map(|name| name.as_str().into()).collect()))
        }
    };
    ProjectionShown { projection_type: Some(projection_type), non_key_attributes: names }
}

fn throughput(throughput: Throughput) -> ProvisionedThroughputDescription {
    ProvisionedThroughputDescription {
        number_of_decreases_today: Some(0),
        read_capacity_units: Some(throughput.read),
        write_capacity_units: Some(throughput.write),
        ..ProvisionedThroughputDescription::default()
    }
}

fn scalar(kind: KeyKind) -> ScalarAttributeType {
    match kind {
        KeyKind::S => ScalarAttributeType::S,
        KeyKind::N => ScalarAttributeType::N,
        KeyKind::B => ScalarAttributeType::B,
    }
}

/// A random UUID's usual text.
fn uuid(id: &[u8; 16]) -> String {
    anabranch_api::RequestId::from_random(u128::from_be_bytes(*id)).to_string()
}
