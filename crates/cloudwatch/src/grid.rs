use std::collections::BTreeMap;

use anabranch_types::Timestamp;

use super::summary::Summary;

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
    /// Whole periods by the calendar, from the one that `start` is in until and with the one before `end`.
    pub(super) fn aligned(start: Timestamp, end: Timestamp, period_seconds: i64) -> Self {
        let floor = |at: i64| at.div_euclid(period_seconds) * period_seconds;
        let last = floor(end.seconds().saturating_add(i64::from(end.millis() % 1000 != 0)).saturating_sub(1));
        Self {
            start: Timestamp::from_seconds(floor(start.seconds())),
            end: Timestamp::from_seconds(last.saturating_add(period_seconds)),
            period_seconds,
        }
    }

    /// The start of the period that `at` is in; none outside.
    pub(super) fn period_of(&self, at: Timestamp) -> Option<Timestamp> {
        let period_ms = self.period_seconds * 1000;
        let into = at.millis().saturating_sub(self.start.millis());
        let periods = (at >= self.start && at < self.end).then_some(into / period_ms)?;
        Some(Timestamp::from_millis(self.start.millis() + periods * period_ms))
    }
}

/// What is known of each period, by what else the caller tells apart.
pub(super) struct Aggregation<K> {
    grid: Grid,
    periods: BTreeMap<(Timestamp, K), Summary>,
}

impl<K: Ord> Aggregation<K> {
    pub(super) fn over(grid: Grid) -> Self {
        Self { grid, periods: BTreeMap::new() }
    }

    /// Takes in what was measured at a time; what is outside the grid is passed over.
    pub(super) fn add(&mut self, at: Timestamp, key: K, summary: &Summary) {
        let Some(period) = self.grid.period_of(at) else { return };
        self.periods
            .entry((period, key))
            .and_modify(|found| found.add(summary))
            .or_insert_with(|| summary.clone());
    }

    /// The periods that have data, the oldest first.
    pub(super) fn periods(&self) -> impl Iterator<Item = (Timestamp, &K, &Summary)> {
        self.periods.iter().map(|((period, key), summary)| (*period, key, summary))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_aligned_grid_has_whole_periods() {
        for (start_ms, end_ms, period, from, to) in [
            (0, 60_000, 60, 0, 60),
            (59_999, 60_001, 60, 0, 120),
            (61_000, 119_000, 300, 0, 300),
            (-1, 1, 60, -60, 60),
        ] {
            let grid =
                Grid::aligned(Timestamp::from_millis(start_ms), Timestamp::from_millis(end_ms), period);
            let expected = (Timestamp::from_seconds(from), Timestamp::from_seconds(to));
            assert_eq!((grid.start, grid.end), expected, "{start_ms}..{end_ms} by {period}");
        }
    }
}
