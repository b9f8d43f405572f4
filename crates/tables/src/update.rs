//! What an UpdateItem does to an item, whether it came as an expression or as legacy AttributeUpdates.

use std::collections::BTreeSet;

use anabranch_api::dynamodb::Error;

use crate::errors;
use crate::number::{NotNumber, Number};
use crate::path::{Path, Step};
use crate::value::{Attributes, Value};

/// Changes of an item. Their paths do not overlap.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Update {
    pub sets: Vec<(Path, Term)>,
    pub removes: Vec<Path>,
    /// Numbers to add, members to add to sets; in the legacy manner also elements to append to lists.
    pub adds: Vec<(Path, Value)>,
    /// Members to take from sets.
    pub deletes: Vec<(Path, Value)>,
    manner: Manner,
}

/// How the update was told, which decides some sentences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    Expression,
    Legacy,
}

/// What a SET gives.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Term {
    Value(Value),
    Path(Path),
    Plus(Box<Term>, Box<Term>),
    Minus(Box<Term>, Box<Term>),
    IfNotExists(Path, Box<Term>),
    ListAppend(Box<Term>, Box<Term>),
}

impl Update {
    pub fn new(manner: Manner) -> Self {
        Self { sets: Vec::new(), removes: Vec::new(), adds: Vec::new(), deletes: Vec::new(), manner }
    }

    /// Every place it touches.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        let sets = self.sets.iter().map(|(path, _)| path);
        let others = self.adds.iter().chain(&self.deletes).map(|(path, _)| path);
        sets.chain(&self.removes).chain(others)
    }

    /// Whether it only takes something away, which makes no item where there is none.
    pub fn only_takes(&self) -> bool {
        self.sets.is_empty() && self.adds.is_empty() && !(self.removes.is_empty() && self.deletes.is_empty())
    }

    /// The item as it is afterwards. Every right side sees it as it was before.
    pub fn apply(&self, before: &Attributes) -> Result<Attributes, Error> {
        let mut after = before.clone();
        let mut sets = Vec::with_capacity(self.sets.len());
        for (path, term) in &self.sets {
            sets.push((path, term.of(before)?));
        }
        // What goes to the end of a list goes there in the order of its indexes.
        sets.sort_by_key(|(path, _)| last_index(path));
        for (path, value) in sets {
            put(path, &mut after, value)?;
        }
        for (path, value) in &self.adds {
            let sum = self.added(path.of(before), value)?;
            put(path, &mut after, sum)?;
        }
        for (path, value) in &self.deletes {
            match path.of(before).map(|held| self.left(held, value)).transpose()?.flatten() {
                Some(rest) => put(path, &mut after, rest)?,
                // Also where nothing is there: there must be a place for it.
                None => remove(path, &mut after)?,
            }
        }
        // From behind, so that indexes mean the places of before.
        let mut removes: Vec<&Path> = self.removes.iter().collect();
        removes.sort_by_key(|path| std::cmp::Reverse(last_index(path)));
        for path in removes {
            remove(path, &mut after)?;
        }
        Ok(after)
    }

    fn mismatch(&self) -> Error {
        match self.manner {
            Manner::Expression => errors::operand_data_type(),
            Manner::Legacy => errors::update_type_mismatch(),
        }
    }

    fn added(&self, held: Option<&Value>, more: &Value) -> Result<Value, Error> {
        Ok(match (held, more) {
            (None, value) => value.clone(),
            (Some(Value::N(a)), Value::N(b)) => Value::N(reckoned(a.plus(*b))?),
            (Some(Value::Ss(a)), Value::Ss(b)) => Value::Ss(a.union(b).cloned().collect()),
            (Some(Value::Ns(a)), Value::Ns(b)) => Value::Ns(a.union(b).copied().collect()),
            (Some(Value::Bs(a)), Value::Bs(b)) => Value::Bs(a.union(b).cloned().collect()),
            (Some(Value::L(a)), Value::L(b)) => Value::L([a.as_slice(), b].concat()),
            _ => return Err(self.mismatch()),
        })
    }

    /// What is left of a set; none if nothing is.
    fn left(&self, held: &Value, gone: &Value) -> Result<Option<Value>, Error> {
        Ok(match (held, gone) {
            (Value::Ss(a), Value::Ss(b)) => without(a, b).map(Value::Ss),
            (Value::Ns(a), Value::Ns(b)) => without(a, b).map(Value::Ns),
            (Value::Bs(a), Value::Bs(b)) => without(a, b).map(Value::Bs),
            _ => return Err(self.mismatch()),
        })
    }
}

fn without<T: Ord + Clone>(all: &BTreeSet<T>, gone: &BTreeSet<T>) -> Option<BTreeSet<T>> {
    let rest: BTreeSet<T> = all.difference(gone).cloned().collect();
    (!rest.is_empty()).then_some(rest)
}

fn put(path: &Path, item: &mut Attributes, value: Value) -> Result<(), Error> {
    if path.put(item, value) { Ok(()) } else { Err(errors::path_invalid_for_update()) }
}

fn remove(path: &Path, item: &mut Attributes) -> Result<(), Error> {
    if path.remove(item) { Ok(()) } else { Err(errors::path_invalid_for_update()) }
}

fn last_index(path: &Path) -> usize {
    match path.steps.last() {
        Some(Step::Index(index)) => *index,
        _ => 0,
    }
}

/// A sum that cannot be kept is too great, also where it only has too many digits, as AWS says.
fn reckoned(sum: Result<Number, NotNumber>) -> Result<Number, Error> {
    sum.map_err(|why| match why {
        NotNumber::Digits => errors::number_overflow(),
        why => errors::not_a_number(why, ""),
    })
}

impl Term {
    fn of(&self, item: &Attributes) -> Result<Value, Error> {
        match self {
            Term::Value(value) => Ok(value.clone()),
            Term::Path(path) => path.of(item).cloned().ok_or_else(errors::no_such_attribute),
            Term::Plus(left, right) => reckon(left, right, item, Number::plus),
            Term::Minus(left, right) => reckon(left, right, item, Number::minus),
            Term::IfNotExists(path, term) => match path.of(item) {
                Some(value) => Ok(value.clone()),
                None => term.of(item),
            },
            Term::ListAppend(first, second) => match (first.of(item)?, second.of(item)?) {
                (Value::L(first), Value::L(second)) => Ok(Value::L([first, second].concat())),
                _ => Err(errors::operand_data_type()),
            },
        }
    }
}

fn reckon(
    left: &Term,
    right: &Term,
    item: &Attributes,
    how: fn(Number, Number) -> Result<Number, NotNumber>,
) -> Result<Value, Error> {
    match (left.of(item)?, right.of(item)?) {
        (Value::N(left), Value::N(right)) => reckoned(how(left, right)).map(Value::N),
        _ => Err(errors::operand_data_type()),
    }
}
