//! Metric math: expressions over series, made of text and values alone.

mod calendar;
mod functions;
mod parse;
mod value;

use std::collections::HashMap;

use functions::Times;
pub(super) use parse::{Expression, parse};
use value::joined;
pub(super) use value::{TimeSeries, Value};

use super::TimeRange;
use super::points::Points;

/// What an expression may speak of.
pub(super) struct Surroundings<'a> {
    /// What queries came to, by id: metrics and expressions.
    pub(super) values: &'a HashMap<String, Value>,
    /// The metrics alone, in the order of the queries.
    pub(super) metrics: &'a [(String, TimeSeries)],
    /// What each search found, by its text.
    pub(super) searches: &'a HashMap<Search, Vec<TimeSeries>>,
    pub(super) range: TimeRange,
    /// The period of what is made of nothing.
    pub(super) period_seconds: i64,
    /// Counts what expressions come to.
    pub(super) points: &'a Points,
}

/// A search: what for, by which statistic, in which period if it says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Search {
    pub(super) text: String,
    pub(super) stat: String,
    pub(super) period_seconds: Option<i64>,
}

/// What it comes to; why not, if it cannot be told.
pub(super) fn value(expression: &Expression, around: &Surroundings<'_>) -> Result<Value, String> {
    let value = part(expression, around)?;
    around.points.take(value.points())?;
    Ok(value)
}

fn part(expression: &Expression, around: &Surroundings<'_>) -> Result<Value, String> {
    match expression {
        Expression::Number(number) => Ok(Value::Scalar(*number)),
        Expression::Text(text) => Ok(Value::Text(text.clone())),
        Expression::Name(name) => {
            Ok(around.values.get(name).cloned().unwrap_or_else(|| Value::Text(name.clone())))
        }
        Expression::Negative(of) => value(of, around)?.map(|value| -value),
        Expression::Binary(operator, left, right) => {
            joined(*operator, value(left, around)?, value(right, around)?)
        }
        Expression::Array(all) => {
            let mut array = Vec::new();
            for one in all {
                match value(one, around)? {
                    Value::Series(series) => array.push(series),
                    Value::Array(more) => array.extend(more),
                    other => return Err(format!("An array does not take a value of type {}", other.kind())),
                }
            }
            Ok(Value::Array(array))
        }
        Expression::Call(name, arguments) if name == "METRICS" => metrics(arguments, around),
        Expression::Call(name, arguments) if name == "SEARCH" => {
            let found = around.searches.get(&search(arguments)?).cloned();
            Ok(Value::Array(found.unwrap_or_default()))
        }
        Expression::Call(name, arguments) => {
            let arguments = arguments.iter().map(|one| value(one, around)).collect::<Result<_, _>>()?;
            let range = around.range;
            let (start, end) = (range.start, range.end.min(range.now));
            let Surroundings { period_seconds, points, .. } = *around;
            functions::call(name, arguments, &Times { start, end, period_seconds, points })
        }
    }
}

/// METRICS() or METRICS("part of an id").
fn metrics(arguments: &[Expression], around: &Surroundings<'_>) -> Result<Value, String> {
    let part = match arguments {
        [] => "",
        [Expression::Text(part)] => part,
        _ => return Err("METRICS takes a string or nothing".into()),
    };
    let asked = around.metrics.iter().filter(|(id, _)| id.contains(part));
    Ok(Value::Array(asked.map(|(_, series)| series.clone()).collect()))
}

/// What SEARCH is called with.
pub(super) fn search(arguments: &[Expression]) -> Result<Search, String> {
    let (text, stat, period) = match arguments {
        [Expression::Text(text), Expression::Text(stat)] => (text, stat, None),
        [Expression::Text(text), Expression::Text(stat), Expression::Number(period)] => {
            (text, stat, Some(*period))
        }
        _ => return Err("SEARCH takes what to search, a statistic and a period".into()),
    };
    let whole = |period: f64| {
        let is_whole = period >= 1.0 && period.fract() == 0.0 && period <= f64::from(i32::MAX);
        is_whole.then_some(period as i64).ok_or_else(|| format!("{period} is no period"))
    };
    Ok(Search { text: text.clone(), stat: stat.clone(), period_seconds: period.map(whole).transpose()? })
}

/// Calls `each` with every part of an expression, and itself.
pub(super) fn visit(expression: &Expression, each: &mut dyn FnMut(&Expression)) {
    each(expression);
    match expression {
        Expression::Call(_, all) | Expression::Array(all) => all.iter().for_each(|one| visit(one, each)),
        Expression::Negative(of) => visit(of, each),
        Expression::Binary(_, left, right) => {
            visit(left, each);
            visit(right, each);
        }
        Expression::Number(_) | Expression::Text(_) | Expression::Name(_) => {}
    }
}

#[cfg(test)]
mod tests;
