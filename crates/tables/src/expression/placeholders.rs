use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use anabranch_api::dynamodb::{AttributeValue, Error};
use bytestring::ByteString;

use crate::attributes;
use crate::errors::{self, Place};
use crate::text::Text;
use crate::value::Value;

/// What stands for what in a request's expressions.
pub(crate) struct Placeholders {
    names: BTreeMap<String, Text>,
    values: BTreeMap<String, Value>,
    used: RefCell<BTreeSet<String>>,
}

impl Placeholders {
    /// Of a request that has these expressions: placeholders without any are refused. `expressions` are those it could have.
    pub fn new(
        names: Option<&[(ByteString, ByteString)]>,
        values: Option<&[(ByteString, AttributeValue)]>,
        expressions: &[(Place, bool)],
    ) -> Result<Self, Error> {
        let given = [(NAMES, names.is_some()), (VALUES, values.is_some())];
        let takes_values = |place: Place| place != Place::Projection;
        for (what, _) in given.into_iter().filter(|(_, given)| *given) {
            let able: Vec<&(Place, bool)> =
                expressions.iter().filter(|(place, _)| what == NAMES || takes_values(*place)).collect();
            if !able.iter().any(|(_, given)| *given) {
                let told: Vec<String> =
                    able.iter().map(|(place, _)| format!("{} is null", place.parameter())).collect();
                return Err(errors::placeholders_without_expression(what, &told.join(" and ")));
            }
        }
        let names = names.map(read_names).transpose()?.unwrap_or_default();
        let values = values.map(read_values).transpose()?.unwrap_or_default();
        Ok(Self { names, values, used: RefCell::default() })
    }

    pub(super) fn value(&self, place: Place, placeholder: &str) -> Result<Value, Error> {
        self.used.borrow_mut().insert(placeholder.to_owned());
        self.values.get(placeholder).cloned().ok_or_else(|| place.undefined_value(placeholder))
    }

    pub(super) fn name(&self, place: Place, placeholder: &str) -> Result<Text, Error> {
        self.used.borrow_mut().insert(placeholder.to_owned());
        self.names.get(placeholder).cloned().ok_or_else(|| place.undefined_name(placeholder))
    }

    /// Every placeholder must have been used when all expressions are read.
    pub fn all_used(&self) -> Result<(), Error> {
        let used = self.used.borrow();
        let unused = |keys: Vec<&String>| -> Option<String> {
            let keys: Vec<&str> =
                keys.into_iter().map(String::as_str).filter(|k| !used.contains(*k)).collect();
            (!keys.is_empty()).then(|| keys.join(", "))
        };
        if let Some(names) = unused(self.names.keys().collect()) {
            return Err(errors::unused_names(&names));
        }
        if let Some(values) = unused(self.values.keys().collect()) {
            return Err(errors::unused_values(&values));
        }
        Ok(())
    }
}

const NAMES: &str = "ExpressionAttributeNames";
const VALUES: &str = "ExpressionAttributeValues";

fn read_names(given: &[(ByteString, ByteString)]) -> Result<BTreeMap<String, Text>, Error> {
    if given.is_empty() {
        return Err(errors::empty_placeholders(NAMES));
    }
    given
        .iter()
        .map(|(key, name)| {
            check_key(NAMES, '#', key)?;
            Ok((key.to_string(), Text::from(&**name)))
        })
        .collect()
}

fn read_values(given: &[(ByteString, AttributeValue)]) -> Result<BTreeMap<String, Value>, Error> {
    if given.is_empty() {
        return Err(errors::empty_placeholders(VALUES));
    }
    given
        .iter()
        .map(|(key, value)| {
            check_key(VALUES, ':', key)?;
            Ok((key.to_string(), attributes::read(value)?))
        })
        .collect()
}

fn check_key(what: &str, sign: char, key: &str) -> Result<(), Error> {
    let rest = key.strip_prefix(sign);
    let is_key = rest
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'));
    if is_key { Ok(()) } else { Err(errors::invalid_placeholder(what, key)) }
}
