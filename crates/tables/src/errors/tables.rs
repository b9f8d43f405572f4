//! Tables, their indexes and tags.

use anabranch_api::dynamodb::Error;

use super::{INVALID, invalid, validation};

pub(crate) fn no_such_table_for_items() -> Error {
    Error::ResourceNotFoundException("Requested resource not found".into())
}

pub(crate) fn no_such_table(name: &str) -> Error {
    Error::ResourceNotFoundException(format!("Requested resource not found: Table: {name} not found").into())
}

pub(crate) fn no_such_resource(arn: &str) -> Error {
    Error::ResourceNotFoundException(
        format!("Requested resource not found: ResourcArn: {arn} not found").into(),
    )
}

pub(crate) fn table_name_length() -> Error {
    validation("TableName must be at least 3 characters long and at most 255 characters long")
}

pub(crate) fn table_name_pattern(name: &str) -> Error {
    validation(format!(
        "1 validation error detected: Value '{name}' at 'tableName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
    ))
}

pub(crate) fn table_exists(name: &str) -> Error {
    Error::ResourceInUseException(format!("Table already exists: {name}").into())
}

pub(crate) fn table_busy(name: &str, status: &str) -> Error {
    Error::ResourceInUseException(
        format!(
            "Attempt to change a resource which is still in use: Table is being {}: {name}",
            match status {
                "CREATING" => "created",
                "DELETING" => "deleted",
                _ => "updated",
            }
        )
        .into(),
    )
}

pub(crate) fn too_many_tables(max: usize) -> Error {
    Error::LimitExceededException(
        format!("Subscriber limit exceeded: There is a limit of {max} tables per subscriber").into(),
    )
}

pub(crate) fn protected() -> Error {
    validation(
        "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.",
    )
}

pub(crate) fn no_such_table_for_backups(sentence: &str) -> Error {
    Error::TableNotFoundException(sentence.replace("Requested resource not found: ", "").into())
}

pub(crate) fn no_key_schema() -> Error {
    invalid("Missing KeySchema")
}

pub(crate) fn key_schema_first() -> Error {
    validation("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
}

pub(crate) fn key_schema_second() -> Error {
    validation("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")
}

pub(crate) fn key_schema_same() -> Error {
    validation("Both the Hash Key and the Range Key element in the KeySchema have the same name")
}

pub(crate) fn undefined_keys(keys: &str, definitions: &str) -> Error {
    invalid(format_args!(
        "Some index key attributes are not defined in AttributeDefinitions. Keys: [{keys}], AttributeDefinitions: [{definitions}]"
    ))
}

pub(crate) fn unused_definitions(keys: &str, definitions: &str) -> Error {
    invalid(format_args!(
        "Some AttributeDefinitions are not used. AttributeDefinitions: [{definitions}], keys used: [{keys}]"
    ))
}

pub(crate) fn definitions_do_not_match() -> Error {
    invalid(
        "Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions",
    )
}

pub(crate) fn definition_twice(name: &str) -> Error {
    invalid(format_args!("Cannot have two attributes with the same name: {name}"))
}

pub(crate) fn throughput_missing() -> Error {
    invalid("ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED")
}

pub(crate) fn throughput_on_demand() -> Error {
    invalid(
        "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
    )
}

pub(crate) fn index_throughput_on_demand(index: &str) -> Error {
    invalid(format_args!(
        "ProvisionedThroughput should not be specified for index: {index} when BillingMode is PAY_PER_REQUEST"
    ))
}

pub(crate) fn index_throughput_missing(index: &str) -> Error {
    invalid(format_args!("ProvisionedThroughput must be specified for index: {index}"))
}

pub(crate) fn index_twice(name: &str) -> Error {
    invalid(format_args!("Duplicate index name: {name}"))
}

pub(crate) fn local_index_hash(index: &str) -> Error {
    invalid(format_args!(
        "Table KeySchema: The HASH key of the local secondary index {index} must be that of the table"
    ))
}

pub(crate) fn local_index_without_range(index: &str) -> Error {
    invalid(format_args!("Index KeySchema does not have a range key for index: {index}"))
}

pub(crate) fn local_index_of_hash_table() -> Error {
    invalid(
        "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex",
    )
}

pub(crate) fn too_many_indexes(kind: &str, count: usize, max: usize) -> Error {
    invalid(format_args!("{kind} count exceeds the per-table limit of {max}: {count}"))
}

pub(crate) fn too_many_projected(max: usize) -> Error {
    invalid(format_args!("Number of projected attributes over all secondary indexes exceeds {max}"))
}

pub(crate) fn unknown_projection() -> Error {
    invalid("Unknown ProjectionType: null")
}

pub(crate) fn projection_names(kind: &str, are_given: bool) -> Error {
    if are_given {
        invalid(format_args!("ProjectionType is {kind}, but NonKeyAttributes is specified"))
    } else {
        invalid(format_args!("ProjectionType is {kind}, but NonKeyAttributes is not specified"))
    }
}

pub(crate) fn nothing_to_update() -> Error {
    validation(
        "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required",
    )
}

pub(crate) fn throughput_unchanged(name: &str, read: i64, write: i64) -> Error {
    validation(format!(
        "The provisioned throughput for the table {name} will not change. The requested value equals the current value. Current ReadCapacityUnits provisioned for the table: {read}. Requested ReadCapacityUnits: {read}. Current WriteCapacityUnits provisioned for the table: {write}. Requested WriteCapacityUnits: {write}."
    ))
}

pub(crate) fn index_exists(name: &str) -> Error {
    validation(format!("Attempting to create an index which already exists: {name}"))
}

pub(crate) fn no_index_to_change(name: &str) -> Error {
    Error::ResourceNotFoundException(format!("Requested resource not found: Index: {name} not found").into())
}

pub(crate) fn one_index_at_a_time() -> Error {
    Error::LimitExceededException(
        "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table"
            .into(),
    )
}

pub(crate) fn index_update_of_several() -> Error {
    invalid("Only one global secondary index update per index is allowed simultaneously.")
}

pub(crate) fn duplicate_tag(key: &str) -> Error {
    validation(format!("Invalid tag: Duplicate tag key found: {key}"))
}

pub(crate) fn reserved_tag(key: &str) -> Error {
    validation(format!("Invalid tag: Tag keys starting with 'aws:' are reserved for system use: {key}"))
}

pub(crate) fn too_many_tags(max: usize) -> Error {
    validation(format!("{INVALID}Too many tags: limit is {max}"))
}

pub(crate) fn time_to_live(sentence: &str) -> Error {
    validation(sentence)
}

pub(crate) fn time_to_live_attribute(attribute: &str) -> Error {
    validation(format!(
        "TimeToLive is active on a different AttributeName: current AttributeName is {attribute}"
    ))
}
