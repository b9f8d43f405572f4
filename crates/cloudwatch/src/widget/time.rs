//! Times as widgets name them.

use anabranch_types::Timestamp;
use jiff::tz::TimeZone;

/// `2018-04-25T12:00:00.000Z`, or, before `now`, `-PT3H`, `-P7D`, `-P1M`.
pub(super) fn instant(text: &str, now: Timestamp) -> Option<Timestamp> {
    if text.starts_with("-P") {
        let span: jiff::Span = text.parse().ok()?;
        let now = jiff::Timestamp::from_millisecond(now.millis()).ok()?.to_zoned(TimeZone::UTC);
        return Some(Timestamp::from_millis(now.checked_add(span).ok()?.timestamp().as_millisecond()));
    }
    absolute(text)
}

/// `2018-08-28T15:25:26Z`
pub(super) fn absolute(text: &str) -> Option<Timestamp> {
    let instant: jiff::Timestamp = text.parse().ok()?;
    Some(Timestamp::from_millis(instant.as_millisecond()))
}

/// `+0130`, in seconds.
pub(super) fn offset_seconds(text: &str) -> Option<i32> {
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    if digits.len() != 4 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let number: i32 = digits.parse().ok()?;
    let (hours, minutes) = (number / 100, number % 100);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_absolute_or_so_long_ago() {
        let now = Timestamp::from_seconds(1_795_275_600);
        for (text, seconds) in [
            ("-PT3H", Some(1_795_275_600 - 3 * 3600)),
            ("-PT0H", Some(1_795_275_600)),
            ("-P7D", Some(1_795_275_600 - 7 * 86_400)),
            ("-P2W", Some(1_795_275_600 - 14 * 86_400)),
            ("-P1M", Some(1_795_275_600 - 31 * 86_400)),
            ("-P1DT1H", Some(1_795_275_600 - 25 * 3600)),
            ("2026-11-21T15:40:00.000Z", Some(1_795_275_600)),
            ("2026-11-21T16:40:00+01:00", Some(1_795_275_600)),
            ("2026-11-21", None),
            ("PT3H", None),
            ("-P", None),
            ("-P99999Y", None),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(instant(text, now).map(|at| at.seconds()), seconds, "{text}");
        }
    }

    #[test]
    fn offsets_are_hours_and_minutes() {
        for (text, seconds) in [
            ("+0000", Some(0)),
            ("+0130", Some(5400)),
            ("-0800", Some(-28_800)),
            ("+2359", Some(86_340)),
            ("+2400", None),
            ("+0160", None),
            ("0130", None),
            ("+130", None),
            ("+01:30", None),
            ("é0130", None),
            ("", None),
        ] {
            assert_eq!(offset_seconds(text), seconds, "{text}");
        }
    }
}
