//! Times on an axis.

use anabranch_types::Timestamp;
use jiff::tz::{Offset, TimeZone};

const DAY: i64 = 86_400;
/// Distances that people count time in, in seconds.
const STEPS: [i64; 22] = [
    1,
    5,
    10,
    30,
    60,
    300,
    600,
    900,
    1_800,
    3_600,
    7_200,
    10_800,
    21_600,
    43_200,
    DAY,
    2 * DAY,
    7 * DAY,
    14 * DAY,
    30 * DAY,
    91 * DAY,
    182 * DAY,
    365 * DAY,
];
/// Times on an axis at the most.
const TICKS_MAX: i64 = 100;

/// Round times from `start` to `end`, at most so many, and how they are written where the clock is so far ahead of UTC.
pub(super) fn ticks(
    start: Timestamp,
    end: Timestamp,
    most: usize,
    offset_seconds: i32,
) -> Vec<(Timestamp, String)> {
    let most = i64::try_from(most).unwrap_or(TICKS_MAX).clamp(1, TICKS_MAX);
    let Ok(offset) = Offset::from_seconds(offset_seconds) else { return Vec::new() };
    let (zone, ahead) = (TimeZone::fixed(offset), i64::from(offset_seconds));
    let (from, to) = (start.seconds() + i64::from(start.millis() % 1000 != 0), end.seconds());
    let least = (to - from + most - 1) / most;
    let step = STEPS.into_iter().find(|step| *step >= least);
    let step = step.unwrap_or_else(|| (least / STEPS[STEPS.len() - 1] + 1) * STEPS[STEPS.len() - 1]);
    let first = (from + ahead).div_euclid(step) * step - ahead;
    let all = (0..=most + 1).map(|n| first + n * step).filter(|at| (from..=to).contains(at));
    all.filter_map(|at| Some((Timestamp::from_seconds(at), written(at, step, &zone)?))).collect()
}

fn written(at: i64, step: i64, zone: &TimeZone) -> Option<String> {
    let time = jiff::Timestamp::from_second(at).ok()?.to_zoned(zone.clone());
    let is_midnight = time.hour() == 0 && time.minute() == 0 && time.second() == 0;
    let form = match step {
        _ if step >= 91 * DAY => "%Y/%m",
        _ if step >= DAY || is_midnight => "%m/%d",
        _ if step >= 60 => "%H:%M",
        _ => "%H:%M:%S",
    };
    Some(time.strftime(form).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-21T15:40:00Z
    const T0: i64 = 1_795_275_600;

    #[test]
    fn an_axis_shows_round_times() {
        for (seconds, most, offset, expected) in [
            (3 * 3600, 7, 0, "13:00 13:30 14:00 14:30 15:00 15:30"),
            (3600, 6, 0, "14:40 14:50 15:00 15:10 15:20 15:30 15:40"),
            (3600, 6, 5400, "16:10 16:20 16:30 16:40 16:50 17:00 17:10"),
            (60, 6, 0, "15:39:00 15:39:10 15:39:20 15:39:30 15:39:40 15:39:50 15:40:00"),
            (DAY, 8, 0, "18:00 21:00 11/21 03:00 06:00 09:00 12:00 15:00"),
            (7 * DAY, 7, 0, "11/15 11/16 11/17 11/18 11/19 11/20 11/21"),
            (455 * DAY, 6, 0, "2025/10 2026/01 2026/04 2026/07 2026/10"),
            (9_000 * DAY, 6, 0, "2004/12 2009/12 2014/12 2019/12 2024/12"),
        ] {
            let ticks =
                ticks(Timestamp::from_seconds(T0 - seconds), Timestamp::from_seconds(T0), most, offset);
            let ticks: Vec<String> = ticks.into_iter().map(|(_, written)| written).collect();
            assert_eq!(ticks.join(" "), expected, "{seconds}");
        }
    }
}
