//! Which keys a query is about.

use anabranch_api::dynamodb::Error;
use anabranch_catalog::Key;
use bytes::Bytes;

use crate::condition::{Comparison, Condition, Operand};
use crate::errors;
use crate::keys::{IndexKeys, beginning, lower, upper};
use crate::legacy::Conditions;
use crate::page::{Direction, Walk};
use crate::stored::{KeySchema, StoredTable};
use crate::text::Text;
use crate::value::Value;

/// A partition, and what of it.
#[derive(Clone, Debug)]
pub(crate) struct KeyCondition {
    pub hash: Value,
    pub range: Option<RangeCondition>,
}

/// What sort keys.
#[derive(Clone, Debug)]
pub(crate) enum RangeCondition {
    Compare(Comparison, Value),
    Between(Value, Value),
    BeginsWith(Value),
}

/// From which form of the parameters a condition came, which decides some sentences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Expression,
    Legacy,
}

impl KeyCondition {
    /// From an expression.
    pub fn of_expression(condition: Condition, key: &KeySchema, table: &StoredTable) -> Result<Self, Error> {
        let mut leaves = Vec::new();
        flatten(condition, &mut leaves)?;
        let mut named = Vec::with_capacity(leaves.len());
        for leaf in leaves {
            let (name, range) = leaf_of(leaf, Form::Expression)?;
            named.push((name, range));
        }
        Self::of_leaves(named, key, table, Form::Expression)
    }

    /// From KeyConditions.
    pub fn of_legacy(conditions: Conditions, key: &KeySchema, table: &StoredTable) -> Result<Self, Error> {
        let leaves = conditions.into_iter().map(|(_, condition)| leaf_of(condition, Form::Legacy));
        Self::of_leaves(leaves.collect::<Result<_, Error>>()?, key, table, Form::Legacy)
    }

    fn of_leaves(
        leaves: Vec<(Text, RangeCondition)>,
        key: &KeySchema,
        table: &StoredTable,
        form: Form,
    ) -> Result<Self, Error> {
        let (mut hash, mut range) = (None, None);
        let mut foreign = false;
        for (name, leaf) in leaves {
            let place = match name.as_str() {
                name if name == key.hash => &mut hash,
                name if key.range.as_deref() == Some(name) => &mut range,
                _ => {
                    foreign = true;
                    continue;
                }
            };
            if place.replace(leaf).is_some() {
                return Err(errors::key_condition_twice());
            }
        }
        let hash = hash.ok_or_else(|| errors::missed_key(&key.hash))?;
        if foreign {
            return Err(match (&key.range, form) {
                (Some(name), _) if range.is_none() => errors::missed_key(name),
                (_, Form::Expression) => errors::key_condition_unsupported(),
                (_, Form::Legacy) => errors::key_count(),
            });
        }
        let RangeCondition::Compare(Comparison::Equal, hash) = hash else {
            return Err(errors::key_condition_unsupported());
        };
        let condition = Self { hash, range };
        condition.check_kinds(key, table)?;
        Ok(condition)
    }

    fn check_kinds(&self, key: &KeySchema, table: &StoredTable) -> Result<(), Error> {
        let is_of = |name: &str, value: &Value| table.kind_of(name).is_some_and(|k| k.kind() == value.kind());
        let range_fits = match (&self.range, &key.range) {
            (Some(range), Some(name)) => range.values().iter().all(|value| is_of(name, value)),
            _ => true,
        };
        if is_of(&key.hash, &self.hash) && range_fits { Ok(()) } else { Err(errors::key_condition_type()) }
    }

    /// The keys of an index that it means.
    pub fn walk(&self, keys: &IndexKeys, direction: Direction) -> Walk {
        let partition = keys.partition(&self.hash);
        let whole = |prefix: Bytes| (prefix, None, None);
        let between = |after: Option<Key>, before: Option<Key>| (partition.clone(), after, before);
        let (prefix, after, before) = match &self.range {
            None => whole(partition.clone()),
            Some(RangeCondition::BeginsWith(start)) => whole(beginning(&partition, start)),
            Some(RangeCondition::Between(low, high)) => {
                between(Some(lower(&partition, low, true)), Some(upper(&partition, high, true)))
            }
            Some(RangeCondition::Compare(comparison, value)) => {
                let from = |is_inclusive| Some(lower(&partition, value, is_inclusive));
                let until = |is_inclusive| Some(upper(&partition, value, is_inclusive));
                match comparison {
                    Comparison::Less => between(None, until(false)),
                    Comparison::LessOrEqual => between(None, until(true)),
                    Comparison::Greater => between(from(false), None),
                    Comparison::GreaterOrEqual => between(from(true), None),
                    Comparison::Equal | Comparison::Unequal => between(from(true), until(true)),
                }
            }
        };
        Walk { prefix, after, before, direction }
    }
}

impl RangeCondition {
    fn values(&self) -> Vec<&Value> {
        match self {
            RangeCondition::Compare(_, value) | RangeCondition::BeginsWith(value) => vec![value],
            RangeCondition::Between(low, high) => vec![low, high],
        }
    }
}

fn flatten(condition: Condition, leaves: &mut Vec<Condition>) -> Result<(), Error> {
    match condition {
        Condition::All(all) => all.into_iter().try_for_each(|one| flatten(one, leaves)),
        Condition::Any(_) => Err(errors::key_condition_operator("OR")),
        Condition::Not(_) => Err(errors::key_condition_operator("NOT")),
        leaf => {
            leaves.push(leaf);
            Ok(())
        }
    }
}

/// The attribute a condition is about, and what it asks of it.
fn leaf_of(condition: Condition, form: Form) -> Result<(Text, RangeCondition), Error> {
    let refuse = |operator: &str| match form {
        Form::Expression => errors::key_condition_operator(operator),
        Form::Legacy => errors::not_indexable(),
    };
    let named = |operand: Operand| match operand {
        Operand::Path(path) if path.steps.is_empty() => Ok(path.root),
        Operand::Path(_) => Err(errors::key_condition_nested()),
        Operand::Size(_) => Err(refuse("size")),
        Operand::Value(_) => Err(errors::key_condition_unsupported()),
    };
    let valued = |operand: Operand| match operand {
        Operand::Value(value) => Ok(value),
        _ => Err(errors::key_condition_unsupported()),
    };
    match condition {
        Condition::Compare(_, Comparison::Unequal, _) => Err(refuse("<>")),
        // A value may stand on the left.
        Condition::Compare(left @ Operand::Value(_), comparison, right) => {
            let range = RangeCondition::Compare(comparison.reversed(), valued(left)?);
            Ok((named(right)?, range))
        }
        Condition::Compare(left, comparison, right) => {
            Ok((named(left)?, RangeCondition::Compare(comparison, valued(right)?)))
        }
        Condition::Between(value, low, high) => {
            Ok((named(value)?, RangeCondition::Between(valued(low)?, valued(high)?)))
        }
        Condition::BeginsWith(value, start) => {
            Ok((named(value)?, RangeCondition::BeginsWith(valued(start)?)))
        }
        Condition::In(..) => Err(refuse("IN")),
        Condition::Exists(_) => Err(refuse("attribute_exists")),
        Condition::Missing(_) => Err(refuse("attribute_not_exists")),
        Condition::IsKind(..) => Err(refuse("attribute_type")),
        Condition::Contains(..) => Err(refuse("contains")),
        Condition::All(_) | Condition::Any(_) | Condition::Not(_) => Err(errors::key_condition_unsupported()),
    }
}
