use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;

/// The time that `text` is: one of the W3C's profiles of ISO 8601 (a year, a month, a day, or a time in it, with a fraction of up to nine
/// digits and an offset; UTC without one), or whole seconds since the epoch. A year beyond the calendar is its end.
///
/// What is taken follows what IAM was seen to take (getmoto/moto tests/test_iam/test_iam_policies.py): `01T` and `t2:00:00` are
/// times, an offset has two digits for the hours.
pub(in crate::iam::policy) fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim().to_ascii_lowercase();
    if !text.contains(['t', '-']) {
        let seconds = digits(&text)?;
        return Some(Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX));
    }
    let (date, time) = text.split_once('t').unwrap_or((&text, ""));
    let (year, month, day) = year_month_day(date)?;
    let (time, offset) = time_and_offset(time)?;
    let beyond = if year < 0 { Timestamp::MIN } else { Timestamp::MAX };
    let Some(year) = i16::try_from(year).ok().filter(|year| YEARS_OF_CALENDAR.contains(year)) else {
        return Some(beyond);
    };
    let date = Date::new(year, month, day).ok()?;
    Some(offset.to_timestamp(DateTime::from_parts(date, time)).unwrap_or(beyond))
}

/// The years jiff knows.
const YEARS_OF_CALENDAR: std::ops::RangeInclusive<i16> = -9999..=9999;

/// Java's range of years, which IAM's refusals have (the same source).
const YEARS: std::ops::RangeInclusive<i32> = -292_275_054..=292_278_993;

fn year_month_day(text: &str) -> Option<(i32, i8, i8)> {
    let (sign, text) = text.strip_prefix('-').map_or((1, text), |text| (-1, text));
    let mut parts = text.split('-');
    let year = sign * digits::<i32>(parts.next()?)?;
    let month = parts.next().map_or(Some(1), digits)?;
    let day = parts.next().map_or(Some(1), digits)?;
    let legal = YEARS.contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    (legal && parts.next().is_none()).then_some((year, month, day))
}

fn time_and_offset(text: &str) -> Option<(Time, Offset)> {
    let (time, offset) = match text.find(['z', '+', '-']) {
        None => (text, Offset::UTC),
        Some(at) => (&text[..at], offset(&text[at..])?),
    };
    if time.is_empty() {
        return Some((Time::midnight(), offset));
    }
    let mut parts = time.split(':');
    let hour = digits(parts.next()?)?;
    let minute = parts.next().map_or(Some(0), digits)?;
    let (second, nanosecond) = parts.next().map_or(Some((0, 0)), second_and_fraction)?;
    if parts.next().is_some() {
        return None;
    }
    Some((Time::new(hour, minute, second, nanosecond).ok()?, offset))
}

fn second_and_fraction(text: &str) -> Option<(i8, i32)> {
    let Some((second, fraction)) = text.split_once('.') else { return Some((digits(text)?, 0)) };
    let places = u32::try_from(fraction.len()).ok().filter(|places| *places <= 9)?;
    Some((digits(second)?, digits::<i32>(fraction)? * 10_i32.pow(9 - places)))
}

fn offset(text: &str) -> Option<Offset> {
    if text == "z" {
        return Some(Offset::UTC);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = text[1..].split_once(':').unwrap_or((&text[1..], "00"));
    if hours.len() != 2 || minutes.len() != 2 {
        return None;
    }
    let (hours, minutes) = (digits::<i32>(hours)?, digits::<i32>(minutes)?);
    let legal = hours <= 23 && minutes <= 59;
    legal.then(|| Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok())?
}

/// A number of digits alone, without a sign.
fn digits<T: std::str::FromStr>(text: &str) -> Option<T> {
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| plain)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn dates_are_those_of_the_w3c_profiles() {
        let cases = [
            ("2019-07-16T19:20:30.45+01:00", Some("2019-07-16T18:20:30.45Z")),
            ("2019-07-16T19:20:30Z", Some("2019-07-16T19:20:30Z")),
            ("2019-07-16T19:20:30-08:00", Some("2019-07-17T03:20:30Z")),
            ("2019-07-16T19:20Z", Some("2019-07-16T19:20:00Z")),
            ("2019-07-16", Some("2019-07-16T00:00:00Z")),
            ("2019-07", Some("2019-07-01T00:00:00Z")),
            ("2019T", Some("2019-01-01T00:00:00Z")),
            ("01T", Some("0001-01-01T00:00:00Z")),
            ("2016-12-13t2:00:00.593194+23", Some("2016-12-12T03:00:00.593194Z")),
            ("1563304830", Some("2019-07-16T19:20:30Z")),
            ("0", Some("1970-01-01T00:00:00Z")),
            ("-292275054", Some("-009999-01-02T01:59:59Z")),
            ("9223372036854775807", Some("9999-12-30T22:00:00.999999999Z")),
            ("9223372036854775808", None),
            ("sdfdsf", None),
            ("234-13", None),
            ("2019-02-30", None),
            ("2019-07-16T24:00:00Z", None),
            ("2016-12-13t2:00:00.593194+1", None),
            ("2016-12-13t2:00:00.1999999999+10:59", None),
            ("2016-12-13T2:00:00+24:00", None),
            ("2016-12-13T2:00:00Zx", None),
            ("2016-12-13-01", None),
            ("", None),
            ("+5", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text).map(|t| t.to_string()), expected.map(str::to_owned), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_odd_to_be_refused(text in "[-0-9tTzZ:.+ä ]{0,24}") {
            let _ = parse(&text);
        }
    }
}
