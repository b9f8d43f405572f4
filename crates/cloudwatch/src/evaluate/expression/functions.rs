//! The functions of metric math (CloudWatch User Guide, functions supported for metric math).

use std::collections::BTreeMap;

use anabranch_types::Timestamp;

use super::calendar;
use super::value::{TimeSeries, Value};
use crate::evaluate::points::Points;
use crate::grid::Grid;

/// Points of a series that a function makes at the most (CW API GetMetricData, MaxDatapoints).
const POINTS_MAX: i64 = 100_800;

/// Functions that need what is not here.
const REFUSED: [&str; 5] =
    ["ANOMALY_DETECTION_BAND", "INSIGHT_RULE_METRIC", "SERVICE_QUOTA", "DB_PERF_INSIGHTS", "LAMBDA"];

/// Calls a function on values. `times` are all that a series can have.
pub(super) fn call(name: &str, arguments: Vec<Value>, times: &Times<'_>) -> Result<Value, String> {
    let count = arguments.len();
    let mut arguments = arguments.into_iter();
    let mut next = || arguments.next();
    let wrong = || format!("{name} does not take {count} arguments");
    match (name, count) {
        ("ABS", 1) => next().ok_or_else(wrong)?.map(f64::abs),
        ("CEIL", 1) => next().ok_or_else(wrong)?.map(f64::ceil),
        ("FLOOR", 1) => next().ok_or_else(wrong)?.map(f64::floor),
        ("LOG", 1) => next().ok_or_else(wrong)?.map(f64::ln),
        ("LOG10", 1) => next().ok_or_else(wrong)?.map(f64::log10),
        ("SUM" | "AVG" | "MIN" | "MAX" | "STDDEV", 1) => folded(name, next().ok_or_else(wrong)?),
        ("DIFF" | "DIFF_TIME" | "RATE" | "RUNNING_SUM", 1) => {
            each(next().ok_or_else(wrong)?, name, |s| stepped(name, s))
        }
        ("MINUTE" | "HOUR" | "DAY" | "DATE" | "MONTH" | "YEAR" | "EPOCH", 1) => {
            each(next().ok_or_else(wrong)?, name, |s| s.map(|at, _| calendar::part(name, at)))
        }
        ("PERIOD", 1) => match next().ok_or_else(wrong)? {
            Value::Series(series) => Ok(Value::Scalar(series.period_seconds as f64)),
            other => Err(unsupported(name, &other)),
        },
        ("TIME_SERIES", 1) => match next().ok_or_else(wrong)? {
            Value::Scalar(value) => {
                let points = times.of(times.period_seconds)?.map(|at| (at, value)).collect();
                let label = name.into();
                Ok(Value::Series(TimeSeries { label, period_seconds: times.period_seconds, points }))
            }
            other => Err(unsupported(name, &other)),
        },
        ("FILL", 2) => {
            let (of, with) = (next().ok_or_else(wrong)?, next().ok_or_else(wrong)?);
            filled(of, &with, times)
        }
        ("IF", 2 | 3) => {
            let (condition, then) = (next().ok_or_else(wrong)?, next().ok_or_else(wrong)?);
            chosen(condition, then, next())
        }
        ("FIRST" | "LAST", 1) => {
            let mut all = array(name, next().ok_or_else(wrong)?)?;
            let found = if name == "FIRST" { all.drain(..).next() } else { all.pop() };
            found.map(Value::Series).ok_or_else(|| format!("{name} of no time series"))
        }
        ("METRIC_COUNT", 1) => Ok(Value::Scalar(array(name, next().ok_or_else(wrong)?)?.len() as f64)),
        ("REMOVE_EMPTY", 1) => {
            let all = array(name, next().ok_or_else(wrong)?)?;
            Ok(Value::Array(all.into_iter().filter(|series| !series.points.is_empty()).collect()))
        }
        ("SLICE", 2 | 3) => {
            let all = array(name, next().ok_or_else(wrong)?)?;
            let start = index(name, next())?.ok_or_else(wrong)?.min(all.len());
            let end = index(name, next())?.unwrap_or(all.len()).clamp(start, all.len());
            Ok(Value::Array(all[start..end].to_vec()))
        }
        ("SORT", 3 | 4) => {
            let all = array(name, next().ok_or_else(wrong)?)?;
            let (by, order) = (next().ok_or_else(wrong)?, next().ok_or_else(wrong)?);
            sorted(all, &by, &order, index(name, next())?)
        }
        (name, _) if REFUSED.contains(&name) => Err(format!("{name} is not implemented by Anabranch")),
        (name, _) if KNOWN.contains(&name) => Err(wrong()),
        (name, _) => Err(format!("Unknown function '{name}'")),
    }
}

