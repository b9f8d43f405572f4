//! Times as text: ISO 8601 and HTTP dates, by jiff.

use std::fmt;

use anabranch_types::Timestamp;
use jiff::fmt::rfc2822::{DateTimeParser, DateTimePrinter};

use crate::TimestampForm;

/// The time that `text` says in ISO 8601 or as an HTTP date (RFC 9110, 5.6.7), the form that is asked for first.
pub(crate) fn parse(text: &str, form: TimestampForm) -> Option<Timestamp> {
    let parsed = match form {
        TimestampForm::HttpDate => http_date(text).or_else(|| text.parse().ok()),
        TimestampForm::EpochSeconds => return text.parse().ok().and_then(of_seconds),
        TimestampForm::Default | TimestampForm::Iso8601 => text.parse().ok().or_else(|| http_date(text)),
    };
    parsed.map(|t: jiff::Timestamp| Timestamp::from_millis(t.as_millisecond()))
}

fn http_date(text: &str) -> Option<jiff::Timestamp> {
    static PARSER: DateTimeParser = DateTimeParser::new();
    PARSER.parse_timestamp(text).ok()
}

/// The time furthest from the epoch: as far as a double of seconds, which is what JSON and Smithy RPC v2 carry, tells each millisecond from
/// the next. Some 69,000 years.
const MILLIS_MAX: i64 = 1000 << 41;

/// The time `seconds` after the epoch, rounded to the millisecond, held at the ends of what can be said; `None` for what is no number.
pub(crate) fn of_seconds(seconds: f64) -> Option<Timestamp> {
    // A float is cast to the nearest integer there is, so this cannot overflow.
    (!seconds.is_nan()).then(|| of_millis((seconds * 1000.0).round() as i64))
}

/// The time `millis` after the epoch, held at the ends of what every protocol can say.
pub(crate) fn of_millis(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis.clamp(-MILLIS_MAX, MILLIS_MAX))
}

/// `2026-11-21T15:39:42Z`, with as many digits of a second's fraction as it has.
pub(crate) struct Iso8601(pub(crate) Timestamp);

/// `Sat, 21 Nov 2026 15:39:42 GMT`
pub(crate) struct HttpDate(pub(crate) Timestamp);

/// Seconds with at most three digits of fraction, as few as it has: `1538492400.12`.
pub(crate) struct EpochSeconds(pub(crate) Timestamp);

/// The digits of 2⁶³ / 1000, a point and three digits.
const SECONDS_TEXT_BYTES_MAX: usize = 16 + 4;

impl fmt::Display for Iso8601 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0.millis()) {
            Ok(t) => write!(f, "{t}"),
            Err(_) => write!(f, "{}", EpochSeconds(self.0)),
        }
    }
}

impl fmt::Display for HttpDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        static PRINTER: DateTimePrinter = DateTimePrinter::new();
        let printed = jiff::Timestamp::from_millisecond(self.0.millis())
            .and_then(|t| PRINTER.timestamp_to_rfc9110_string(&t));
        match printed {
            Ok(text) => f.write_str(&text),
            Err(_) => write!(f, "{}", EpochSeconds(self.0)),
        }
    }
}

impl fmt::Display for EpochSeconds {
    /// In at most two pieces: every record of an answer has one of these.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.0.millis();
        if ms < 0 {
            f.write_str("-")?;
        }
        let (seconds, fraction) = (ms.unsigned_abs() / 1000, ms.unsigned_abs() % 1000);
        let mut text = [0; SECONDS_TEXT_BYTES_MAX];
        let mut digits = itoa::Buffer::new();
        let whole = digits.format(seconds).as_bytes();
        text[..whole.len()].copy_from_slice(whole);
        let parts = [b'.', digit(fraction / 100), digit(fraction / 10), digit(fraction)];
        text[whole.len()..][..parts.len()].copy_from_slice(&parts);
        let fraction_bytes = match fraction {
            0 => 0,
            _ if fraction % 100 == 0 => 2,
            _ if fraction % 10 == 0 => 3,
            _ => 4,
        };
        f.write_str(std::str::from_utf8(&text[..whole.len() + fraction_bytes]).map_err(|_| fmt::Error)?)
    }
}

/// A decimal's last digit.
fn digit(number: u64) -> u8 {
    b'0' + (number % 10) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_and_read_in_each_form() {
        for (ms, seconds, iso, http) in [
            (0, "0", "1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 GMT"),
            (1_538_492_400_120, "1538492400.12", "2018-10-02T15:00:00.12Z", "Tue, 02 Oct 2018 15:00:00 GMT"),
            (
                1_538_492_400_007,
                "1538492400.007",
                "2018-10-02T15:00:00.007Z",
                "Tue, 02 Oct 2018 15:00:00 GMT",
            ),
            (-1_500, "-1.5", "1969-12-31T23:59:58.5Z", "Wed, 31 Dec 1969 23:59:58 GMT"),
        ] {
            let time = Timestamp::from_millis(ms);
            assert_eq!(EpochSeconds(time).to_string(), seconds);
            assert_eq!(Iso8601(time).to_string(), iso);
            assert_eq!(parse(seconds, TimestampForm::EpochSeconds), Some(time));
            assert_eq!(parse(iso, TimestampForm::Default), Some(time));
            if ms >= 0 {
                assert_eq!(HttpDate(time).to_string(), http);
                assert_eq!(
                    parse(http, TimestampForm::HttpDate),
                    Some(Timestamp::from_seconds(time.seconds()))
                );
            }
        }
    }

    #[test]
    fn a_time_far_off_is_held_at_the_end() {
        assert_eq!(of_seconds(1e300), Some(Timestamp::from_millis(MILLIS_MAX)));
        assert_eq!(of_millis(i64::MIN), Timestamp::from_millis(-MILLIS_MAX));
        let last = EpochSeconds(Timestamp::from_millis(MILLIS_MAX - 1)).to_string();
        assert_eq!(parse(&last, TimestampForm::EpochSeconds), Some(Timestamp::from_millis(MILLIS_MAX - 1)));
        assert_eq!(of_seconds(f64::NAN), None);
    }
}
