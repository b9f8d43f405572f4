//! What requests have in common: conditions in either form, what is returned.

use anabranch_api::dynamodb::{
    ConditionalOperator, Error, ExpectedAttributeValue, ReturnValuesOnConditionCheckFailure,
};
use bytestring::ByteString;

use crate::condition::Condition;
use crate::errors::{self, Place};
use crate::expression::{self, Placeholders};
use crate::legacy;

/// The condition of a write, in one form or the other.
#[derive(Clone, Copy, Default)]
pub(crate) struct Conditional<'a> {
    pub expression: Option<&'a str>,
    pub expected: Option<&'a [(ByteString, ExpectedAttributeValue)]>,
    pub operator: Option<ConditionalOperator>,
}

/// Parameters of the two forms must not stand beside each other: each with whether it is there.
pub(crate) fn check_forms(expressions: &[(&str, bool)], others: &[(&str, bool)]) -> Result<(), Error> {
    let named = |all: &[(&'_ str, bool)]| -> Vec<String> {
        all.iter().filter(|(_, given)| *given).map(|(name, _)| (*name).to_owned()).collect()
    };
    let (expressions, others) = (named(expressions), named(others));
    if expressions.is_empty() || others.is_empty() {
        return Ok(());
    }
    let texts = |all: &[String]| all.join(", ");
    Err(errors::mixed(&texts(&expressions), &texts(&others)))
}

/// A condition that is an expression alone.
pub(crate) fn condition(
    place: Place,
    source: Option<&str>,
    placeholders: &Placeholders,
) -> Result<Option<Condition>, Error> {
    source.map(|source| expression::condition(place, source, placeholders)).transpose()
}

impl Conditional<'_> {
    /// The condition, if there is any; the forms were told apart before.
    pub fn read(self, placeholders: &Placeholders) -> Result<Option<Condition>, Error> {
        match self.expression {
            Some(source) => expression::condition(Place::Condition, source, placeholders).map(Some),
            None => legacy::expected(self.expected, self.operator),
        }
    }

    /// Its legacy parameters, each with whether it is there.
    pub fn others(self) -> [(&'static str, bool); 2] {
        [("Expected", self.expected.is_some()), ("ConditionalOperator", self.operator.is_some())]
    }
}

/// Whether a failed condition tells the item.
pub(crate) fn tells_item(asked: Option<ReturnValuesOnConditionCheckFailure>) -> bool {
    asked == Some(ReturnValuesOnConditionCheckFailure::AllOld)
}
