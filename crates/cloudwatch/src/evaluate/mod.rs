//! Queries of metrics: the one way by which GetMetricData, alarms and images have their numbers.

mod expression;
mod metric_stat;
mod points;
mod search;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use anabranch_api::cloudwatch::{Error, MetricDataQuery};
use anabranch_types::{AccountId, Region, Timestamp};
use bytestring::ByteString;
use futures_util::{StreamExt, TryFutureExt, TryStreamExt, stream};

use crate::errors;
use crate::statistic::Stat;
use crate::store::Store;
use expression::{Expression, Search, Surroundings, TimeSeries, Value};
use metric_stat::Asked;
use points::Points;

/// CW API GetMetricData: queries of one call.
pub(crate) const QUERIES_MAX: usize = 500;
/// CloudWatch User Guide, search expressions: time series that a search finds.
const FOUND_MAX: usize = 500;
/// CloudWatch User Guide, search expressions: metrics without data in the past two weeks are not found.
const FOUND: Duration = Duration::from_secs(14 * 24 * 3600);
/// Metrics that are read at the same time: what one waits for the disk the others use.
const READS_AT_A_TIME: usize = 8;
/// The period of what is made of nothing, if neither its query nor a metric says.
const PERIOD_DEFAULT: i64 = 300;

/// Evaluates queries over what is stored. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Evaluator {
    store: Arc<Store>,
}

/// Of which time to tell, and when it is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TimeRange {
    /// Included, and with it the whole of its period.
    pub(crate) start: Timestamp,
    /// Excluded.
    pub(crate) end: Timestamp,
    /// What is too old by now to be told in a short period is left out.
    pub(crate) now: Timestamp,
}

/// What a query came to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Series {
    /// The query's id.
    pub(crate) id: ByteString,
    /// How to call it.
    pub(crate) label: ByteString,
    /// A period's length in seconds.
    pub(crate) period_seconds: i64,
    /// The start of each period that has a value, and the value, the oldest first.
    pub(crate) points: Vec<(Timestamp, f64)>,
    /// Whether the caller wants it answered; if not, it is there for expressions alone.
    pub(crate) returned: bool,
}

/// What a query asks.
enum Query {
    Metric(Asked),
    Expression(Expression),
}

/// Whose metrics, of which time, and how many points of them.
#[derive(Clone, Copy)]
struct Scope<'a> {
    account: AccountId,
    region: &'a Region,
    range: TimeRange,
    points: &'a Points,
}

impl Evaluator {
    pub(crate) fn new(store: Arc<Store>) -> Self {
        Self { store }
    }

