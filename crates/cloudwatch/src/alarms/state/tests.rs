use ComparisonOperator::{
    GreaterThanOrEqualToThreshold, GreaterThanThreshold, LessThanOrEqualToThreshold, LessThanThreshold,
};
use StateValue::{Alarm, InsufficientData, Ok};

use super::*;

const TREATMENTS: [Treatment; 4] =
    [Treatment::Missing, Treatment::Ignore, Treatment::Breaching, Treatment::NotBreaching];

fn condition(to_alarm: usize, periods: usize, missing: Treatment) -> Condition {
    Condition {
        comparison: GreaterThanThreshold,
        threshold: 1.0,
        periods,
        to_alarm,
        missing,
        significant_for: None,
    }
}

/// `0` does not breach, `X` does, `-` is missing; the newest at the right.
fn range(drawn: &str) -> Vec<Option<Point>> {
    let point = |(minute, drawn): (i64, char)| {
        let value = match drawn {
            '0' => 0.0,
            'X' => 2.0,
            _ => return None,
        };
        Some(Point { at: Timestamp::from_seconds(minute * 60), value, samples: None })
    };
    (0..).zip(drawn.chars()).map(point).collect()
}

/// AWS's two tables, and what its text says beside them; the columns are missing, ignore, breaching and notBreaching.
#[test]
fn missing_data_are_treated_as_in_awss_tables() {
    let same = |state| [Some(state); 4];
    let cases = [
        (3, "0-X-X", same(Ok)),
        (3, "0----", same(Ok)),
        (3, "-----", [Some(InsufficientData), None, Some(Alarm), Some(Ok)]),
        (3, "0XX-X", same(Alarm)),
        (3, "--X--", [Some(Alarm), None, Some(Alarm), Some(Ok)]),
        (3, "----X", [None, None, Some(Alarm), Some(Ok)]),
        (3, "---X-", [None, None, Some(Alarm), Some(Ok)]),
        (3, "---X0", same(Ok)),
        (3, "XX000", same(Ok)),
        (2, "0-X-X", same(Alarm)),
        (2, "00X0X", same(Alarm)),
        (2, "0-X--", [Some(Ok), Some(Ok), Some(Alarm), Some(Ok)]),
        (2, "----0", [Some(Ok), Some(Ok), Some(Alarm), Some(Ok)]),
        (2, "---X-", [Some(Alarm), None, Some(Alarm), Some(Ok)]),
    ];
    for (to_alarm, drawn, expected) in cases {
        let found = TREATMENTS.map(|missing| condition(to_alarm, 3, missing).judge(&range(drawn)).state);
        assert_eq!(found, expected, "{to_alarm} out of 3 of {drawn}");
    }
}

#[test]
fn each_comparison_breaches_on_its_side() {
    let cases = [
        (GreaterThanOrEqualToThreshold, [false, true, true]),
        (GreaterThanThreshold, [false, false, true]),
        (LessThanThreshold, [true, false, false]),
        (LessThanOrEqualToThreshold, [true, true, false]),
    ];
    for (comparison, expected) in cases {
        let condition = Condition { comparison, ..condition(1, 1, Treatment::Missing) };
        assert_eq!([0.9, 1.0, 1.1].map(|value| condition.breaches(value)), expected, "{comparison:?}");
    }
}

#[test]
fn fewer_samples_than_are_significant_change_nothing_where_that_is_asked_for() {
    let point =
        |samples| [Some(Point { at: Timestamp::from_seconds(0), value: 2.0, samples: Some(samples) })];
    let cases = [
        (Some(0.99), 999.0, None),
        (Some(0.99), 1000.1, Some(Alarm)),
        (Some(0.5), 19.0, None),
        (Some(0.5), 20.0, Some(Alarm)),
        (Some(0.1), 99.0, None),
        (Some(0.1), 100.0, Some(Alarm)),
        (None, 1.0, Some(Alarm)),
    ];
    for (significant_for, samples, expected) in cases {
        let condition = Condition { significant_for, ..condition(1, 1, Treatment::Missing) };
        assert_eq!(condition.judge(&point(samples)).state, expected, "{significant_for:?} of {samples}");
    }
}

#[test]
fn what_was_judged_is_told_the_newest_first_and_never_more_than_was_asked_for() {
    let verdict = condition(3, 3, Treatment::Breaching).judge(&range("0XX-X"));
    let minutes: Vec<_> = verdict.evaluated.iter().map(|point| point.at.seconds() / 60).collect();
    assert_eq!((minutes, verdict.filled), (vec![4, 2, 1], 0));
    assert_eq!(condition(3, 3, Treatment::Breaching).judge(&range("0----")).filled, 2);
}
