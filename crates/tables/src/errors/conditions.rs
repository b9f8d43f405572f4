//! Conditions that failed, and what is wrong with the legacy parameters.

use anabranch_api::ApiError;
use anabranch_api::dynamodb::{AttributeValue, Error};
use anabranch_wire::{Encode, Encoder, json};
use bytes::{Bytes, BytesMut};
use bytestring::ByteString;

use super::{invalid, validation};
use crate::value::Kind;

/// The item is told to who asked for it.
pub(crate) fn condition_failed(item: Option<&[(ByteString, AttributeValue)]>) -> Error {
    let sentence = CONDITION_FAILED;
    match item {
        None => Error::ConditionalCheckFailedException(sentence.into()),
        Some(item) => Error::Other(ApiError {
            members: Some(members(|e| {
                e.member("Item");
                write_item(e, item);
            })),
            ..ApiError::client("ConditionalCheckFailedException", sentence)
        }),
    }
}

/// What stands at the end of a failed condition.
pub(crate) const CONDITION_FAILED: &str = "The conditional request failed";

pub(super) fn write_item(e: &mut impl Encoder, item: &[(ByteString, AttributeValue)]) {
    e.begin_map(item.len());
    for (name, value) in item {
        e.key(name);
        value.encode(e);
    }
    e.end_map();
}

/// The inside of an object.
pub(super) fn members(write: impl FnOnce(&mut json::Encoder)) -> Bytes {
    let mut encoder = json::Encoder::new(BytesMut::new());
    encoder.begin_structure();
    write(&mut encoder);
    encoder.end_structure();
    let object = encoder.finish().freeze();
    object.slice(1..object.len() - 1)
}

pub(crate) fn mixed(expressions: &str, others: &str) -> Error {
    validation(format!(
        "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {{{}}} Expression parameters: {{{}}}",
        others, expressions
    ))
}

pub(crate) fn operator_without_expected(what: &str) -> Error {
    validation(format!("ConditionalOperator cannot be used without {what}"))
}

pub(crate) fn exists_needs_value(name: &str) -> Error {
    invalid(format_args!("Value must be provided when Exists is true for Attribute: {name}"))
}

pub(crate) fn absent_takes_no_value(name: &str) -> Error {
    invalid(format_args!("Value cannot be used when Exists is false for Attribute: {name}"))
}

pub(crate) fn exists_or_value_beside_operator(name: &str, what: &str) -> Error {
    invalid(format_args!("{what} cannot be used when ComparisonOperator is specified for Attribute: {name}"))
}

pub(crate) fn operands_without_operator(name: &str) -> Error {
    invalid(format_args!(
        "AttributeValueList can only be used with a ComparisonOperator for Attribute: {name}"
    ))
}

pub(crate) fn nothing_expected(name: &str) -> Error {
    invalid(format_args!("Value must be provided when Exists is null for Attribute: {name}"))
}

pub(crate) fn operand_count(operator: &str) -> Error {
    invalid(format_args!("Invalid number of argument(s) for the {operator} ComparisonOperator"))
}

pub(crate) fn operand_kind(operator: &str, kind: Kind) -> Error {
    invalid(format_args!(
        "ComparisonOperator {operator} is not valid for {} AttributeValue type",
        kind.code()
    ))
}

pub(crate) fn operands_differ() -> Error {
    invalid("AttributeValues inside AttributeValueList must be of same type")
}

pub(crate) fn bounds_reversed() -> Error {
    validation(
        "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound",
    )
}

pub(crate) fn only_delete_without_value() -> Error {
    invalid("Only DELETE action is allowed when no attribute value is specified")
}

pub(crate) fn action_kind(action: &str, kind: Kind) -> Error {
    let told = if action == "ADD" {
        "ADD action is not supported"
    } else {
        "DELETE action with value is not supported"
    };
    invalid(format_args!("{told} for the type {}", kind.code()))
}

pub(crate) fn update_type_mismatch() -> Error {
    validation("Type mismatch for attribute to update")
}

pub(crate) fn return_values(admitted: &str) -> Error {
    validation(format!("ReturnValues can only be {admitted}"))
}
