//! `20130524T000000Z`, the basic form of ISO 8601.

use std::fmt;

use anabranch_types::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::{TimestampForm, time};

/// A time in the basic form.
pub(super) struct Basic(pub(super) Timestamp);

impl fmt::Display for Basic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = jiff::Timestamp::from_millisecond(self.0.millis()).unwrap_or_default();
        let t = TimeZone::UTC.to_datetime(at);
        let (date, time) = (t.date(), t.time());
        write!(f, "{:04}{:02}{:02}T", date.year(), date.month(), date.day())?;
        write!(f, "{:02}{:02}{:02}Z", time.hour(), time.minute(), time.second())
    }
}

/// The time of a text in the basic form.
pub(super) fn parse_basic(text: &str) -> Option<Timestamp> {
    let shaped = text.len() == 16 && text.is_ascii() && text.as_bytes()[8] == b'T' && text.ends_with('Z');
    if !shaped {
        return None;
    }
    let number = |from: usize, to: usize| -> Option<i16> {
        let digits = &text[from..to];
        if digits.bytes().all(|b| b.is_ascii_digit()) { digits.parse().ok() } else { None }
    };
    let small = |from: usize| -> Option<i8> { number(from, from + 2)?.try_into().ok() };
    let civil =
        DateTime::new(number(0, 4)?, small(4)?, small(6)?, small(9)?, small(11)?, small(13)?, 0).ok()?;
    let at = TimeZone::UTC.to_timestamp(civil).ok()?;
    Some(Timestamp::from_seconds(at.as_second()))
}

/// The time of a `Date` header: the basic form or an HTTP date.
pub(super) fn parse_header(text: &str) -> Option<Timestamp> {
    parse_basic(text).or_else(|| time::parse(text, TimestampForm::HttpDate))
}