    /// What each query comes to, in the order of the queries; an array comes to several series or none.
    pub(crate) async fn query(
        &self,
        account: AccountId,
        region: &Region,
        queries: &[MetricDataQuery],
        range: TimeRange,
    ) -> Result<Vec<Series>, Error> {
        let points = Points::default();
        let scope = Scope { account, region, range, points: &points };
        let own = account.to_string();
        for query in queries {
            if let Some(other) = query.account_id.as_ref().filter(|asked| **asked != *own) {
                return Err(errors::account_not_linked(other));
            }
        }
        let parsed = (1..).zip(queries).map(|(n, query)| parse(n, query)).collect::<Result<Vec<_>, _>>()?;
        let (mut asked, mut searches) = (Vec::new(), HashMap::new());
        for (query, parsed) in queries.iter().zip(&parsed) {
            match parsed {
                Query::Metric(metric) => asked.push((query.id.to_string(), metric, None)),
                Query::Expression(expression) => {
                    for search in searches_in(expression).map_err(|why| wrong(query, &why))? {
                        let found = self.search(scope, query, &search).await?;
                        searches.insert(search, found);
                    }
                }
            }
        }
        let metrics = self.metrics(scope, asked).await?;
        let mut values: HashMap<String, Value> =
            metrics.iter().map(|(id, series)| (id.clone(), Value::Series(series.clone()))).collect();
        let period = metrics.iter().map(|(_, series)| series.period_seconds).max();
        let mut waiting: Vec<_> = queries
            .iter()
            .zip(&parsed)
            .filter_map(|(query, parsed)| match parsed {
                Query::Expression(expression) => Some((query, expression)),
                Query::Metric(_) => None,
            })
            .collect();
        let ids: HashSet<&str> = queries.iter().map(|query| &*query.id).collect();
        // Each round evaluates what speaks of nothing that waits itself.
        while !waiting.is_empty() {
            let (ready, rest): (Vec<_>, Vec<_>) = waiting.iter().partition(|(_, expression)| {
                names_in(expression).iter().all(|name| !ids.contains(&**name) || values.contains_key(name))
            });
            let Some(_) = ready.first() else {
                return Err(wrong(waiting[0].0, "It depends on itself"));
            };
            for (query, expression) in ready {
                let own = query.period.map(i64::from).filter(|period| *period > 0);
                let period_seconds = own.or(period).unwrap_or(PERIOD_DEFAULT);
                let around = Surroundings {
                    values: &values,
                    metrics: &metrics,
                    searches: &searches,
                    range,
                    period_seconds,
                    points: &points,
                };
                let value = expression::value(expression, &around).map_err(|why| wrong(query, &why))?;
                values.insert(query.id.to_string(), value);
            }
            waiting = rest;
        }
        let mut all = Vec::with_capacity(queries.len());
        for (query, parsed) in queries.iter().zip(&parsed) {
            let Some(value) = values.remove(&*query.id) else { continue };
            all.extend(told(query, matches!(parsed, Query::Metric(_)), value)?);
        }
        Ok(all)
    }

    /// Reads metrics, some at a time, each to be called as it is labelled; in their order, with what stands beside each.
    async fn metrics<T: Send>(
        &self,
        scope: Scope<'_>,
        asked: Vec<(T, &Asked, Option<ByteString>)>,
    ) -> Result<Vec<(T, TimeSeries)>, Error> {
        let mut reads = Vec::with_capacity(asked.len());
        for (beside, asked, label) in asked {
            reads.push(self.metric(scope, asked, label).map_ok(|series| (beside, series)));
        }
        stream::iter(reads).buffered(READS_AT_A_TIME).try_collect().await
    }

    async fn metric(
        &self,
        scope: Scope<'_>,
        asked: &Asked,
        label: Option<ByteString>,
    ) -> Result<TimeSeries, Error> {
        let points = asked.points(&self.store, scope.account, scope.region, scope.range).await?;
        scope.points.take(points.len()).map_err(errors::too_many_points)?;
        Ok(TimeSeries {
            label: label.unwrap_or_else(|| asked.metric.name().clone()),
            period_seconds: asked.period_seconds,
            points,
        })
    }

    /// What a search finds, by the order of metrics.
    async fn search(
        &self,
        scope: Scope<'_>,
        query: &MetricDataQuery,
        search: &Search,
    ) -> Result<Vec<TimeSeries>, Error> {
        let asked = search::Asked::parse(&search.text).map_err(|why| wrong(query, &why))?;
        let stat = Stat::parse(&search.stat)
            .ok_or_else(|| wrong(query, &format!("'{}' is no statistic", search.stat)))?;
        let own = query.period.map(i64::from);
        let period_seconds = search.period_seconds.or(own).unwrap_or(PERIOD_DEFAULT);
        if !metric_stat::is_period(period_seconds) {
            return Err(wrong(query, &format!("{period_seconds} is no period")));
        }
        let since = scope.range.now - FOUND;
        let is_asked = |metric: &_, last| last >= since && asked.is_met(metric);
        let mut found = self.store.list(scope.account, scope.region, is_asked).await?;
        found.truncate(FOUND_MAX);
        let several_names = found.windows(2).any(|pair| pair[0].0.name() != pair[1].0.name());
        let mut asked = Vec::with_capacity(found.len());
        for (metric, _) in found {
            let values = metric.dimensions().iter().map(|(_, value)| value.to_string());
            let name =
                Some(metric.name().to_string()).filter(|_| several_names || metric.dimensions().is_empty());
            let label = values.chain(name).collect::<Vec<_>>().join(" ");
            let metric = Asked { metric: (*metric).clone(), stat, period_seconds, unit: None };
            asked.push((metric, label));
        }
        let asked = asked.iter().map(|(metric, label)| ((), metric, Some(label.as_str().into()))).collect();
        let found = self.metrics(scope, asked).await?;
        Ok(found.into_iter().map(|((), series)| series).collect())
    }
}

