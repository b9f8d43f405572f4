//! Where datapoints come from.

use std::future::Future;
use std::pin::Pin;

use anabranch_api::cloudwatch::{Error, MetricDataQuery};
use anabranch_types::Timestamp;

use super::keys::Scope;
use crate::CloudWatch;
use crate::evaluate::{self, TimeRange};

/// Periods one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    /// Where the first starts.
    pub start: Timestamp,
    /// How many there are.
    pub periods: usize,
    /// How long each is.
    pub period_seconds: u32,
}

impl Window {
    /// Where the last ends.
    pub fn end(&self) -> Timestamp {
        self.period(self.periods)
    }

    /// Where a period starts, counted from 0.
    pub fn period(&self, at: usize) -> Timestamp {
        let seconds = i64::try_from(at).unwrap_or(i64::MAX).saturating_mul(i64::from(self.period_seconds));
        Timestamp::from_millis(self.start.millis().saturating_add(seconds.saturating_mul(1000)))
    }
}

/// The value of each period, none where there is none.
pub(crate) type Values = Vec<Option<f64>>;

/// Answers queries about metrics.
pub(crate) trait Series: Send + Sync {
    /// The values of the query that returns data, for each period of the window.
    fn values<'a>(
        &'a self,
        scope: &'a Scope,
        queries: &'a [MetricDataQuery],
        window: Window,
    ) -> Pin<Box<dyn Future<Output = Result<Values, Error>> + Send + 'a>>;

    /// Refuses queries that can never be answered, with the query's id and why.
    fn check(&self, queries: &[MetricDataQuery]) -> Result<(), (String, String)>;
}

impl Series for CloudWatch {
    fn values<'a>(
        &'a self,
        scope: &'a Scope,
        queries: &'a [MetricDataQuery],
        window: Window,
    ) -> Pin<Box<dyn Future<Output = Result<Values, Error>> + Send + 'a>> {
        Box::pin(async move {
            let range = TimeRange { start: window.start, end: window.end(), now: window.end() };
            let all = self.evaluator().query(scope.account, &scope.region, queries, range).await?;
            let mut values = vec![None; window.periods];
            let Some(series) = all.into_iter().find(|series| series.returned) else { return Ok(values) };
            for (at, value) in series.points {
                let periods = at.millis_since(window.start) / 1000 / u64::from(window.period_seconds.max(1));
                if let Some(found) = usize::try_from(periods).ok().and_then(|at| values.get_mut(at)) {
                    *found = Some(value);
                }
            }
            Ok(values)
        })
    }

    fn check(&self, queries: &[MetricDataQuery]) -> Result<(), (String, String)> {
        evaluate::check(queries)
    }
}
