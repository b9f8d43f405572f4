//! `dynamodb:LeadingKeys` (SAR dynamodb): the partition keys that a request is about, by which policies keep callers to items of their own.

use anabranch_api::dynamodb::AttributeValue;
use anabranch_api::{ConditionKeys, Context};
use base64_simd::STANDARD;
use bytestring::ByteString;

use crate::Tables;
use crate::attributes;
use crate::value::Value;

const KEY: &str = "dynamodb:leadingkeys";

impl Tables {
    /// The partition keys of items, or of keys, each with its table's name. One that is none is left out: its request is refused whoever
    /// makes it.
    pub(crate) fn leading_keys<'a>(
        &self,
        cx: &Context,
        items: impl IntoIterator<Item = (&'a ByteString, &'a Vec<(ByteString, AttributeValue)>)>,
    ) -> ConditionKeys {
        let values = items.into_iter().filter_map(|(table, attributes)| {
            let table = self.table(cx, table).ok()?;
            let (_, value) = attributes.iter().find(|(name, _)| *table.stored.key.hash == **name)?;
            shown(&attributes::read(value).ok()?)
        });
        condition_keys(values.collect())
    }
}

/// The key of these values; none without one.
pub(crate) fn condition_keys(values: Vec<String>) -> ConditionKeys {
    if values.is_empty() { ConditionKeys::new() } else { vec![(KEY.to_owned(), values)] }
}

/// A key's value as conditions compare it: equal numbers are the same text.
pub(crate) fn shown(value: &Value) -> Option<String> {
    match value {
        Value::S(text) => Some(text.to_string()),
        Value::N(number) => Some(number.to_string()),
        Value::B(bytes) => Some(STANDARD.encode_to_string(bytes)),
        _ => None,
    }
}
