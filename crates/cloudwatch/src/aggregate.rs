use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use anabranch_api::cloudwatch::{Datapoint, StandardUnit, Statistic};
use anabranch_types::Timestamp;

use super::datum::Measured;

/// Periods of equal length that cover a time, each known by its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Grid {
    /// Where the first period starts.
    pub(super) start: Timestamp,
    /// The first moment that is outside; the last period may reach beyond it.
    pub(super) end: Timestamp,
    /// A period's length in seconds, at least 1.
    pub(super) period_seconds: i64,
}

impl Grid {
    /// The start of the period that `at` is in; none outside.
    fn period_of(&self, at: Timestamp) -> Option<Timestamp> {
        let period_ms = self.period_seconds * 1000;
        let into = at.millis().saturating_sub(self.start.millis());
        let periods = (at >= self.start && at < self.end).then_some(into / period_ms)?;
        Some(Timestamp::from_millis(self.start.millis() + periods * period_ms))
    }
}

/// The statistics of what was measured in each period with each unit.
pub(super) struct Aggregation {
    grid: Grid,
    periods: BTreeMap<(Timestamp, StandardUnit), Statistics>,
}

#[derive(Clone, Copy, Debug)]
struct Statistics {
    sample_count: f64,
    sum: f64,
    minimum: f64,
    maximum: f64,
}

impl Aggregation {
    pub(super) fn over(grid: Grid) -> Self {
        Self { grid, periods: BTreeMap::new() }
    }

    /// Takes a datum in; one outside the grid is passed over.
    pub(super) fn add(&mut self, at: Timestamp, unit: StandardUnit, measured: &Measured) {
        let (Some(period), Some(more)) = (self.grid.period_of(at), Statistics::of(measured)) else {
            return;
        };
        match self.periods.entry((period, unit)) {
            Entry::Vacant(vacant) => {
                vacant.insert(more);
            }
            Entry::Occupied(mut found) => found.get_mut().add(more),
        }
    }

    /// A datapoint for each period and unit that has data, the oldest first, with the statistics asked for.
    pub(super) fn datapoints(self, asked: &[Statistic]) -> Vec<Datapoint> {
        let points = self.periods.into_iter();
        points.map(|((period, unit), statistics)| statistics.datapoint(period, unit, asked)).collect()
    }
}

impl Statistics {
    fn of(measured: &Measured) -> Option<Self> {
        match measured {
            Measured::Statistics { sample_count, sum, minimum, maximum } => {
                Some(Self { sample_count: *sample_count, sum: *sum, minimum: *minimum, maximum: *maximum })
            }
            Measured::Values(values) => {
                let mut each = values.iter().map(|(value, times)| Self {
                    sample_count: *times,
                    sum: value * times,
                    minimum: *value,
                    maximum: *value,
                });
                let mut all = each.next()?;
                each.for_each(|one| all.add(one));
                Some(all)
            }
        }
    }

    fn add(&mut self, other: Self) {
        self.sample_count += other.sample_count;
        self.sum += other.sum;
        self.minimum = self.minimum.min(other.minimum);
        self.maximum = self.maximum.max(other.maximum);
    }

    fn datapoint(self, period: Timestamp, unit: StandardUnit, asked: &[Statistic]) -> Datapoint {
        let mut point = Datapoint { timestamp: Some(period), unit: Some(unit), ..Datapoint::default() };
        for statistic in asked {
            match statistic {
                Statistic::SampleCount => point.sample_count = Some(self.sample_count),
                Statistic::Sum => point.sum = Some(self.sum),
                Statistic::Minimum => point.minimum = Some(self.minimum),
                Statistic::Maximum => point.maximum = Some(self.maximum),
                // Without samples there is nothing to divide by.
                Statistic::Average if self.sample_count == 0.0 => {}
                Statistic::Average => point.average = Some(self.sum / self.sample_count),
            }
        }
        point
    }
}
