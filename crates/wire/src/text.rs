//! Values that stand as text: in forms, XML, paths, query strings and headers.

use anabranch_types::Timestamp;
use bytes::Bytes;

use crate::mismatch::{Found, Wanted, boolean_of_text, mismatch};
use crate::{Malformed, TimestampForm, base64, time};

/// An integer; one that does not fit is held at the type's end, as in JSON.
pub(crate) fn integer(text: &str) -> Result<i32, Malformed> {
    let long = whole(text, Wanted::Integer)?;
    Ok(long.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32)
}

/// A long; one that does not fit is held at the type's end.
pub(crate) fn long(text: &str) -> Result<i64, Malformed> {
    whole(text, Wanted::Long)
}

fn whole(text: &str, wanted: Wanted) -> Result<i64, Malformed> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(mismatch(Found::Text, wanted));
    }
    let end = if text.starts_with('-') { i64::MIN } else { i64::MAX };
    Ok(text.parse().unwrap_or(end))
}

/// A double, `NaN`, `Infinity` and `-Infinity` among them.
pub(crate) fn double(text: &str) -> Result<f64, Malformed> {
    text.parse().map_err(|_| mismatch(Found::Text, Wanted::Double))
}

/// A boolean.
pub(crate) fn boolean(text: &str) -> Result<bool, Malformed> {
    boolean_of_text(text.as_bytes())
}

/// A time: in `form`, or any other that it can be told from.
pub(crate) fn timestamp(text: &str, form: TimestampForm) -> Result<Timestamp, Malformed> {
    let parsed = time::parse(text, form).or_else(|| time::parse(text, TimestampForm::EpochSeconds));
    parsed.ok_or_else(|| mismatch(Found::Text, Wanted::Timestamp))
}

/// A blob, which is base64.
pub(crate) fn blob(text: &str) -> Result<Bytes, Malformed> {
    let mut into = vec![0; base64::decoded_len_max(text.len())];
    let len = base64::decode(text.as_bytes(), &mut into).ok_or_else(|| base64::refusal(text.as_bytes()))?;
    into.truncate(len);
    Ok(into.into())
}
