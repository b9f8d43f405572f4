//! Values between the wire's form and ours.

use std::collections::BTreeSet;

use anabranch_api::dynamodb::{AttributeValue, Error};
use bytestring::ByteString;

use crate::errors;
use crate::number::Number;
use crate::text::Text;
use crate::value::{Attributes, Blob, Value};

/// Deepest nesting of lists and maps (ServiceQuotas: "Nested attribute depth").
const DEPTH_MAX: usize = 32;

/// An item or a key as a request gives it.
pub(crate) fn read_all(given: &[(ByteString, AttributeValue)]) -> Result<Attributes, Error> {
    given.iter().map(|(name, value)| Ok((Text::from(&**name), read(value)?))).collect()
}

/// A value as a request gives it.
pub(crate) fn read(given: &AttributeValue) -> Result<Value, Error> {
    read_at(given, 0)
}

fn read_at(given: &AttributeValue, depth: usize) -> Result<Value, Error> {
    if depth > DEPTH_MAX {
        return Err(errors::too_deep());
    }
    let kinds = [
        given.s.is_some(),
        given.n.is_some(),
        given.b.is_some(),
        given.ss.is_some(),
        given.ns.is_some(),
        given.bs.is_some(),
        given.m.is_some(),
        given.l.is_some(),
        given.null.is_some(),
        given.bool.is_some(),
    ];
    match kinds.into_iter().filter(|is_given| *is_given).count() {
        0 => return Err(errors::empty_value()),
        1 => {}
        _ => return Err(errors::ambiguous_value()),
    }
    if let Some(text) = &given.s {
        Ok(Value::S(Text::from(&**text)))
    } else if let Some(text) = &given.n {
        number(text).map(Value::N)
    } else if let Some(bytes) = &given.b {
        Ok(Value::B(bytes.to_vec()))
    } else if let Some(all) = &given.ss {
        strings(all)
    } else if let Some(all) = &given.ns {
        numbers(all)
    } else if let Some(all) = &given.bs {
        blobs(all)
    } else if let Some(all) = &given.m {
        let entries = all.iter().map(|(name, value)| Ok((Text::from(&**name), read_at(value, depth + 1)?)));
        entries.collect::<Result<_, Error>>().map(Value::M)
    } else if let Some(all) = &given.l {
        all.iter().map(|value| read_at(value, depth + 1)).collect::<Result<_, Error>>().map(Value::L)
    } else if let Some(is_true) = given.bool {
        Ok(Value::Bool(is_true))
    } else if given.null == Some(true) {
        Ok(Value::Null)
    } else {
        Err(errors::null_must_be_true())
    }
}

fn number(text: &str) -> Result<Number, Error> {
    Number::parse(text).map_err(|why| errors::not_a_number(why, text))
}

fn strings(all: &[ByteString]) -> Result<Value, Error> {
    let set: BTreeSet<Text> = all.iter().map(|text| Text::from(&**text)).collect();
    match set.len() {
        0 => Err(errors::empty_set("An string set ")),
        len if len < all.len() => Err(errors::duplicates(&shown(all.iter().map(|s| &**s)))),
        _ => Ok(Value::Ss(set)),
    }
}

fn numbers(all: &[ByteString]) -> Result<Value, Error> {
    let set = all.iter().map(|text| number(text)).collect::<Result<BTreeSet<Number>, Error>>()?;
    match set.len() {
        0 => Err(errors::empty_set("An number set ")),
        len if len < all.len() => Err(errors::duplicates(&shown(all.iter().map(|s| &**s)))),
        _ => Ok(Value::Ns(set)),
    }
}

fn blobs(all: &[bytes::Bytes]) -> Result<Value, Error> {
    let set: BTreeSet<Blob> = all.iter().map(|bytes| Blob(bytes.to_vec())).collect();
    match set.len() {
        0 => Err(errors::empty_binary_set()),
        len if len < all.len() => Err(errors::duplicates("")),
        _ => Ok(Value::Bs(set)),
    }
}

fn shown<'a>(all: impl Iterator<Item = &'a str>) -> String {
    all.collect::<Vec<_>>().join(", ")
}

/// An item or a part of one as an answer gives it.
pub(crate) fn write_all(attributes: &Attributes) -> Vec<(ByteString, AttributeValue)> {
    attributes.iter().map(|(name, value)| (name.as_str().into(), write(value))).collect()
}

/// A value as an answer gives it.
pub(crate) fn write(value: &Value) -> AttributeValue {
    let mut written = AttributeValue::default();
    match value {
        Value::S(text) => written.s = Some(text.as_str().into()),
        Value::N(number) => written.n = Some(number.to_string().into()),
        Value::B(bytes) => written.b = Some(bytes.clone().into()),
        Value::Ss(all) => written.ss = Some(all.iter().map(|text| text.as_str().into()).collect()),
        Value::Ns(all) => written.ns = Some(all.iter().map(|n| n.to_string().into()).collect()),
        Value::Bs(all) => written.bs = Some(all.iter().map(|b| b.0.clone().into()).collect()),
        Value::M(all) => written.m = Some(write_all(all)),
        Value::L(all) => written.l = Some(all.iter().map(write).collect()),
        Value::Null => written.null = Some(true),
        Value::Bool(value) => written.bool = Some(*value),
    }
    written
}
