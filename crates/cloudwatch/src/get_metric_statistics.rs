use anabranch_api::cloudwatch::{
    Datapoint, Error, GetMetricStatistics, GetMetricStatisticsOutput, StandardUnit, Statistic,
};
use anabranch_api::{Context, Serve};
use anabranch_types::Timestamp;
use bytestring::ByteString;

use super::datum::Metric;
use super::grid::{Aggregation, Grid};
use super::statistic::Stat;
use super::store::Place;
use super::summary::Summary;
use super::{CloudWatch, errors};

/// CW API GetMetricStatistics.
const DATAPOINTS_MAX: u64 = 1440;
const MINUTE: i64 = 60;
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

impl Serve<GetMetricStatistics> for CloudWatch {
    /// A datapoint for each period and unit that has data, the oldest first.
    async fn serve(
        &self,
        cx: &Context,
        request: GetMetricStatistics,
    ) -> Result<GetMetricStatisticsOutput, Error> {
        let asked = Asked::of(&request)?;
        let grid = grid(&request, cx.received)?;
        let only: Option<StandardUnit> = request.unit;
        let place = Place::of(cx.account, &cx.region, &request.namespace);
        let metric = Metric::new(request.namespace.clone(), request.metric_name, request.dimensions);
        let mut aggregation = Aggregation::over(grid);
        self.store
            .read(&place, &metric, grid, cx.received, |at, unit, summary| {
                if only.is_none_or(|only| only == unit) {
                    aggregation.add(at, unit, summary);
                }
            })
            .await?;
        let points = aggregation.periods().map(|(at, unit, summary)| asked.datapoint(at, *unit, summary));
        Ok(GetMetricStatisticsOutput {
            label: Some(metric.name().clone()),
            datapoints: Some(points.collect()),
        })
    }
}

/// What is to be told of each period: one kind or the other.
enum Asked {
    Statistics(Vec<Statistic>),
    Extended(Vec<(ByteString, Stat)>),
}

impl Asked {
    fn of(request: &GetMetricStatistics) -> Result<Self, Error> {
        match (request.statistics.as_deref(), request.extended_statistics.as_deref()) {
            (Some([_, ..]), Some([_, ..])) => {
                Err(errors::mutually_exclusive("Statistics", "ExtendedStatistics"))
            }
            (Some(asked @ [_, ..]), _) => Ok(Self::Statistics(asked.to_vec())),
            (_, Some(asked @ [_, ..])) => {
                let parsed = (1..).zip(asked).map(|(n, text)| {
                    let stat = Stat::parse(text).filter(|stat| stat.is_extended());
                    let at = format!("ExtendedStatistics.member.{n}");
                    Ok((text.clone(), stat.ok_or_else(|| errors::invalid_value(text, &at))?))
                });
                Ok(Self::Extended(parsed.collect::<Result<_, Error>>()?))
            }
            _ => Err(errors::no_statistics()),
        }
    }

    fn datapoint(&self, period: Timestamp, unit: StandardUnit, summary: &Summary) -> Datapoint {
        let mut point = Datapoint { timestamp: Some(period), unit: Some(unit), ..Datapoint::default() };
        match self {
            Self::Statistics(asked) => {
                for statistic in asked {
                    match statistic {
                        Statistic::SampleCount => point.sample_count = Stat::SampleCount.of(summary),
                        Statistic::Sum => point.sum = Stat::Sum.of(summary),
                        Statistic::Minimum => point.minimum = Stat::Minimum.of(summary),
                        Statistic::Maximum => point.maximum = Stat::Maximum.of(summary),
                        Statistic::Average => point.average = Stat::Average.of(summary),
                    }
                }
            }
            Self::Extended(asked) => {
                let told = asked.iter().filter_map(|(name, stat)| Some((name.clone(), stat.of(summary)?)));
                point.extended_statistics = Some(told.collect());
            }
        }
        point
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
        return Err(errors::invalid_period("Period"));
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
