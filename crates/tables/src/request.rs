//! What requests have in common: conditions in either form, what is returned.

use anabranch_api::Context;
use anabranch_api::dynamodb::{
    AttributeValue, ConditionalOperator, Error, ExpectedAttributeValue, ReturnValue,
    ReturnValuesOnConditionCheckFailure,
};
use bytestring::ByteString;

use crate::condition::Condition;
use crate::errors::{self, Place};
use crate::expression::{self, Placeholders};
use crate::items::{Action, Write};
use crate::legacy;
use crate::resolve::table_name;

/// The condition of a write, in one form or the other, and what the write's expressions name.
#[derive(Clone, Copy, Default)]
pub(crate) struct Conditional<'a> {
    pub expression: Option<&'a str>,
    pub expected: Option<&'a [(ByteString, ExpectedAttributeValue)]>,
    pub operator: Option<ConditionalOperator>,
    pub names: Option<&'a [(ByteString, ByteString)]>,
    pub values: Option<&'a [(ByteString, AttributeValue)]>,
    pub on_failure: Option<ReturnValuesOnConditionCheckFailure>,
}

/// Parameters of the two forms must not stand beside each other: each with whether it is there.
pub(crate) fn check_forms(expressions: &[(&str, bool)], others: &[(&str, bool)]) -> Result<(), Error> {
    let is_any = |all: &[(&str, bool)]| all.iter().any(|(_, given)| *given);
    if !is_any(expressions) || !is_any(others) {
        return Ok(());
    }
    let texts = |all: &[(&str, bool)]| -> String {
        let given: Vec<&str> = all.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect();
        given.join(", ")
    };
    Err(errors::mixed(&texts(expressions), &texts(others)))
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
    /// The write under this condition; the forms were told apart before. `beside` are the other expressions that the request could have, each with
    /// whether it is there; `action` reads them.
    pub fn write(
        self,
        cx: &Context,
        table: &str,
        beside: &[(Place, bool)],
        action: impl FnOnce(&Placeholders) -> Result<Action, Error>,
    ) -> Result<Write, Error> {
        let expressions = [beside, &[(Place::Condition, self.expression.is_some())]].concat();
        let placeholders = Placeholders::new(self.names, self.values, &expressions)?;
        let action = action(&placeholders)?;
        let condition = match self.expression {
            Some(source) => Some(expression::condition(Place::Condition, source, &placeholders)?),
            None => legacy::expected(self.expected, self.operator)?,
        };
        placeholders.all_used()?;
        Ok(Write {
            table: table_name(cx, table)?.into_owned(),
            action,
            condition,
            tells_item: self.on_failure == Some(ReturnValuesOnConditionCheckFailure::AllOld),
        })
    }

    /// Refuses the two forms beside each other.
    pub fn check_forms(self) -> Result<(), Error> {
        check_forms(&[("ConditionExpression", self.expression.is_some())], &self.others())
    }

    /// Its legacy parameters, each with whether it is there.
    pub fn others(self) -> [(&'static str, bool); 2] {
        [("Expected", self.expected.is_some()), ("ConditionalOperator", self.operator.is_some())]
    }
}

/// Whether a put or a deletion returns the item that was; it can return no other.
pub(crate) fn returns_old(asked: Option<ReturnValue>) -> Result<bool, Error> {
    match asked {
        None | Some(ReturnValue::None) => Ok(false),
        Some(ReturnValue::AllOld) => Ok(true),
        Some(_) => Err(errors::return_values("ALL_OLD or NONE")),
    }
}
