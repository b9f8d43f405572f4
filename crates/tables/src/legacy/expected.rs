//! `Expected`: what must hold of an item for a write to happen.

use anabranch_api::dynamodb::{ConditionalOperator, Error, ExpectedAttributeValue};
use bytestring::ByteString;

use super::conditions::{compare, joined};
use crate::attributes;
use crate::condition::{Comparison, Condition, Operand};
use crate::errors;
use crate::path::Path;

/// The condition, if there is any.
pub(crate) fn expected(
    given: Option<&[(ByteString, ExpectedAttributeValue)]>,
    operator: Option<ConditionalOperator>,
) -> Result<Option<Condition>, Error> {
    let given = given.unwrap_or_default();
    if given.is_empty() {
        return if operator.is_some() {
            Err(errors::operator_without_expected("Expected"))
        } else {
            Ok(None)
        };
    }
    let all = given.iter().map(|(name, one)| condition(name, one)).collect::<Result<Vec<_>, Error>>()?;
    Ok(Some(joined(all, operator)))
}

fn condition(name: &str, given: &ExpectedAttributeValue) -> Result<Condition, Error> {
    if let Some(operator) = given.comparison_operator {
        if given.exists.is_some() {
            return Err(errors::exists_or_value_beside_operator(name, "Exists"));
        }
        if given.value.is_some() {
            return Err(errors::exists_or_value_beside_operator(name, "Value"));
        }
        return compare(name, operator, given.attribute_value_list.as_deref().unwrap_or_default());
    }
    if given.attribute_value_list.is_some() {
        return Err(errors::operands_without_operator(name));
    }
    let path = Path::attribute(name);
    match (given.exists, &given.value) {
        (Some(false), None) => Ok(Condition::Missing(path)),
        (Some(false), Some(_)) => Err(errors::absent_takes_no_value(name)),
        (Some(true), None) => Err(errors::exists_needs_value(name)),
        (None, None) => Err(errors::nothing_expected(name)),
        (_, Some(value)) => {
            let value = Operand::Value(attributes::read(value)?);
            Ok(Condition::Compare(Operand::Path(path), Comparison::Equal, value))
        }
    }
}
