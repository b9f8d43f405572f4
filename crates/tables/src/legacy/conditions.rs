//! Comparison operators with their operands.

use anabranch_api::dynamodb::{
    AttributeValue, ComparisonOperator, Condition as Given, ConditionalOperator, Error,
};
use bytestring::ByteString;

use crate::attributes;
use crate::condition::{Comparison, Condition, Operand};
use crate::errors;
use crate::path::Path;
use crate::value::{Kind, Value};

/// Conditions on attributes, by name.
pub(crate) type Conditions = Vec<(String, Condition)>;

/// A QueryFilter, a ScanFilter or KeyConditions.
pub(crate) fn conditions(given: &[(ByteString, Given)]) -> Result<Conditions, Error> {
    given
        .iter()
        .map(|(name, given)| {
            let operands = given.attribute_value_list.as_deref().unwrap_or_default();
            Ok((name.to_string(), compare(name, given.comparison_operator, operands)?))
        })
        .collect()
}

/// What filters, if anything does; `what` is the parameter's name.
pub(crate) fn filter(
    given: Option<&[(ByteString, Given)]>,
    operator: Option<ConditionalOperator>,
    what: &str,
) -> Result<Option<Condition>, Error> {
    let given = given.unwrap_or_default();
    if given.is_empty() {
        return if operator.is_some() { Err(errors::operator_without_expected(what)) } else { Ok(None) };
    }
    let all = conditions(given)?.into_iter().map(|(_, condition)| condition).collect();
    Ok(Some(joined(all, operator)))
}

/// All of them, or any of them where the request says so.
pub(super) fn joined(conditions: Vec<Condition>, operator: Option<ConditionalOperator>) -> Condition {
    match operator {
        Some(ConditionalOperator::Or) => Condition::Any(conditions),
        _ => Condition::All(conditions),
    }
}

/// The condition that this operator makes of an attribute.
pub(super) fn compare(
    name: &str,
    operator: ComparisonOperator,
    operands: &[AttributeValue],
) -> Result<Condition, Error> {
    let values = operands.iter().map(attributes::read).collect::<Result<Vec<Value>, Error>>()?;
    check(operator, &values)?;
    let path = Path::attribute(name);
    let attribute = Operand::Path(path.clone());
    let mut values = values.into_iter();
    let mut value = || values.next().map(Operand::Value);
    let comparison = |comparison| {
        let attribute = attribute.clone();
        move |value| Condition::Compare(attribute, comparison, value)
    };
    let made = match operator {
        ComparisonOperator::Null => Some(Condition::Missing(path)),
        ComparisonOperator::NotNull => Some(Condition::Exists(path)),
        ComparisonOperator::Eq => value().map(comparison(Comparison::Equal)),
        ComparisonOperator::Ne => value().map(comparison(Comparison::Unequal)),
        ComparisonOperator::Lt => value().map(comparison(Comparison::Less)),
        ComparisonOperator::Le => value().map(comparison(Comparison::LessOrEqual)),
        ComparisonOperator::Gt => value().map(comparison(Comparison::Greater)),
        ComparisonOperator::Ge => value().map(comparison(Comparison::GreaterOrEqual)),
        ComparisonOperator::Contains => value().map(|part| Condition::Contains(attribute, part)),
        // Of an absent attribute it does not hold, unlike NE.
        ComparisonOperator::NotContains => value().map(|part| {
            let contains = Condition::Contains(attribute, part);
            Condition::All(vec![Condition::Exists(path), Condition::Not(Box::new(contains))])
        }),
        ComparisonOperator::BeginsWith => value().map(|start| Condition::BeginsWith(attribute, start)),
        ComparisonOperator::Between => {
            value().zip(value()).map(|(low, high)| Condition::Between(attribute, low, high))
        }
        ComparisonOperator::In => Some(Condition::In(attribute, values.map(Operand::Value).collect())),
    };
    made.ok_or_else(|| errors::operand_count(operator.as_str()))
}

/// Whether the operator takes these operands.
fn check(operator: ComparisonOperator, values: &[Value]) -> Result<(), Error> {
    let text = operator.as_str();
    let count_fits = match operator {
        ComparisonOperator::Null | ComparisonOperator::NotNull => values.is_empty(),
        ComparisonOperator::Between => values.len() == 2,
        ComparisonOperator::In => !values.is_empty(),
        _ => values.len() == 1,
    };
    if !count_fits {
        return Err(errors::operand_count(text));
    }
    let admits: fn(Kind) -> bool = match operator {
        ComparisonOperator::Null
        | ComparisonOperator::NotNull
        | ComparisonOperator::Eq
        | ComparisonOperator::Ne => |_| true,
        ComparisonOperator::BeginsWith => |kind| matches!(kind, Kind::S | Kind::B),
        ComparisonOperator::Contains | ComparisonOperator::NotContains => {
            |kind| matches!(kind, Kind::S | Kind::N | Kind::B | Kind::Bool | Kind::Null)
        }
        _ => Kind::is_ordered,
    };
    if let Some(value) = values.iter().find(|value| !admits(value.kind())) {
        return Err(errors::operand_kind(text, value.kind()));
    }
    if values.windows(2).any(|pair| pair[0].kind() != pair[1].kind()) {
        return Err(errors::operands_differ());
    }
    let is_reversed = |low: &Value, high: &Value| low.order(high).is_some_and(|order| order.is_gt());
    match values {
        [low, high] if operator == ComparisonOperator::Between && is_reversed(low, high) => {
            Err(errors::bounds_reversed())
        }
        _ => Ok(()),
    }
}
