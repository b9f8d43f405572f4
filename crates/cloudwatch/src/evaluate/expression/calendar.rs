use anabranch_types::Timestamp;

/// A part of a time in UTC, by the function's name: days of the week are 1 to 7 from Monday on.
pub(super) fn part(name: &str, at: Timestamp) -> f64 {
    if name == "EPOCH" {
        return at.seconds() as f64;
    }
    let Ok(time) = jiff::Timestamp::from_second(at.seconds()) else { return f64::NAN };
    let time = time.to_zoned(jiff::tz::TimeZone::UTC);
    match name {
        "MINUTE" => f64::from(time.minute()),
        "HOUR" => f64::from(time.hour()),
        "DAY" => f64::from(time.weekday().to_monday_one_offset()),
        "DATE" => f64::from(time.day()),
        "MONTH" => f64::from(time.month()),
        _ => f64::from(time.year()),
    }
}
