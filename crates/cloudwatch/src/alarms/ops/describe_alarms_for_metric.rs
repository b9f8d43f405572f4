use anabranch_api::Enumeration as _;
use anabranch_api::cloudwatch::{DescribeAlarmsForMetric, DescribeAlarmsForMetricOutput, Error};
use anabranch_api::{Context, Serve};

use super::super::describe;
use super::super::message::is_extended;
use super::super::service::{Alarms, scope};
use super::super::stored::{MetricWatch, QueriedStat};

impl Serve<DescribeAlarmsForMetric> for Alarms {
    /// Alarms that watch exactly this metric, alone or within metric math.
    async fn serve(
        &self,
        cx: &Context,
        request: DescribeAlarmsForMetric,
    ) -> Result<DescribeAlarmsForMetricOutput, Error> {
        let scope = scope(cx);
        let mut found = Vec::new();
        for alarm in self.alarms_of(&scope) {
            if let Some(watch) = alarm.metric().filter(|watch| is_wanted(watch, &request)) {
                found.push(describe::metric_alarm(&scope, &alarm.stored, watch));
            }
        }
        Ok(DescribeAlarmsForMetricOutput { metric_alarms: Some(found) })
    }
}

fn is_wanted(watch: &MetricWatch, request: &DescribeAlarmsForMetric) -> bool {
    watch.queries.iter().filter_map(|query| query.stat.as_ref()).any(|stat| is_of(stat, request))
}

fn is_of(stat: &QueriedStat, request: &DescribeAlarmsForMetric) -> bool {
    let mut asked: Vec<(&str, &str)> =
        request.dimensions.iter().flatten().map(|d| (&*d.name, &*d.value)).collect();
    let mut watched: Vec<(&str, &str)> =
        stat.dimensions.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    asked.sort_unstable();
    watched.sort_unstable();
    let extended = request.extended_statistic.as_deref();
    stat.namespace.as_deref() == Some(&*request.namespace)
        && stat.metric_name.as_deref() == Some(&*request.metric_name)
        && asked == watched
        && request.statistic.is_none_or(|statistic| statistic.text() == stat.stat)
        && extended.is_none_or(|extended| is_extended(&stat.stat) && extended == stat.stat)
        && request.period.is_none_or(|period| u32::try_from(period) == Ok(stat.period))
        && request.unit.is_none_or(|unit| Some(unit) == stat.unit)
}
