use anabranch_api::cloudwatch::{
    Error, GetMetricStatistics, GetMetricStatisticsOutput, StandardUnit, Statistic,
};
use anabranch_api::{Context, Serve};
use anabranch_types::Timestamp;

use super::aggregate::{Aggregation, Grid};
use super::datum::Metric;
use super::metrics_log::{Place, Whose};
use super::put_metric_data::{AHEAD_MAX, PAST_MAX};
use super::{CloudWatch, SERVICES_PREFIX, errors};

/// CW API GetMetricStatistics.
const DATAPOINTS_MAX: u64 = 1440;
const MINUTE: i64 = 60;
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

impl Serve<GetMetricStatistics> for CloudWatch {
    /// Reads what can be of the asked time: from two hours before its start (data may have been ahead of their arrival) until two
    /// weeks after its end. Costs a decoding of every datum the account put meanwhile.
    async fn serve(
        &self,
        cx: &Context,
        request: GetMetricStatistics,
    ) -> Result<GetMetricStatisticsOutput, Error> {
        let asked = statistics(&request)?.to_vec();
        let grid = grid(&request, cx.received)?;
        let unit: Option<StandardUnit> = request.unit;
        let ours = request.namespace.starts_with(SERVICES_PREFIX);
        let whose = if ours { Whose::Services } else { Whose::Callers };
        let place = Place { account: cx.account, region: &cx.region, whose };
        let metric = Metric::new(request.namespace, request.metric_name, request.dimensions);
        let mut aggregation = Aggregation::over(grid);
        let (from, until) = (grid.start - AHEAD_MAX, grid.end + PAST_MAX);
        self.logs
            .scan(&place, from, until, |datum| {
                if datum.metric == metric && unit.is_none_or(|unit| unit == datum.unit) {
                    aggregation.add(datum.at, datum.unit, &datum.measured);
                }
            })
            .await?;
        Ok(GetMetricStatisticsOutput {
            label: Some(metric.name().clone()),
            datapoints: Some(aggregation.datapoints(&asked)),
        })
    }
}

fn statistics(request: &GetMetricStatistics) -> Result<&[Statistic], Error> {
    match (request.statistics.as_deref(), request.extended_statistics.as_deref()) {
        (Some([_, ..]), Some([_, ..])) => Err(errors::mutually_exclusive("Statistics", "ExtendedStatistics")),
        (Some(asked @ [_, ..]), _) => Ok(asked),
        (_, Some([_, ..])) => Err(errors::no_extended_statistics()),
        _ => Err(errors::no_statistics()),
    }
}

/// The asked time in periods. The start is rounded down as CW API GetMetricStatistics says: by its age to a
/// minute, five or sixty; for periods below a minute to the period.
fn grid(request: &GetMetricStatistics, now: Timestamp) -> Result<Grid, Error> {
    let (start, end, period) = (request.start_time, request.end_time, i64::from(request.period));
    if start >= end {
        return Err(errors::start_not_before_end());
    }
    if !matches!(period, 1 | 5 | 10 | 20 | 30) && (period < MINUTE || period % MINUTE != 0) {
        return Err(errors::invalid_period());
    }
    let requested = end.millis_since(start).div_ceil(request.period.unsigned_abs().into()).div_ceil(1000);
    if requested > DATAPOINTS_MAX {
        return Err(errors::too_many_datapoints(requested, DATAPOINTS_MAX));
    }
    let age = now.seconds().saturating_sub(start.seconds());
    let step = if period < MINUTE {
        period
    } else if age < 15 * DAY {
        MINUTE
    } else if age < 63 * DAY {
        5 * MINUTE
    } else {
        HOUR
    };
    let start = Timestamp::from_seconds(start.seconds().div_euclid(step) * step);
    Ok(Grid { start, end, period_seconds: period })
}