const KNOWN: [&str; 31] = [
    "ABS",
    "CEIL",
    "FLOOR",
    "LOG",
    "LOG10",
    "SUM",
    "AVG",
    "MIN",
    "MAX",
    "STDDEV",
    "DIFF",
    "DIFF_TIME",
    "RATE",
    "RUNNING_SUM",
    "MINUTE",
    "HOUR",
    "DAY",
    "DATE",
    "MONTH",
    "YEAR",
    "EPOCH",
    "PERIOD",
    "TIME_SERIES",
    "FILL",
    "IF",
    "FIRST",
    "LAST",
    "METRIC_COUNT",
    "REMOVE_EMPTY",
    "SLICE",
    "SORT",
];

/// Which times there are.
pub(super) struct Times<'a> {
    pub(super) start: Timestamp,
    /// Excluded; not later than now.
    pub(super) end: Timestamp,
    /// What a series has that is made of nothing.
    pub(super) period_seconds: i64,
    /// Counts what is made of nothing.
    pub(super) points: &'a Points,
}

impl Times<'_> {
    /// The start of each period.
    fn of(&self, period_seconds: i64) -> Result<impl Iterator<Item = Timestamp> + use<>, String> {
        let grid = Grid::aligned(self.start, self.end.max(self.start), period_seconds);
        let (start, end) = (grid.start.seconds(), grid.end.seconds());
        if end.saturating_sub(start) / period_seconds > POINTS_MAX {
            return Err(format!("A time series would have more than {POINTS_MAX} data points"));
        }
        Ok((0..)
            .map(move |n| start + n * period_seconds)
            .take_while(move |at| *at < end)
            .map(Timestamp::from_seconds))
    }
}

fn unsupported(name: &str, value: &Value) -> String {
    format!("{name} does not take a value of type {}", value.kind())
}

fn array(name: &str, value: Value) -> Result<Vec<TimeSeries>, String> {
    match value {
        Value::Array(all) => Ok(all),
        other => Err(unsupported(name, &other)),
    }
}

fn index(name: &str, value: Option<Value>) -> Result<Option<usize>, String> {
    match value {
        None => Ok(None),
        Some(Value::Scalar(number)) if number >= 0.0 && number.fract() == 0.0 => Ok(Some(number as usize)),
        Some(other) => Err(unsupported(name, &other)),
    }
}

fn each(value: Value, name: &str, of: impl Fn(TimeSeries) -> TimeSeries) -> Result<Value, String> {
    match value {
        Value::Series(series) => Ok(Value::Series(of(series))),
        Value::Array(all) => Ok(Value::Array(all.into_iter().map(of).collect())),
        other => Err(unsupported(name, &other)),
    }
}

/// Of a series one number of all times; of an array one series, with a number of all its series at each time.
fn folded(name: &str, value: Value) -> Result<Value, String> {
    match value {
        Value::Series(series) => {
            let values: Vec<f64> = series.points.iter().map(|(_, value)| *value).collect();
            fold(name, &values).map(Value::Scalar).ok_or_else(|| format!("{name} of no data points"))
        }
        Value::Array(all) => {
            let mut at: BTreeMap<Timestamp, Vec<f64>> = BTreeMap::new();
            for (time, value) in all.iter().flat_map(|series| &series.points) {
                at.entry(*time).or_default().push(*value);
            }
            let points = at.into_iter().filter_map(|(time, values)| Some((time, fold(name, &values)?)));
            let period_seconds = all.iter().map(|series| series.period_seconds).max().unwrap_or(60);
            Ok(Value::Series(TimeSeries { label: name.into(), period_seconds, points: points.collect() }))
        }
        other => Err(unsupported(name, &other)),
    }
}

