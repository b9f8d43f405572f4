//! What callers ask for, checked and put into the shape that is stored.

use std::collections::BTreeMap;

use anabranch_api::Enumeration as _;
use anabranch_api::cloudwatch::{Error, MetricDataQuery, MetricStat, PutMetricAlarm, Tag};
use anabranch_types::Arn;
use bytestring::ByteString;

use super::errors;
use super::limits::{LONG_PERIOD_SECONDS, LONG_RANGE_SECONDS_MAX, QUERIES_MAX, RANGE_SECONDS_MAX, TAGS_MAX};
use super::series::Series;
use super::state::Treatment;
use super::stored::{MetricWatch, Query};

/// Shortest period of metrics of callers that can be watched.
const PERIODS_BELOW_MINUTE: [i32; 3] = [10, 20, 30];
/// Tags of services; callers cannot give them.
const RESERVED_TAG_PREFIX: &str = "aws:";

/// What a metric alarm watches.
pub(super) fn metric_watch(request: &PutMetricAlarm, series: &dyn Series) -> Result<MetricWatch, Error> {
    refuse_not_implemented(request)?;
    let queries = queries(request, series)?;
    let evaluation_periods =
        request.evaluation_periods.ok_or_else(|| errors::required("EvaluationPeriods"))?;
    if request.datapoints_to_alarm.is_some_and(|m| m > evaluation_periods) {
        return Err(errors::more_to_alarm_than_periods());
    }
    let threshold = request.threshold.ok_or_else(|| errors::required("Threshold"))?;
    if !threshold.is_finite() {
        return Err(errors::threshold_not_finite());
    }
    let treat_missing_data = request.treat_missing_data.as_ref().map(ToString::to_string);
    if let Some(text) = treat_missing_data.as_deref().filter(|text| Treatment::parse(text).is_none()) {
        return Err(errors::no_such_treatment(text));
    }
    let low = request.evaluate_low_sample_count_percentile.as_ref().map(ToString::to_string);
    if let Some(text) = low.as_deref().filter(|text| !matches!(*text, "evaluate" | "ignore")) {
        return Err(errors::no_such_low_sample_option(text));
    }
    let unsigned = |number: i32| u32::try_from(number).unwrap_or_default();
    let watch = MetricWatch {
        queries,
        is_math: request.metrics.is_some(),
        evaluation_periods: unsigned(evaluation_periods),
        datapoints_to_alarm: request.datapoints_to_alarm.map(unsigned),
        threshold,
        comparison: request.comparison_operator.ok_or_else(|| errors::required("ComparisonOperator"))?,
        treat_missing_data,
        evaluate_low_samples: low,
    };
    refuse_long_range(&watch)?;
    Ok(watch)
}

/// Anomaly detection, windows of the wall clock, PromQL and the like are told apart from what was merely misspelt.
fn refuse_not_implemented(request: &PutMetricAlarm) -> Result<(), Error> {
    use anabranch_api::cloudwatch::ComparisonOperator as Operator;
    let is_band = matches!(
        request.comparison_operator,
        Some(
            Operator::LessThanLowerOrGreaterThanUpperThreshold
                | Operator::LessThanLowerThreshold
                | Operator::GreaterThanUpperThreshold
        )
    );
    let wall_clock = request.evaluation_window.as_ref().is_some_and(|w| w.wall_clock_window.is_some());
    let asked = [
        (is_band || request.threshold_metric_id.is_some(), "Anomaly detection (ThresholdMetricId)"),
        (wall_clock, "EvaluationWindow.WallClockWindow"),
        (request.warm_up_configuration.is_some(), "WarmUpConfiguration"),
        (request.evaluation_criteria.is_some(), "EvaluationCriteria"),
        (request.evaluation_interval.is_some(), "EvaluationInterval"),
        (request.action_configuration.is_some(), "ActionConfiguration"),
    ];
    match asked.iter().find(|(asked, _)| *asked) {
        Some((_, parameter)) => Err(errors::not_implemented(parameter)),
        None => Ok(()),
    }
}

fn queries(request: &PutMetricAlarm, series: &dyn Series) -> Result<Vec<Query>, Error> {
    match &request.metrics {
        Some(metrics) => math(request, metrics, series),
        None => one(request, series).map(|query| vec![query]),
    }
}

