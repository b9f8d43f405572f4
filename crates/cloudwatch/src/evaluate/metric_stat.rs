use anabranch_api::cloudwatch::{Error, MetricStat, StandardUnit};
use anabranch_types::{AccountId, Region, Timestamp};

use super::TimeRange;
use crate::datum::Metric;
use crate::errors;
use crate::grid::{Aggregation, Grid};

use crate::statistic::Stat;
use crate::store::{Place, Store};

const MINUTE: i64 = 60;
/// CW API MetricStat, Period: "up to one day" for alarms; a period that a metric's data can fill.
const PERIOD_MAX: i64 = 455 * 86_400;

/// A statistic of one metric.
pub(super) struct Asked {
    pub(super) metric: Metric,
    pub(super) stat: Stat,
    pub(super) period_seconds: i64,
    pub(super) unit: Option<StandardUnit>,
}

impl Asked {
    /// Reads what stands in a query at `at`.
    pub(super) fn parse(asked: &MetricStat, at: &str) -> Result<Self, Error> {
        let metric = &asked.metric;
        let namespace =
            metric.namespace.clone().ok_or_else(|| errors::query_lacks(&format!("{at}.Metric.Namespace")))?;
        let name = metric
            .metric_name
            .clone()
            .ok_or_else(|| errors::query_lacks(&format!("{at}.Metric.MetricName")))?;
        let stat = Stat::parse(&asked.stat)
            .ok_or_else(|| errors::invalid_stat(&asked.stat, &format!("{at}.Stat")))?;
        Ok(Self {
            metric: Metric::new(namespace, name, metric.dimensions.clone()),
            stat,
            period_seconds: period(asked.period, &format!("{at}.Period"))?,
            unit: asked.unit,
        })
    }

    /// Its value in each period that has data, the oldest first.
    pub(super) async fn points(
        &self,
        store: &Store,
        account: AccountId,
        region: &Region,
        range: TimeRange,
    ) -> Result<Vec<(Timestamp, f64)>, Error> {
        let place = Place::of(account, region, self.metric.namespace());
        let grid = Grid::aligned(range.start, range.end, self.period_seconds);
        let mut aggregation = Aggregation::over(grid);
        store
            .read(&place, &self.metric, grid, range.now, |at, unit, summary| {
                if self.unit.is_none_or(|asked| asked == unit) {
                    aggregation.add(at, (), summary);
                }
            })
            .await?;
        let periods = aggregation.periods();
        Ok(periods.filter_map(|(at, (), summary)| Some((at, self.stat.of(summary)?))).collect())
    }
}

fn period(asked: i32, parameter: &str) -> Result<i64, Error> {
    let period = i64::from(asked);
    if is_period(period) { Ok(period) } else { Err(errors::invalid_query_period(parameter)) }
}

/// CW API MetricStat: 1, 5, 10, 20, 30 or a multiple of 60.
pub(super) fn is_period(seconds: i64) -> bool {
    matches!(seconds, 1 | 5 | 10 | 20 | 30)
        || (MINUTE..=PERIOD_MAX).contains(&seconds) && seconds % MINUTE == 0
}
