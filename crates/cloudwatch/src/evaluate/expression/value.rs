use anabranch_types::Timestamp;
use bytestring::ByteString;

use super::parse::Operator;

/// Values over time.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::evaluate) struct TimeSeries {
    /// How to call it.
    pub(in crate::evaluate) label: ByteString,
    pub(in crate::evaluate) period_seconds: i64,
    /// The oldest first.
    pub(in crate::evaluate) points: Vec<(Timestamp, f64)>,
}

/// What an expression comes to.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::evaluate) enum Value {
    Scalar(f64),
    Series(TimeSeries),
    Array(Vec<TimeSeries>),
    /// A word or a text: for functions alone.
    Text(String),
}

impl Value {
    /// AWS's names of the kinds.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Scalar(_) => "Scalar",
            Self::Series(_) => "TimeSeries",
            Self::Array(_) => "Array[TimeSeries]",
            Self::Text(_) => "String",
        }
    }

    /// How many points it has.
    pub(super) fn points(&self) -> usize {
        match self {
            Self::Scalar(_) | Self::Text(_) => 0,
            Self::Series(series) => series.points.len(),
            Self::Array(all) => all.iter().map(|series| series.points.len()).sum(),
        }
    }

    /// The same of each value; what comes to no number is left out.
    pub(super) fn map(self, of: impl Fn(f64) -> f64 + Copy) -> Result<Self, String> {
        match self {
            Self::Scalar(value) => Ok(Self::Scalar(of(value))),
            Self::Series(series) => Ok(Self::Series(series.map(|_, value| of(value)))),
            Self::Array(all) => {
                Ok(Self::Array(all.into_iter().map(|series| series.map(|_, value| of(value))).collect()))
            }
            Self::Text(text) => Err(format!("Unexpected '{text}'")),
        }
    }
}

impl TimeSeries {
    /// Another value at each time; what is no number is left out.
    pub(super) fn map(mut self, of: impl Fn(Timestamp, f64) -> f64) -> Self {
        self.points.iter_mut().for_each(|(at, value)| *value = of(*at, *value));
        self.points.retain(|(_, value)| value.is_finite());
        self
    }

    /// Its value at a time.
    pub(super) fn at(&self, at: Timestamp) -> Option<f64> {
        let found = self.points.binary_search_by_key(&at, |(at, _)| *at).ok()?;
        Some(self.points[found].1)
    }

    /// Of two, at the times that both have.
    fn with(mut self, other: &TimeSeries, of: impl Fn(f64, f64) -> f64) -> Self {
        let both = |(at, left): &(Timestamp, f64)| Some((*at, of(*left, other.at(*at)?)));
        self.points = self.points.iter().filter_map(both).filter(|(_, value)| value.is_finite()).collect();
        self.period_seconds = self.period_seconds.max(other.period_seconds);
        self
    }
}

/// Two values joined by an operator (CloudWatch User Guide, arithmetic on arrays).
pub(super) fn joined(operator: Operator, left: Value, right: Value) -> Result<Value, String> {
    let of = |left: f64, right: f64| apply(operator, left, right);
    match (left, right) {
        (Value::Scalar(left), Value::Scalar(right)) => {
            let value = of(left, right);
            if value.is_finite() {
                Ok(Value::Scalar(value))
            } else {
                Err("A scalar is divided by zero".into())
            }
        }
        (left, Value::Scalar(right)) if !matches!(left, Value::Text(_)) => left.map(|left| of(left, right)),
        (Value::Scalar(left), right) if !matches!(right, Value::Text(_)) => {
            right.map(|right| of(left, right))
        }
        (Value::Series(left), Value::Series(right)) => Ok(Value::Series(left.with(&right, of))),
        (Value::Array(left), Value::Series(right)) => {
            Ok(Value::Array(left.into_iter().map(|left| left.with(&right, of)).collect()))
        }
        (Value::Series(left), Value::Array(right)) => {
            let each = right.into_iter().map(|right| right.with(&left, |right, left| of(left, right)));
            Ok(Value::Array(each.collect()))
        }
        (left, right) => Err(format!(
            "Unsupported operand type(s) for {}: '[{}, {}]'",
            operator.sign(),
            left.kind(),
            right.kind()
        )),
    }
}

fn apply(operator: Operator, left: f64, right: f64) -> f64 {
    let truth = |is| if is { 1.0 } else { 0.0 };
    match operator {
        Operator::Or => truth(left != 0.0 || right != 0.0),
        Operator::And => truth(left != 0.0 && right != 0.0),
        Operator::Equal => truth(left == right),
        Operator::Unequal => truth(left != right),
        Operator::Less => truth(left < right),
        Operator::LessOrEqual => truth(left <= right),
        Operator::Greater => truth(left > right),
        Operator::GreaterOrEqual => truth(left >= right),
        Operator::Add => left + right,
        Operator::Subtract => left - right,
        Operator::Multiply => left * right,
        Operator::Divide => left / right,
        Operator::Power => left.powf(right),
    }
}
