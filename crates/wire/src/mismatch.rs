//! A value of the wrong type, in the words that kinesalite recorded on AWS (test/helpers.js `assertType`,
//! validations/index.js `checkType`).

use crate::Malformed;

/// What stands in the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    Null,
    Boolean,
    Number,
    Text,
    Bytes,
    List,
    Map,
}

/// What the shape wants there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Structure,
    List,
    Map,
    Text,
    Blob,
    Integer,
    Long,
    Double,
    Boolean,
    Timestamp,
}

/// The refusal of `found` where `wanted` is due.
#[cold]
pub(crate) fn mismatch(found: Found, wanted: Wanted) -> Malformed {
    let class = match found {
        Found::Null => return Malformed::SYNTAX,
        Found::Map => return Malformed::because("Start of structure or map found where not expected."),
        Found::List => return Malformed::because("Start of list found where not expected"),
        Found::Boolean => "java.lang.Boolean",
        Found::Number => "com.amazon.coral.value.json.numbers.TruncatingBigNumber",
        Found::Text => "java.lang.String",
        Found::Bytes => "java.nio.HeapByteBuffer",
    };
    let target = match wanted {
        Wanted::Structure => return Malformed::because("Expected null"),
        Wanted::List => return Malformed::because("Expected list or null"),
        Wanted::Map => return Malformed::because("Expected map or null"),
        Wanted::Text => "an String",
        Wanted::Blob => "a Blob",
        Wanted::Integer => "an Integer",
        Wanted::Long => "an Long",
        Wanted::Double => "an Double",
        Wanted::Boolean => "an Boolean",
        Wanted::Timestamp => "milliseconds since epoch",
    };
    Malformed::because(format!("class {class} can not be converted to {target}"))
}

/// How much of a value a refusal quotes.
const QUOTED_BYTES_MAX: usize = 1024;

/// The part of `value` that a refusal quotes.
pub(crate) fn quoted(value: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(&value[..value.len().min(QUOTED_BYTES_MAX)])
}

/// Text where a boolean is due: the words AWS converts, or the refusal, which quotes it in capitals.
pub(crate) fn boolean_of_text(text: &[u8]) -> Result<bool, Malformed> {
    let is = |word: &str| text.eq_ignore_ascii_case(word.as_bytes());
    if is("true") || is("yes") || is("1") {
        Ok(true)
    } else if is("false") || is("no") || is("0") {
        Ok(false)
    } else {
        let shown = quoted(text).to_uppercase();
        Err(Malformed::because(format!("'{shown}' can not be converted to an Boolean")))
    }
}