/// Whether queries can be answered; if not, which one and why.
pub(crate) fn check(queries: &[MetricDataQuery]) -> Result<(), (String, String)> {
    for query in queries {
        let refused = |why: String| (query.id.to_string(), why);
        match (&query.metric_stat, &query.expression) {
            (Some(stat), _) if Stat::parse(&stat.stat).is_none() => {
                return Err(refused("there is no such statistic".into()));
            }
            (None, Some(expression)) => {
                let parsed = expression::parse(expression).map_err(refused)?;
                for search in searches_in(&parsed).map_err(refused)? {
                    search::Asked::parse(&search.text).map_err(refused)?;
                }
            }
            (None, None) => return Err(refused("there is neither a metric nor an expression".into())),
            (Some(_), _) => {}
        }
    }
    Ok(())
}

fn parse(n: usize, query: &MetricDataQuery) -> Result<Query, Error> {
    let at = format!("MetricDataQueries.member.{n}");
    match (&query.metric_stat, &query.expression) {
        (Some(stat), None) => Ok(Query::Metric(Asked::parse(stat, &format!("{at}.MetricStat"))?)),
        (None, Some(text)) => {
            expression::parse(text).map(Query::Expression).map_err(|why| wrong(query, &why))
        }
        (Some(_), Some(_)) => {
            let names = [format!("{at}.MetricStat"), format!("{at}.Expression")];
            Err(errors::query_says_both(&names[0], &names[1]))
        }
        (None, None) => Err(errors::nothing_queried(&at)),
    }
}

fn wrong(query: &MetricDataQuery, why: &str) -> Error {
    errors::invalid_expression(&query.id, why)
}

fn searches_in(expression: &Expression) -> Result<Vec<Search>, String> {
    let mut searches = Vec::new();
    expression::visit(expression, &mut |part| {
        if let Expression::Call(name, arguments) = part
            && name == "SEARCH"
        {
            searches.push(expression::search(arguments));
        }
    });
    searches.into_iter().collect()
}

fn names_in(expression: &Expression) -> Vec<String> {
    let mut names = Vec::new();
    expression::visit(expression, &mut |part| {
        if let Expression::Name(name) = part {
            names.push(name.clone());
        }
    });
    names
}

/// The series of a query that came to a value.
fn told(query: &MetricDataQuery, is_metric: bool, value: Value) -> Result<Vec<Series>, Error> {
    let returned = query.return_data.unwrap_or(true);
    let series = |series: TimeSeries, label| Series {
        id: query.id.clone(),
        label,
        period_seconds: series.period_seconds,
        points: series.points,
        returned,
    };
    match value {
        Value::Series(of) => {
            let own = if is_metric { of.label.clone() } else { query.id.clone() };
            let label = query.label.clone().unwrap_or(own);
            Ok(vec![series(of, label)])
        }
        Value::Array(all) => {
            let each = all.into_iter().map(|of| {
                let label = match &query.label {
                    Some(label) => format!("{label} {}", of.label).into(),
                    None => of.label.clone(),
                };
                series(of, label)
            });
            Ok(each.collect())
        }
        // It is there for other expressions.
        _ if !returned => Ok(vec![]),
        Value::Scalar(_) => Err(wrong(query, "The result is a scalar, and must be a time series")),
        Value::Text(text) => Err(wrong(query, &format!("Unknown identifier '{text}'"))),
    }
}
