//! Why an alarm is in its state, in AWS's words and as its JSON.

use anabranch_api::cloudwatch::{ComparisonOperator, StateValue};
use anabranch_types::Timestamp;
use serde_json::{Value, json};

use super::state::{Condition, Point, Treatment, Verdict};

/// CW API MetricAlarm, StateReason.
pub(crate) const REASON_CHARS_MAX: usize = 1023;
/// CW API MetricAlarm, StateReasonData.
pub(crate) const REASON_DATA_CHARS_MAX: usize = 4000;

/// An alarm that nobody evaluated yet.
pub(crate) const UNCHECKED: &str = "Unchecked: Initial alarm creation";

/// What an evaluation was asked for.
pub(crate) struct Asked<'a> {
    pub condition: &'a Condition,
    /// When it was evaluated.
    pub at: Timestamp,
    /// Where the first of the periods looked at starts.
    pub from: Timestamp,
    pub period_seconds: i64,
    /// Where one metric is watched.
    pub statistic: Option<&'a str>,
    pub unit: Option<&'static str>,
}

/// The sentence for a change from `before` to `after`. Its forms are from states that AWS's users publish; those with datapoints and
/// missing ones together are after its pattern.
pub(crate) fn sentence(
    condition: &Condition,
    verdict: &Verdict,
    before: StateValue,
    after: StateValue,
) -> String {
    let Verdict { evaluated, filled, .. } = verdict;
    let periods = condition.periods;
    if after == StateValue::InsufficientData {
        return format!("Insufficient Data: {} unknown.", many(periods, "datapoint was", "datapoints were"));
    }
    let treated = treated(condition.missing, *filled);
    let breaches = after == StateValue::Alarm;
    let counting: Vec<&Point> =
        evaluated.iter().filter(|point| condition.breaches(point.value) == breaches).collect();
    if counting.is_empty() {
        let received = match evaluated.len() {
            0 => "no datapoints were received".to_owned(),
            some => many(some, "datapoint was received", "datapoints were received"),
        };
        let periods = many(periods, "period", "periods");
        return format!("Threshold Crossed: {received} for {periods} and {treated}.");
    }
    let listed: Vec<String> =
        counting.iter().map(|p| format!("{} ({})", number(p.value), day(p.at))).collect();
    let was = if counting.len() == 1 { "was" } else { "were" };
    let not = if breaches { "" } else { "not " };
    let least = if breaches { condition.to_alarm } else { periods - condition.to_alarm + 1 };
    let and = if *filled > 0 { format!(" and {treated}") } else { String::new() };
    format!(
        "Threshold Crossed: {} out of the last {} [{}] {was} {not}{} the threshold ({}){and} \
         (minimum {} for {before} -> {after} transition).",
        counting.len(),
        many(periods, "datapoints", "datapoints"),
        listed.join(", "),
        compared(condition.comparison),
        number(condition.threshold),
        many(least, "datapoint", "datapoints"),
    )
}

/// StateReasonData: what was asked for and what was there. Datapoints that do not fit are left out, the oldest first.
pub(crate) fn data(asked: &Asked<'_>, verdict: &Verdict) -> String {
    let mut shown = verdict.evaluated.len();
    loop {
        let text = data_of(asked, &verdict.evaluated[..shown]).to_string();
        if text.len() <= REASON_DATA_CHARS_MAX || shown == 0 {
            return text;
        }
        shown -= 1;
    }
}

fn data_of(asked: &Asked<'_>, evaluated: &[Point]) -> Value {
    let mut data = serde_json::Map::new();
    data.insert("version".into(), json!("1.0"));
    data.insert("queryDate".into(), json!(instant(asked.at)));
    if !evaluated.is_empty() {
        data.insert("startDate".into(), json!(instant(asked.from)));
    }
    if let Some(unit) = asked.unit {
        data.insert("unit".into(), json!(unit));
    }
    if let Some(statistic) = asked.statistic {
        data.insert("statistic".into(), json!(statistic));
    }
    data.insert("period".into(), json!(asked.period_seconds));
    let recent: Vec<f64> = evaluated.iter().rev().map(|point| point.value).collect();
    data.insert("recentDatapoints".into(), json!(recent));
    data.insert("threshold".into(), json!(asked.condition.threshold));
    let points = evaluated.iter().map(|point| match point.samples {
        Some(samples) => {
            json!({"timestamp": instant(point.at), "sampleCount": samples, "value": point.value})
        }
        None => json!({"timestamp": instant(point.at), "value": point.value}),
    });
    data.insert("evaluatedDatapoints".into(), points.collect());
    data.into()
}

/// As AWS writes moments in JSON: `2026-11-22T06:00:00.000+0000`.
pub(crate) fn instant(at: Timestamp) -> String {
    at.to_string().replace('Z', "+0000")
}

fn treated(missing: Treatment, filled: usize) -> String {
    let treatment = if missing == Treatment::Breaching { "Breaching" } else { "NonBreaching" };
    let missing = many(filled, "missing datapoint was", "missing datapoints were");
    format!("{missing} treated as [{treatment}]")
}

fn many(count: usize, one: &str, more: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
}

fn compared(comparison: ComparisonOperator) -> &'static str {
    match comparison {
        ComparisonOperator::GreaterThanOrEqualToThreshold => "greater than or equal to",
        ComparisonOperator::GreaterThanThreshold | ComparisonOperator::GreaterThanUpperThreshold => {
            "greater than"
        }
        ComparisonOperator::LessThanThreshold | ComparisonOperator::LessThanLowerThreshold => "less than",
        ComparisonOperator::LessThanOrEqualToThreshold => "less than or equal to",
        ComparisonOperator::LessThanLowerOrGreaterThanUpperThreshold => "outside",
    }
}

