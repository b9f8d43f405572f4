//! Queries of metrics: the one way by which GetMetricData, alarms and images have their numbers.

mod metric_stat;

use std::sync::Arc;

use anabranch_api::cloudwatch::{Error, MetricDataQuery};
use anabranch_types::{AccountId, Region, Timestamp};
use bytestring::ByteString;

use crate::errors;
use crate::store::Store;

/// CW API GetMetricData: queries of one call.
pub(crate) const QUERIES_MAX: usize = 500;

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

impl Evaluator {
    pub(crate) fn new(store: Arc<Store>) -> Self {
        Self { store }
    }

    /// What each query comes to, in the order of the queries; a search comes to several series or none.
    pub(crate) async fn query(
        &self,
        account: AccountId,
        region: &Region,
        queries: &[MetricDataQuery],
        range: TimeRange,
    ) -> Result<Vec<Series>, Error> {
        let mut all = Vec::with_capacity(queries.len());
        for (n, query) in (1..).zip(queries) {
            let at = format!("MetricDataQueries.member.{n}");
            let stat = match (&query.metric_stat, &query.expression) {
                (Some(stat), None) => stat,
                (Some(_), Some(_)) => {
                    let names = [format!("{at}.MetricStat"), format!("{at}.Expression")];
                    return Err(errors::query_says_both(&names[0], &names[1]));
                }
                (None, Some(_)) => return Err(errors::no_expressions()),
                (None, None) => return Err(errors::nothing_queried(&at)),
            };
            let asked = metric_stat::Asked::parse(stat, &format!("{at}.MetricStat"))?;
            all.push(Series {
                id: query.id.clone(),
                label: query.label.clone().unwrap_or_else(|| asked.metric.name().clone()),
                period_seconds: asked.period_seconds,
                points: asked.points(&self.store, account, region, range).await?,
                returned: query.return_data.unwrap_or(true),
            });
        }
        Ok(all)
    }
}
