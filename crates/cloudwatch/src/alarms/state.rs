//! Which state an alarm has to be in, from its datapoints. Touches nothing.

use anabranch_api::cloudwatch::{ComparisonOperator, StateValue};
use anabranch_types::Timestamp;

/// How many periods more than EvaluationPeriods are looked at, so that a late or missing datapoint does not decide. CloudWatch User Guide,
/// how alarm state is evaluated when data is missing: with three evaluation periods the last five datapoints are retrieved.
pub(crate) const RANGE_EXTRA_PERIODS: usize = 2;

/// What stands in the place of datapoints that are missing (CW API PutMetricAlarm, TreatMissingData).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Treatment {
    /// Nothing does.
    #[default]
    Missing,
    /// The state stays as it is.
    Ignore,
    /// A breaching datapoint.
    Breaching,
    /// One that is not breaching.
    NotBreaching,
}

impl Treatment {
    /// As TreatMissingData says it.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "missing" => Some(Self::Missing),
            "ignore" => Some(Self::Ignore),
            "breaching" => Some(Self::Breaching),
            "notBreaching" => Some(Self::NotBreaching),
            _ => None,
        }
    }
}

/// When an alarm is in ALARM.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Condition {
    pub comparison: ComparisonOperator,
    pub threshold: f64,
    /// N: EvaluationPeriods, at least 1.
    pub periods: usize,
    /// M: DatapointsToAlarm, from 1 to N.
    pub to_alarm: usize,
    pub missing: Treatment,
    /// EvaluateLowSampleCountPercentile is `ignore`, and this is the percentile, between 0 and 1.
    pub significant_for: Option<f64>,
}

/// What was measured in a period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Point {
    /// The period's start.
    pub at: Timestamp,
    pub value: f64,
    /// How many samples it was made of, where that is known.
    pub samples: Option<f64>,
}

/// What came of an evaluation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Verdict {
    /// None if the state is to stay whatever it is.
    pub state: Option<StateValue>,
    /// What was judged, the newest first; at most N.
    pub evaluated: Vec<Point>,
    /// In how many places of missing datapoints TreatMissingData was put.
    pub filled: usize,
}

impl Condition {
    /// How many periods an evaluation looks at.
    pub fn range_periods(&self) -> usize {
        self.periods + RANGE_EXTRA_PERIODS
    }

    /// Whether a value breaches. The comparisons with a band are never asked: there are no bands.
    pub fn breaches(&self, value: f64) -> bool {
        match self.comparison {
            ComparisonOperator::GreaterThanOrEqualToThreshold => value >= self.threshold,
            ComparisonOperator::GreaterThanThreshold | ComparisonOperator::GreaterThanUpperThreshold => {
                value > self.threshold
            }
            ComparisonOperator::LessThanThreshold | ComparisonOperator::LessThanLowerThreshold => {
                value < self.threshold
            }
            ComparisonOperator::LessThanOrEqualToThreshold => value <= self.threshold,
            ComparisonOperator::LessThanLowerOrGreaterThanUpperThreshold => false,
        }
    }

    /// Judges the datapoints of the range, the oldest first, none where one is missing.
    ///
    /// The newest N that there are decide. Are there fewer, missing ones are filled in, as few as N takes. Of `missing` none are: what is
    /// there is judged alone, and where all of it breaches and the oldest is at least M periods old the alarm goes off (the same page,
    /// avoiding premature transitions to alarm state).
    pub fn judge(&self, range: &[Option<Point>]) -> Verdict {
        let newest_first = range.iter().rev().flatten().copied();
        let evaluated: Vec<Point> = newest_first.take(self.periods).collect();
        if evaluated.iter().any(|point| self.is_insignificant(point)) {
            return Verdict { state: None, evaluated, filled: 0 };
        }
        let breaching = evaluated.iter().filter(|point| self.breaches(point.value)).count();
        let absent = self.periods - evaluated.len();
        let oldest_age = range.iter().position(Option::is_some).map_or(0, |at| range.len() - at);
        let (state, filled) = match self.missing {
            _ if breaching >= self.to_alarm => (Some(StateValue::Alarm), 0),
            _ if absent == 0 => (Some(StateValue::Ok), 0),
            Treatment::Breaching if breaching + absent >= self.to_alarm => (Some(StateValue::Alarm), absent),
            Treatment::Breaching | Treatment::NotBreaching => (Some(StateValue::Ok), absent),
            _ if breaching < evaluated.len() => (Some(StateValue::Ok), 0),
            Treatment::Missing if evaluated.is_empty() => (Some(StateValue::InsufficientData), 0),
            Treatment::Missing if oldest_age >= self.to_alarm => (Some(StateValue::Alarm), 0),
            Treatment::Missing | Treatment::Ignore => (None, 0),
        };
        Verdict { state, evaluated, filled }
    }

    /// CloudWatch User Guide, percentile-based alarms and low data samples: 10/(1-percentile) samples are significant, for percentiles
    /// below 0.5 10/percentile.
    fn is_insignificant(&self, point: &Point) -> bool {
        self.significant_for.zip(point.samples).is_some_and(|(percentile, samples)| {
            let tail = if percentile >= 0.5 { 1.0 - percentile } else { percentile };
            samples * tail < 10.0
        })
    }
}

#[cfg(test)]
mod tests;