fn one(request: &PutMetricAlarm, series: &dyn Series) -> Result<Query, Error> {
    let stat = match (request.statistic, &request.extended_statistic) {
        (Some(_), Some(_)) => return Err(errors::not_together("Statistic", "ExtendedStatistic")),
        (None, None) => return Err(errors::required("Statistic or ExtendedStatistic")),
        (Some(statistic), None) => ByteString::from_static(statistic.text()),
        (None, Some(extended)) => extended.clone(),
    };
    let period = request.period.ok_or_else(|| errors::required("Period"))?;
    check_period(period)?;
    let metric_name = request.metric_name.clone().ok_or_else(|| errors::required("MetricName"))?;
    let namespace = request.namespace.clone().ok_or_else(|| errors::required("Namespace"))?;
    let metric = anabranch_api::cloudwatch::Metric {
        metric_name: Some(metric_name),
        namespace: Some(namespace),
        dimensions: request.dimensions.clone(),
    };
    let query = MetricDataQuery {
        metric_stat: Some(MetricStat { metric, period, stat: stat.clone(), unit: request.unit }),
        ..MetricDataQuery::default()
    };
    let queries = [query];
    series.check(&queries).map_err(|_| errors::no_such_statistic(&stat))?;
    Ok(Query::from(&queries[0]))
}

fn math(
    request: &PutMetricAlarm,
    metrics: &[MetricDataQuery],
    series: &dyn Series,
) -> Result<Vec<Query>, Error> {
    let alone = [
        ("MetricName", request.metric_name.is_some()),
        ("Namespace", request.namespace.is_some()),
        ("Dimensions", request.dimensions.is_some()),
        ("Period", request.period.is_some()),
        ("Unit", request.unit.is_some()),
        ("Statistic", request.statistic.is_some()),
        ("ExtendedStatistic", request.extended_statistic.is_some()),
    ];
    if let Some((name, _)) = alone.iter().find(|(_, given)| *given) {
        return Err(errors::not_together("Metrics", name));
    }
    if metrics.len() > QUERIES_MAX {
        return Err(errors::too_many_queries());
    }
    for query in metrics {
        match (&query.metric_stat, &query.expression) {
            (Some(stat), None) => check_period(stat.period)?,
            (None, Some(_)) => query.period.map_or(Ok(()), check_period)?,
            _ => return Err(errors::query_of_neither_or_both(&query.id)),
        }
    }
    if metrics.iter().filter(|query| query.return_data.unwrap_or(true)).count() != 1 {
        return Err(errors::not_one_returned());
    }
    series.check(metrics).map_err(|(id, why)| errors::query_invalid(&id, &why))?;
    Ok(metrics.iter().map(Query::from).collect())
}

fn check_period(period: i32) -> Result<(), Error> {
    if PERIODS_BELOW_MINUTE.contains(&period) || (period > 0 && period % 60 == 0) {
        Ok(())
    } else {
        Err(errors::period_not_allowed())
    }
}

fn refuse_long_range(watch: &MetricWatch) -> Result<(), Error> {
    let period = i64::from(watch.period_seconds());
    let most = if period >= LONG_PERIOD_SECONDS { LONG_RANGE_SECONDS_MAX } else { RANGE_SECONDS_MAX };
    if period.saturating_mul(i64::from(watch.evaluation_periods)) > most {
        return Err(errors::range_too_long(most));
    }
    Ok(())
}

/// The ARNs of actions. What they mean is asked when they are taken.
pub(super) fn actions(actions: &Option<Vec<ByteString>>) -> Result<Vec<String>, Error> {
    let checked = |action: &ByteString| match action.parse::<Arn>() {
        Ok(_) => Ok(action.to_string()),
        Err(_) => Err(errors::action_not_an_arn(action)),
    };
    actions.iter().flatten().map(checked).collect()
}

/// Tags put upon those that are there.
pub(super) fn tags(tags: &mut BTreeMap<String, String>, more: &[Tag]) -> Result<(), Error> {
    let mut seen = std::collections::BTreeSet::new();
    for Tag { key, value } in more {
        if key.get(..RESERVED_TAG_PREFIX.len()).is_some_and(|p| p.eq_ignore_ascii_case(RESERVED_TAG_PREFIX)) {
            return Err(errors::tag_invalid("keys that begin with aws: are reserved"));
        }
        if !seen.insert(key) {
            return Err(errors::tag_invalid("a key is given twice"));
        }
        tags.insert(key.to_string(), value.to_string());
    }
    if tags.len() > TAGS_MAX {
        return Err(errors::too_many_tags());
    }
    Ok(())
}
