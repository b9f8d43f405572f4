//! Conditions (IAM reference_policies_elements_condition_operators, reference_policies_multi-value-conditions).

mod address;
mod date;
mod number;
mod operator;

use std::borrow::Cow;
use std::net::IpAddr;

use super::arn::{ArnPattern, ArnText};
use super::context::{ContextValue, Key, Lookup};
use super::pattern::Wildcards;
use super::variable::{Case, Template, Variables};

use address::Block;
use number::Number;
pub(super) use operator::Operator;
use operator::{Order, Quantifier, TestKind};

/// One operator, one key and the values that do.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    operator: Operator,
    key: Key,
    test: Test,
}

/// The policy's values, ready to compare. A value that is none of its operator's kind equals nothing.
#[derive(Clone, Debug)]
enum Test {
    Text(Case, Box<[Template]>),
    Number(Order, Box<[Number]>),
    Date(Order, Box<[jiff::Timestamp]>),
    Bool(Box<[bool]>),
    Binary(Box<[Box<[u8]>]>),
    Address(Box<[Block]>),
    Arn(Box<[ArnPattern]>),
    /// Whether the key has to be absent.
    Null(Box<[bool]>),
}

/// Whether the policy's value is one its operator can be given; AWS refuses a document with a date that is none, and we one with an
/// address that is none.
pub(super) fn is_legal(operator: Operator, value: &str) -> bool {
    match operator.test() {
        TestKind::Date(_) => date::parse(value).is_some(),
        TestKind::Address => Block::parse(value).is_some(),
        _ => true,
    }
}

impl Condition {
    pub(super) fn new(operator: Operator, key: &str, values: &[String], variables: Variables) -> Self {
        Self { operator, key: Key::new(key), test: Test::new(operator.test, values, variables) }
    }

    /// Whether the request meets the condition.
    ///
    /// A missing key fails a positive operator and passes a negated one, `…IfExists` and `ForAllValues`; it fails `ForAnyValue`. A key of
    /// many values under an operator without quantifier, which AWS advises against and does not define, is met if any value is, and a
    /// negated one if none is.
    pub(super) fn holds(&self, lookup: &dyn Lookup) -> bool {
        let Operator { negated, if_exists, quantifier, .. } = self.operator;
        let found = lookup
            .value(&self.key)
            .filter(|found| !matches!(found, ContextValue::Many(many) if many.is_empty()));
        if let Test::Null(absent) = &self.test {
            return absent.contains(&found.is_none());
        }
        let Some(found) = found else {
            return if_exists
                || match quantifier {
                    None => negated,
                    Some(Quantifier::All) => true,
                    Some(Quantifier::Any) => false,
                };
        };
        let values: &[Cow<'_, str>] = match &found {
            ContextValue::One(one) => std::slice::from_ref(one),
            ContextValue::Many(many) => many,
        };
        // An empty text is no value of a set.
        let mut set = values.iter().filter(|value| !value.is_empty());
        match quantifier {
            None => values.iter().any(|value| self.test.passes(value, lookup)) != negated,
            Some(Quantifier::All) => set.all(|value| self.test.passes(value, lookup) != negated),
            Some(Quantifier::Any) => set.any(|value| self.test.passes(value, lookup) != negated),
        }
    }

    /// The context keys it asks for, its variables' included.
    pub(super) fn keys(&self) -> impl Iterator<Item = &Key> {
        let templates: &[Template] = if let Test::Text(_, templates) = &self.test { templates } else { &[] };
        let arns: &[ArnPattern] = if let Test::Arn(arns) = &self.test { arns } else { &[] };
        let variables =
            templates.iter().flat_map(Template::keys).chain(arns.iter().flat_map(ArnPattern::keys));
        std::iter::once(&self.key).chain(variables)
    }
}

impl Test {
    fn new(kind: TestKind, values: &[String], variables: Variables) -> Self {
        let values = values.iter();
        match kind {
            TestKind::Text => Self::Text(
                Case::Kept,
                values.map(|value| Template::new(value, variables, Wildcards::Literal)).collect(),
            ),
            TestKind::TextIgnoringCase => Self::Text(
                Case::Ignored,
                values
                    .map(|value| Template::new(&value.to_lowercase(), variables, Wildcards::Literal))
                    .collect(),
            ),
            TestKind::TextLike => Self::Text(
                Case::Kept,
                values.map(|value| Template::new(value, variables, Wildcards::Matched)).collect(),
            ),
            TestKind::Number(order) => {
                Self::Number(order, values.filter_map(|value| Number::parse(value)).collect())
            }
            TestKind::Date(order) => {
                Self::Date(order, values.filter_map(|value| date::parse(value)).collect())
            }
            TestKind::Bool => Self::Bool(values.filter_map(|value| boolean(value)).collect()),
            TestKind::Null => Self::Null(values.filter_map(|value| boolean(value)).collect()),
            TestKind::Binary => Self::Binary(values.filter_map(|value| binary(value)).collect()),
            TestKind::Address => Self::Address(values.filter_map(|value| Block::parse(value)).collect()),
            TestKind::Arn => Self::Arn(values.map(|value| ArnPattern::new(value, variables)).collect()),
        }
    }

    /// Whether a value of the request is as one of the policy's.
    fn passes(&self, value: &str, lookup: &dyn Lookup) -> bool {
        match self {
            Self::Text(Case::Kept, templates) => {
                templates.iter().any(|t| t.matches(value, Case::Kept, lookup))
            }
            Self::Text(Case::Ignored, templates) => {
                let value = value.to_lowercase();
                templates.iter().any(|t| t.matches(&value, Case::Ignored, lookup))
            }
            Self::Number(order, numbers) => Number::parse(value).is_some_and(|value| {
                numbers.iter().any(|number| value.compare(*number).is_some_and(|found| order.holds(found)))
            }),
            Self::Date(order, dates) => {
                date::parse(value).is_some_and(|value| dates.iter().any(|date| order.holds(value.cmp(date))))
            }
            Self::Bool(booleans) => boolean(value).is_some_and(|value| booleans.contains(&value)),
            Self::Binary(binaries) => binary(value).is_some_and(|value| binaries.contains(&value)),
            Self::Address(blocks) => {
                value.parse().is_ok_and(|address: IpAddr| blocks.iter().any(|block| block.contains(address)))
            }
            Self::Arn(patterns) => {
                let arn = ArnText::new(value);
                patterns.iter().any(|pattern| pattern.matches_strictly(&arn, lookup))
            }
            Self::Null(_) => false,
        }
    }
}

/// `true` or `false` in whatever case.
fn boolean(text: &str) -> Option<bool> {
    match text {
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

fn binary(text: &str) -> Option<Box<[u8]>> {
    base64_simd::STANDARD.decode_to_vec(text).ok().map(Vec::into_boxed_slice)
}
