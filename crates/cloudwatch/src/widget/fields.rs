//! Reading JSON whose faults are told with their places.

use serde_json::{Map, Value};

use super::picture::{Color, Side};
use crate::finding::Finding;

/// The words for the axes.
pub(super) const SIDES: [(&str, Side); 2] = [("left", Side::Left), ("right", Side::Right)];
/// Findings that are told at the most.
const FINDINGS_MAX: usize = 100;

/// What is wrong.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<Finding>);

impl Findings {
    pub fn add(&mut self, path: &str, message: impl Into<String>) {
        if self.0.len() < FINDINGS_MAX {
            self.0.push(Finding { path: path.to_owned(), message: message.into() });
        }
    }

    pub fn all(self) -> Vec<Finding> {
        self.0
    }
}

/// An object, and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Part<'a> {
    object: &'a Map<String, Value>,
    pub path: String,
}

impl<'a> Part<'a> {
    pub fn of(value: &'a Value, path: String, found: &mut Findings) -> Option<Self> {
        let object = value.as_object();
        if object.is_none() {
            found.add(&path, "Should be object");
        }
        object.map(|object| Self { object, path })
    }

    /// Where a member stands.
    pub fn at(&self, name: &str) -> String {
        format!("{}/{name}", self.path)
    }

    pub fn get(&self, name: &str) -> Option<&'a Value> {
        self.object.get(name)
    }

    pub fn has(&self, name: &str) -> bool {
        self.object.contains_key(name)
    }

    fn read<T>(
        &self,
        name: &str,
        found: &mut Findings,
        rule: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Option<T> {
        let value = self.get(name)?;
        let read = read(value);
        if read.is_none() {
            found.add(&self.at(name), format!("Should {rule}"));
        }
        read
    }

    pub fn text(&self, name: &str, found: &mut Findings) -> Option<&'a str> {
        self.read(name, found, "be string", Value::as_str)
    }

    pub fn flag(&self, name: &str, found: &mut Findings) -> Option<bool> {
        self.read(name, found, "be boolean", Value::as_bool)
    }

    pub fn number(&self, name: &str, found: &mut Findings) -> Option<f64> {
        self.read(name, found, "be number", Value::as_f64)
    }

    /// An integer from `least` to `most`.
    pub fn integer(&self, name: &str, least: u32, most: u32, found: &mut Findings) -> Option<u32> {
        let number = self.read(name, found, "be integer", Value::as_i64)?;
        let legal = u32::try_from(number).ok().filter(|number| (least..=most).contains(number));
        if legal.is_none() {
            let rule = if number < i64::from(least) { ">= " } else { "<= " };
            let bound = if number < i64::from(least) { least } else { most };
            found.add(&self.at(name), format!("Should be {rule}{bound}"));
        }
        legal
    }

    /// One of a few words.
    pub fn choice<T: Copy>(&self, name: &str, choices: &[(&str, T)], found: &mut Findings) -> Option<T> {
        let of = |value: &Value| {
            let text = value.as_str()?;
            choices.iter().find(|(word, _)| *word == text).map(|(_, choice)| *choice)
        };
        self.read(name, found, "be equal to one of the allowed values", of)
    }

    /// `#1f77b4`
    pub fn color(&self, name: &str, found: &mut Findings) -> Option<Color> {
        let of = |value: &Value| {
            let digits = value.as_str()?.strip_prefix('#').filter(|digits| digits.len() == 6)?;
            if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                return None;
            }
            let [_, red, green, blue] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
            Some(Color(red, green, blue))
        };
        self.read(name, found, "match pattern \"^#[0-9a-fA-F]{6}$\"", of)
    }

    pub fn object(&self, name: &str, found: &mut Findings) -> Option<Self> {
        Self::of(self.get(name)?, self.at(name), found)
    }

    /// The members of an array, each with where it stands; none of what is no array.
    pub fn list(&self, name: &str, found: &mut Findings) -> Vec<(String, &'a Value)> {
        let path = self.at(name);
        let list = self.read(name, found, "be array", Value::as_array);
        let places = |(n, value)| (format!("{path}/{n}"), value);
        list.into_iter().flatten().enumerate().map(places).collect()
    }
}
