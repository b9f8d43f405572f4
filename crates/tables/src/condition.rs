//! What must hold of an item: conditions and filters, whether they came as expressions or as legacy parameters.

use std::borrow::Cow;
use std::cmp::Ordering;

use crate::path::Path;
use crate::value::{Attributes, Kind, Value};

/// A condition on an item.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Compare(Operand, Comparison, Operand),
    Between(Operand, Operand, Operand),
    In(Operand, Vec<Operand>),
    Exists(Path),
    Missing(Path),
    IsKind(Path, Kind),
    BeginsWith(Operand, Operand),
    Contains(Operand, Operand),
}

/// What is compared.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Operand {
    Path(Path),
    Value(Value),
    /// The size of what stands there.
    Size(Path),
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    /// As expressions write it.
    pub fn sign(self) -> &'static str {
        match self {
            Comparison::Equal => "=",
            Comparison::Unequal => "<>",
            Comparison::Less => "<",
            Comparison::LessOrEqual => "<=",
            Comparison::Greater => ">",
            Comparison::GreaterOrEqual => ">=",
        }
    }

    /// Whether it asks for an order, not for equality alone.
    pub fn is_order(self) -> bool {
        !matches!(self, Comparison::Equal | Comparison::Unequal)
    }

    /// Whether two values of one ordered kind that stand so to each other satisfy it.
    pub fn admits(self, order: Ordering) -> bool {
        match self {
            Comparison::Equal => order.is_eq(),
            Comparison::Unequal => order.is_ne(),
            Comparison::Less => order.is_lt(),
            Comparison::LessOrEqual => order.is_le(),
            Comparison::Greater => order.is_gt(),
            Comparison::GreaterOrEqual => order.is_ge(),
        }
    }

    /// The comparison with its sides exchanged.
    pub fn reversed(self) -> Self {
        match self {
            Comparison::Less => Comparison::Greater,
            Comparison::LessOrEqual => Comparison::GreaterOrEqual,
            Comparison::Greater => Comparison::Less,
            Comparison::GreaterOrEqual => Comparison::LessOrEqual,
            same => same,
        }
    }

    fn holds(self, left: Option<&Value>, right: Option<&Value>) -> bool {
        let (Some(left), Some(right)) = (left, right) else { return self == Comparison::Unequal };
        match self {
            Comparison::Equal => left == right,
            Comparison::Unequal => left != right,
            _ => left.order(right).is_some_and(|order| self.admits(order)),
        }
    }
}

impl Condition {
    /// Whether it holds of the item; one that does not exist has no attributes. Of what is not there no comparison holds but `<>`.
    pub fn holds(&self, item: &Attributes) -> bool {
        match self {
            Condition::All(all) => all.iter().all(|c| c.holds(item)),
            Condition::Any(any) => any.iter().any(|c| c.holds(item)),
            Condition::Not(condition) => !condition.holds(item),
            Condition::Compare(left, comparison, right) => {
                comparison.holds(left.of(item).as_deref(), right.of(item).as_deref())
            }
            Condition::Between(value, low, high) => {
                let value = value.of(item);
                Comparison::GreaterOrEqual.holds(value.as_deref(), low.of(item).as_deref())
                    && Comparison::LessOrEqual.holds(value.as_deref(), high.of(item).as_deref())
            }
            Condition::In(value, any) => {
                let value = value.of(item);
                any.iter().any(|one| Comparison::Equal.holds(value.as_deref(), one.of(item).as_deref()))
            }
            Condition::Exists(path) => path.of(item).is_some(),
            Condition::Missing(path) => path.of(item).is_none(),
            Condition::IsKind(path, kind) => path.of(item).is_some_and(|value| value.kind() == *kind),
            Condition::BeginsWith(value, start) => pair(value, start, item, Value::begins_with),
            Condition::Contains(value, part) => pair(value, part, item, Value::contains),
        }
    }

    /// Every path it looks at.
    pub fn paths(&self) -> Vec<&Path> {
        let mut paths = Vec::new();
        self.note_paths(&mut paths);
        paths
    }

    fn note_paths<'a>(&'a self, paths: &mut Vec<&'a Path>) {
        match self {
            Condition::All(all) | Condition::Any(all) => all.iter().for_each(|c| c.note_paths(paths)),
            Condition::Not(condition) => condition.note_paths(paths),
            Condition::Compare(a, _, b) | Condition::BeginsWith(a, b) | Condition::Contains(a, b) => {
                paths.extend([a, b].into_iter().filter_map(Operand::path));
            }
            Condition::Between(a, b, c) => paths.extend([a, b, c].into_iter().filter_map(Operand::path)),
            Condition::In(a, any) => {
                paths.extend(std::iter::once(a).chain(any).filter_map(Operand::path));
            }
            Condition::Exists(path) | Condition::Missing(path) | Condition::IsKind(path, _) => {
                paths.push(path);
            }
        }
    }
}

fn pair(left: &Operand, right: &Operand, item: &Attributes, holds: fn(&Value, &Value) -> bool) -> bool {
    match (left.of(item), right.of(item)) {
        (Some(left), Some(right)) => holds(&left, &right),
        _ => false,
    }
}

impl Operand {
    fn path(&self) -> Option<&Path> {
        match self {
            Operand::Path(path) | Operand::Size(path) => Some(path),
            Operand::Value(_) => None,
        }
    }

    fn of<'a>(&'a self, item: &'a Attributes) -> Option<Cow<'a, Value>> {
        match self {
            Operand::Path(path) => path.of(item).map(Cow::Borrowed),
            Operand::Value(value) => Some(Cow::Borrowed(value)),
            Operand::Size(path) => Some(Cow::Owned(Value::N(path.of(item)?.extent()?.into()))),
        }
    }
}