fn fold(name: &str, values: &[f64]) -> Option<f64> {
    let count = values.len() as f64;
    let sum = || values.iter().sum::<f64>();
    if values.is_empty() {
        return None;
    }
    let value = match name {
        "SUM" => sum(),
        "AVG" => sum() / count,
        "MIN" => values.iter().copied().fold(f64::INFINITY, f64::min),
        "MAX" => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        _ => {
            let mean = sum() / count;
            (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt()
        }
    };
    Some(value).filter(|value| value.is_finite())
}

/// What became of each value since the one before it.
fn stepped(name: &str, mut series: TimeSeries) -> TimeSeries {
    if name == "RUNNING_SUM" {
        let mut sum = 0.0;
        series.points.iter_mut().for_each(|(_, value)| {
            sum += *value;
            *value = sum;
        });
        return series;
    }
    let pairs = series.points.windows(2).map(|pair| {
        let ((before, was), (at, is)) = (pair[0], pair[1]);
        let seconds = at.millis_since(before) as f64 / 1000.0;
        let value = match name {
            "DIFF" => is - was,
            "DIFF_TIME" => seconds,
            _ => (is - was) / seconds,
        };
        (at, value)
    });
    series.points = pairs.collect();
    series
}

fn filled(value: Value, with: &Value, times: &Times<'_>) -> Result<Value, String> {
    let fill = |mut series: TimeSeries| -> Result<TimeSeries, String> {
        let mut points = Vec::new();
        let mut last: Option<(Timestamp, f64)> = None;
        for at in times.of(series.period_seconds)? {
            let filled = match (series.at(at), with) {
                (Some(value), _) => {
                    last = Some((at, value));
                    Some(value)
                }
                (None, Value::Scalar(value)) => Some(*value),
                (None, Value::Series(other)) => other.at(at),
                (None, Value::Text(word)) if word == "REPEAT" => last.map(|(_, value)| value),
                (None, Value::Text(word)) if word == "LINEAR" => {
                    let next = series.points.partition_point(|(time, _)| *time < at);
                    last.zip(series.points.get(next)).map(|((from, was), (to, is))| {
                        let share = at.millis_since(from) as f64 / to.millis_since(from) as f64;
                        was + (is - was) * share
                    })
                }
                (None, other) => return Err(unsupported("FILL", other)),
            };
            points.extend(filled.map(|value| (at, value)));
        }
        times.points.take(points.len())?;
        series.points = points;
        Ok(series)
    };
    match value {
        Value::Series(series) => fill(series).map(Value::Series),
        Value::Array(all) => Ok(Value::Array(all.into_iter().map(fill).collect::<Result<_, _>>()?)),
        other => Err(unsupported("FILL", &other)),
    }
}

/// The one or the other by a condition, at each of its times if it has such.
fn chosen(condition: Value, then: Value, otherwise: Option<Value>) -> Result<Value, String> {
    let condition = match condition {
        Value::Scalar(truth) if truth != 0.0 => return Ok(then),
        Value::Scalar(_) => return otherwise.ok_or_else(|| "IF has no third argument".into()),
        Value::Series(condition) => condition,
        other => return Err(unsupported("IF", &other)),
    };
    let choose = |then: &Value, otherwise: Option<&Value>| {
        let at = |value: &Value, time| match value {
            Value::Scalar(value) => Some(*value),
            Value::Series(series) => series.at(time),
            _ => None,
        };
        let chosen = condition.points.iter().filter_map(|(time, truth)| {
            let value = if *truth != 0.0 { at(then, *time) } else { at(otherwise?, *time) };
            Some((*time, value?))
        });
        let label = match (then, otherwise) {
            (Value::Series(series), _) | (_, Some(Value::Series(series))) => series.label.clone(),
            _ => condition.label.clone(),
        };
        TimeSeries { label, period_seconds: condition.period_seconds, points: chosen.collect() }
    };
    match (then, otherwise) {
        (Value::Text(text), _) | (_, Some(Value::Text(text))) => Err(format!("Unexpected '{text}'")),
        (Value::Array(_), Some(Value::Array(_))) => {
            Err("IF takes an array of time series as one argument at most".into())
        }
        (Value::Array(all), otherwise) => {
            let each = all.into_iter().map(|then| choose(&Value::Series(then), otherwise.as_ref()));
            Ok(Value::Array(each.collect()))
        }
        (then, Some(Value::Array(all))) => {
            let each = all.into_iter().map(|series| {
                let label = series.label.clone();
                TimeSeries { label, ..choose(&then, Some(&Value::Series(series))) }
            });
            Ok(Value::Array(each.collect()))
        }
        (then, otherwise) => Ok(Value::Series(choose(&then, otherwise.as_ref()))),
    }
}

fn sorted(mut all: Vec<TimeSeries>, by: &Value, order: &Value, most: Option<usize>) -> Result<Value, String> {
    let Value::Text(by) = by else { return Err(unsupported("SORT", by)) };
    if !["SUM", "AVG", "MIN", "MAX"].contains(&by.as_str()) {
        return Err(format!("SORT does not sort by '{by}'"));
    }
    let key = |series: &TimeSeries| {
        let values: Vec<f64> = series.points.iter().map(|(_, value)| *value).collect();
        fold(by, &values)
    };
    match order {
        Value::Text(order) if order == "ASC" => {
            all.sort_by(|a, b| key(a).partial_cmp(&key(b)).unwrap_or(std::cmp::Ordering::Equal))
        }
        Value::Text(order) if order == "DESC" => {
            all.sort_by(|a, b| key(b).partial_cmp(&key(a)).unwrap_or(std::cmp::Ordering::Equal))
        }
        other => return Err(unsupported("SORT", other)),
    }
    all.truncate(most.unwrap_or(usize::MAX));
    Ok(Value::Array(all))
}