/// As Java writes a double, which is what AWS's sentences show: `100.0`, `1.048576E7`.
pub(crate) fn number(value: f64) -> String {
    if value == 0.0 || (1e-3..1e7).contains(&value.abs()) {
        return format!("{value:?}");
    }
    let text = format!("{value:E}");
    match text.split_once('E') {
        Some((digits, exponent)) if !digits.contains('.') => format!("{digits}.0E{exponent}"),
        _ => text,
    }
}

/// `22/11/26 06:00:00`
fn day(at: Timestamp) -> String {
    strftime("%d/%m/%y %H:%M:%S", at)
}

/// The moment in UTC by a format of strftime.
pub(crate) fn strftime(format: &str, at: Timestamp) -> String {
    match jiff::Timestamp::from_millisecond(at.millis()) {
        Ok(at) => at.strftime(format).to_string(),
        Err(_) => at.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use StateValue::{Alarm, InsufficientData, Ok};

    use super::*;

    fn told(to_alarm: usize, missing: Treatment, values: &[Option<f64>], from: StateValue) -> String {
        let condition = Condition {
            comparison: ComparisonOperator::GreaterThanThreshold,
            threshold: 1.0,
            periods: values.len(),
            to_alarm,
            missing,
            significant_for: None,
        };
        let point = |(minute, value): (i64, &Option<f64>)| {
            let at = Timestamp::from_seconds(1_795_327_200 + minute * 60);
            value.map(|value| Point { at, value, samples: Some(1.0) })
        };
        let range: Vec<_> = (0..).zip(values).map(point).collect();
        let verdict = condition.judge(&range);
        let to = verdict.state.unwrap();
        sentence(&condition, &verdict, from, to)
    }

    #[test]
    fn a_reason_is_told_in_awss_words() {
        let cases = [
            (
                1,
                Treatment::Missing,
                &[Some(100.0)][..],
                Ok,
                "Threshold Crossed: 1 out of the last 1 datapoints [100.0 (22/11/26 06:00:00)] was greater than the threshold (1.0) (minimum 1 datapoint for OK -> ALARM transition).",
            ),
            (
                2,
                Treatment::Missing,
                &[Some(2.0), Some(0.0), Some(3.5)],
                Ok,
                "Threshold Crossed: 2 out of the last 3 datapoints [3.5 (22/11/26 06:02:00), 2.0 (22/11/26 06:00:00)] were greater than the threshold (1.0) (minimum 2 datapoints for OK -> ALARM transition).",
            ),
            (
                1,
                Treatment::Missing,
                &[Some(0.0)],
                Alarm,
                "Threshold Crossed: 1 out of the last 1 datapoints [0.0 (22/11/26 06:00:00)] was not greater than the threshold (1.0) (minimum 1 datapoint for ALARM -> OK transition).",
            ),
            (
                2,
                Treatment::Breaching,
                &[None, None],
                InsufficientData,
                "Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints were treated as [Breaching].",
            ),
            (
                1,
                Treatment::NotBreaching,
                &[None],
                Alarm,
                "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching].",
            ),
            (
                2,
                Treatment::Breaching,
                &[None, None, Some(0.0)],
                Ok,
                "Threshold Crossed: 1 datapoint was received for 3 periods and 2 missing datapoints were treated as [Breaching].",
            ),
            (1, Treatment::Missing, &[None], Ok, "Insufficient Data: 1 datapoint was unknown."),
            (3, Treatment::Missing, &[None, None, None], Ok, "Insufficient Data: 3 datapoints were unknown."),
        ];
        for (to_alarm, missing, values, from, expected) in cases {
            assert_eq!(told(to_alarm, missing, values, from), expected);
        }
    }

    #[test]
    fn numbers_are_written_as_java_does() {
        let cases =
            [(0.0, "0.0"), (100.0, "100.0"), (1e7, "1.0E7"), (10_485_760.0, "1.048576E7"), (1e-4, "1.0E-4")];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn reason_data_hold_what_was_judged_and_never_more_than_their_room() {
        let condition = Condition {
            comparison: ComparisonOperator::GreaterThanThreshold,
            threshold: 1.0,
            periods: 100,
            to_alarm: 1,
            missing: Treatment::Missing,
            significant_for: None,
        };
        let point =
            |minute: i64| Point { at: Timestamp::from_seconds(minute * 60), value: 2.5, samples: Some(4.0) };
        let asked = Asked {
            condition: &condition,
            at: Timestamp::from_millis(65_123),
            from: Timestamp::from_seconds(0),
            period_seconds: 60,
            statistic: Some("Sum"),
            unit: None,
        };
        let verdict = |points: Vec<Point>| Verdict { state: Some(Alarm), evaluated: points, filled: 0 };
        assert_eq!(
            data(&asked, &verdict(vec![point(0)])),
            r#"{"evaluatedDatapoints":[{"sampleCount":4.0,"timestamp":"1970-01-01T00:00:00.000+0000","value":2.5}],"period":60,"queryDate":"1970-01-01T00:01:05.123+0000","recentDatapoints":[2.5],"startDate":"1970-01-01T00:00:00.000+0000","statistic":"Sum","threshold":1.0,"version":"1.0"}"#
        );
        let many = data(&asked, &verdict((0..100).map(point).collect()));
        assert!(many.len() <= REASON_DATA_CHARS_MAX && many.len() > 3800, "{}", many.len());
    }
}
