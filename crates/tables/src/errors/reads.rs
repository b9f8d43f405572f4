//! Query and Scan.

use anabranch_api::dynamodb::Error;

use super::{invalid, validation};

pub(crate) fn no_key_condition() -> Error {
    validation(
        "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.",
    )
}

pub(crate) fn missed_key(name: &str) -> Error {
    validation(format!("Query condition missed key schema element: {name}"))
}

pub(crate) fn key_condition_unsupported() -> Error {
    validation("Query key condition not supported")
}

pub(crate) fn key_condition_operator(operator: &str) -> Error {
    validation(format!("Invalid operator used in KeyConditionExpression: {operator}"))
}

pub(crate) fn key_condition_twice() -> Error {
    validation("KeyConditionExpressions must only contain one condition per key")
}

pub(crate) fn key_condition_nested() -> Error {
    validation("KeyConditionExpressions cannot have conditions on nested attributes")
}

pub(crate) fn key_condition_type() -> Error {
    invalid("Condition parameter type does not match schema type")
}

pub(crate) fn filter_on_key(what: &str, name: &str) -> Error {
    validation(format!("{what} can only contain non-primary key attributes: Primary key attribute: {name}"))
}

pub(crate) fn consistent_on_global_index() -> Error {
    validation("Consistent reads are not supported on global secondary indexes")
}

pub(crate) fn no_such_index(name: &str) -> Error {
    validation(format!("The table does not have the specified index: {name}"))
}

pub(crate) fn index_backfilling() -> Error {
    validation("Cannot read from backfilling global secondary index")
}

pub(crate) fn total_segments_missing() -> Error {
    validation(
        "The TotalSegments parameter is required but was not present in the request when Segment parameter is present",
    )
}

pub(crate) fn segment_missing() -> Error {
    validation(
        "The Segment parameter is required but was not present in the request when parameter TotalSegments is present",
    )
}

pub(crate) fn segment_range(segment: i32, total: i32) -> Error {
    validation(format!(
        "The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: {segment} is not less than TotalSegments: {total}"
    ))
}

pub(crate) fn select_all_of_index(index: &str) -> Error {
    invalid(format_args!(
        "Select type ALL_ATTRIBUTES is not supported for global secondary index {index} because its projection type is not ALL"
    ))
}

pub(crate) fn select_projected_without_index() -> Error {
    invalid("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")
}

pub(crate) fn select_specific_of_nothing() -> Error {
    invalid(
        "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES",
    )
}

pub(crate) fn select_beside_projection(what: &str, select: &str) -> Error {
    invalid(format_args!("Cannot specify the {what} when choosing to get {select}"))
}

pub(crate) fn not_indexable() -> Error {
    validation("Attempted conditional constraint is not an indexable operation")
}

pub(crate) fn duplicate_attribute(name: &str) -> Error {
    invalid(format_args!("Duplicate value in attribute name: {name}"))
}
