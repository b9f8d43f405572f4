//! Document paths: where in an item a value stands.

use std::fmt;

use crate::text::Text;
use crate::value::{Attributes, Value};

/// A place in an item.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Path {
    /// The attribute.
    pub root: Text,
    /// The way down from there.
    pub steps: Vec<Step>,
}

/// One step down.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Key(Text),
    Index(usize),
}

impl Path {
    /// An attribute itself.
    pub fn attribute(name: &str) -> Self {
        Self { root: name.into(), steps: Vec::new() }
    }

    /// What stands there.
    pub fn of<'a>(&self, item: &'a Attributes) -> Option<&'a Value> {
        self.steps.iter().try_fold(item.get(&self.root)?, |value, step| match (step, value) {
            (Step::Key(key), Value::M(map)) => map.get(key),
            (Step::Index(index), Value::L(list)) => list.get(*index),
            _ => None,
        })
    }

    /// Whether one of the two leads through the other.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.root == other.root && self.steps.iter().zip(&other.steps).all(|(a, b)| a == b)
    }

    /// Whether one takes for a map what the other takes for a list.
    pub fn conflicts(&self, other: &Self) -> bool {
        let differing = self.steps.iter().zip(&other.steps).find(|(a, b)| a != b);
        self.root == other.root
            && matches!(differing, Some((Step::Key(_), Step::Index(_)) | (Step::Index(_), Step::Key(_))))
    }

    /// Puts a value there, as far as there is a place for it: in a map, or in a list at its end if the index is beyond that. False if there
    /// is no place.
    #[must_use]
    pub fn put(&self, item: &mut Attributes, value: Value) -> bool {
        let Some((last, before)) = self.steps.split_last() else {
            item.insert(self.root.clone(), value);
            return true;
        };
        match (last, parent(item, &self.root, before)) {
            (Step::Key(key), Some(Value::M(map))) => {
                map.insert(key.clone(), value);
            }
            (Step::Index(index), Some(Value::L(list))) => match list.get_mut(*index) {
                Some(place) => *place = value,
                None => list.push(value),
            },
            _ => return false,
        }
        true
    }

    /// Takes away what stands there. False if there is no place for anything.
    #[must_use]
    pub fn remove(&self, item: &mut Attributes) -> bool {
        let Some((last, before)) = self.steps.split_last() else {
            item.remove(&self.root);
            return true;
        };
        match (last, parent(item, &self.root, before)) {
            (Step::Key(key), Some(Value::M(map))) => {
                map.remove(key);
            }
            (Step::Index(index), Some(Value::L(list))) => {
                if *index < list.len() {
                    list.remove(*index);
                }
            }
            _ => return false,
        }
        true
    }
}

fn parent<'a>(item: &'a mut Attributes, root: &str, steps: &[Step]) -> Option<&'a mut Value> {
    let mut value = item.get_mut(root)?;
    for step in steps {
        value = match (step, value) {
            (Step::Key(key), Value::M(map)) => map.get_mut(key)?,
            (Step::Index(index), Value::L(list)) => list.get_mut(*index)?,
            _ => return None,
        };
    }
    Some(value)
}

/// The part of an item that these paths lead to, each in its frame: list elements close up in the order of their indexes.
pub(crate) fn project(item: &Attributes, paths: &[Path]) -> Attributes {
    let mut part = Attributes::new();
    let mut roots: Vec<&str> = paths.iter().map(|path| path.root.as_str()).collect();
    roots.sort_unstable();
    roots.dedup();
    for root in roots {
        let Some(value) = item.get(root) else { continue };
        let steps: Vec<&[Step]> =
            paths.iter().filter(|path| *path.root == *root).map(|path| path.steps.as_slice()).collect();
        if let Some(value) = project_value(value, &steps) {
            part.insert(root.into(), value);
        }
    }
    part
}

/// What of a value these ways lead to; none if none leads anywhere.
fn project_value(value: &Value, ways: &[&[Step]]) -> Option<Value> {
    if ways.iter().any(|way| way.is_empty()) {
        return Some(value.clone());
    }
    match value {
        Value::M(map) => {
            let under = |key: &str| -> Vec<&[Step]> {
                let first = |way: &&[Step]| matches!(&way[0], Step::Key(k) if **k == *key);
                ways.iter().filter(|way| first(way)).map(|way| &way[1..]).collect()
            };
            let kept = map.iter().filter_map(|(key, value)| {
                let ways = under(key);
                (!ways.is_empty()).then(|| Some((key.clone(), project_value(value, &ways)?)))?
            });
            let kept: Attributes = kept.collect();
            (!kept.is_empty()).then_some(Value::M(kept))
        }
        Value::L(list) => {
            let under = |index: usize| -> Vec<&[Step]> {
                let first = |way: &&[Step]| way[0] == Step::Index(index);
                ways.iter().filter(|way| first(way)).map(|way| &way[1..]).collect()
            };
            let kept = list.iter().enumerate().filter_map(|(index, value)| {
                let ways = under(index);
                (!ways.is_empty()).then(|| project_value(value, &ways))?
            });
            let kept: Vec<Value> = kept.collect();
            (!kept.is_empty()).then_some(Value::L(kept))
        }
        _ => None,
    }
}

impl fmt::Display for Path {
    /// As AWS shows a path in its sentences: `[m, a, [1]]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}", self.root)?;
        for step in &self.steps {
            match step {
                Step::Key(key) => write!(f, ", {key}")?,
                Step::Index(index) => write!(f, ", [{index}]")?,
            }
        }
        f.write_str("]")
    }
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
