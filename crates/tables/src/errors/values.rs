//! Values and keys.

use anabranch_api::dynamodb::Error;

use super::{invalid, validation};
use crate::number::NotNumber;
use crate::value::Kind;

pub(crate) fn too_deep() -> Error {
    validation(
        "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit",
    )
}

pub(crate) fn null_must_be_true() -> Error {
    invalid("Null attribute value types must have the value of true")
}

pub(crate) fn empty_value() -> Error {
    validation("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
}

pub(crate) fn ambiguous_value() -> Error {
    validation(
        "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes",
    )
}

pub(crate) fn not_a_number(why: NotNumber, text: &str) -> Error {
    match why {
        NotNumber::Text if text.is_empty() => {
            validation("The parameter cannot be converted to a numeric value")
        }
        NotNumber::Text => {
            validation(format!("The parameter cannot be converted to a numeric value: {text}"))
        }
        NotNumber::Digits => validation("Attempting to store more than 38 significant digits in a Number"),
        NotNumber::Overflow => number_overflow(),
        NotNumber::Underflow => validation(
            "Number underflow. Attempting to store a number with magnitude smaller than supported range",
        ),
    }
}

pub(crate) fn number_overflow() -> Error {
    validation("Number overflow. Attempting to store a number with magnitude larger than supported range")
}

pub(crate) fn empty_set(named: &str) -> Error {
    invalid(format_args!("{named} may not be empty"))
}

pub(crate) fn empty_binary_set() -> Error {
    invalid("Binary sets should not be empty")
}

pub(crate) fn duplicates(shown: &str) -> Error {
    invalid(format_args!("Input collection [{shown}] contains duplicates."))
}

pub(crate) fn item_too_large() -> Error {
    validation("Item size has exceeded the maximum allowed size")
}

pub(crate) fn updated_item_too_large() -> Error {
    validation("Item size to update has exceeded the maximum allowed size")
}

pub(crate) fn missing_key(name: &str) -> Error {
    invalid(format_args!("Missing the key {name} in the item"))
}

pub(crate) fn key_type(name: &str, expected: Kind, actual: Kind) -> Error {
    invalid(format_args!(
        "Type mismatch for key {name} expected: {} actual: {}",
        expected.code(),
        actual.code()
    ))
}

pub(crate) fn index_key_type(name: &str, index: &str, expected: Kind, actual: Kind) -> Error {
    invalid(format_args!(
        "Type mismatch for Index Key {name} Expected: {} Actual: {} IndexName: {index}",
        expected.code(),
        actual.code()
    ))
}

pub(crate) fn empty_key(name: &str, kind: Kind) -> Error {
    let what = if kind == Kind::B { "binary" } else { "string" };
    validation(format!(
        "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty {what} value. Key: {name}"
    ))
}

pub(crate) fn empty_index_key(name: &str, index: &str, kind: Kind) -> Error {
    let what = if kind == Kind::B { "binary" } else { "string" };
    validation(format!(
        "One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty {what} value. IndexName: {index}, IndexKey: {name}"
    ))
}

pub(crate) fn key_schema() -> Error {
    validation("The provided key element does not match the schema")
}

pub(crate) fn key_count() -> Error {
    validation("The number of conditions on the keys is invalid")
}

pub(crate) fn hash_key_too_long() -> Error {
    invalid("Size of hashkey has exceeded the maximum size limit of2048 bytes")
}

pub(crate) fn range_key_too_long() -> Error {
    invalid("Aggregated size of all range keys has exceeded the size limit of 1024 bytes")
}

/// Ours: what stands in the catalog's keys.
pub(crate) fn range_key_beyond_catalog(max: usize) -> Error {
    invalid(format_args!("Aggregated size of all range keys has exceeded the size limit of {max} bytes"))
}

pub(crate) fn key_updated(name: &str) -> Error {
    invalid(format_args!("Cannot update attribute {name}. This attribute is part of the key"))
}

pub(crate) fn start_key() -> Error {
    validation("The provided starting key is invalid")
}

pub(crate) fn start_key_schema() -> Error {
    validation("The provided starting key is invalid: The provided key element does not match the schema")
}

pub(crate) fn start_key_outside() -> Error {
    validation("The provided starting key is outside query boundaries based on provided conditions")
}

pub(crate) fn start_key_segment() -> Error {
    validation("The provided Exclusive start key is not within the segment")
}

pub(crate) fn duplicate_keys() -> Error {
    validation("Provided list of item keys contains duplicates")
}
