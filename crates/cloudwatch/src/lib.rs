//! CloudWatch: metrics that callers put and our services measure, and their statistics.
//!
//! Start at [`CloudWatch`]; one file per operation, and `record` for what our own services measure. [`store`] keeps data, [`evaluate`] answers
//! queries of metrics for whoever asks: its `Evaluator` is the one way. [`summary`] is what is known of a stretch of time, [`statistic`] what
//! can be asked of it. What is on disk: docs/formats/metrics.md. [`alarms`] are a service
//! of their own, [`Alarms`], which asks the evaluator too; [`dashboards`] are another. [`widget`] draws what the evaluator answers.

mod alarms;
mod dashboards;
mod datum;
mod errors;
mod evaluate;
mod finding;
mod get_metric_data;
mod get_metric_statistics;
mod get_metric_widget_image;
mod grid;
mod list_metrics;
mod put_metric_data;
mod record;
mod sketch;
mod statistic;
mod store;
mod summary;
mod widget;

use std::sync::Arc;

use anabranch_api::{Register, cloudwatch};
use anabranch_catalog::Catalog;
use anabranch_log::RecordLog;
use anabranch_types::{Due, Timestamp};
use tokio::sync::Semaphore;

pub use alarms::{Alarms, AlarmsGround, AlarmsOpenError, Delivered, Notification};
pub use dashboards::Dashboards;
use evaluate::Evaluator;
pub use store::log_groups;
use store::{Hourly, Store};

/// What the namespaces of services begin with (CW API PutMetricData).
const SERVICES_PREFIX: &str = "AWS/";

/// Calls of GetMetricData that are evaluated at a time: each may hold its points two or three times over, and they are reckoned on one core.
const EVALUATED_AT_ONCE_MAX: usize = 4;
/// Pictures drawn at a time: each takes up to 20 MiB.
const DRAWN_AT_ONCE_MAX: usize = 2;

/// Answers the operations of CloudWatch.
pub struct CloudWatch {
    store: Arc<Store>,
    /// Whose turn it is to evaluate queries.
    evaluating: Semaphore,
    /// Whose turn it is to draw.
    drawing: Arc<Semaphore>,
}

impl CloudWatch {
    /// Metrics kept in logs of `log`, which `catalog` names.
    pub fn new(log: Arc<dyn RecordLog>, catalog: Arc<dyn Catalog>) -> Self {
        Self {
            store: Arc::new(Store::new(log, catalog)),
            evaluating: Semaphore::new(EVALUATED_AT_ONCE_MAX),
            drawing: Arc::new(Semaphore::new(DRAWN_AT_ONCE_MAX)),
        }
    }

    /// What evaluates queries of metrics.
    pub(crate) fn evaluator(&self) -> Evaluator {
        Evaluator::new(Arc::clone(&self.store))
    }

    /// What has to be done as time passes: data are written to runs, and old ones let go.
    pub fn due(&self, now: Timestamp) -> Arc<dyn Due> {
        Arc::new(Hourly::new(Arc::clone(&self.store), now))
    }

    /// Hands over a handler of each of its operations.
    pub fn register(self: &Arc<Self>, register: &mut dyn Register) {
        cloudwatch::register_metrics(self, register);
    }
}

/// A door for `fuzz/`: what stands in the logs of metrics is read as it was written.
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub fn fuzz_stored(bytes: &[u8]) {
    if let Some(datum) = datum::Datum::decode(bytes::Bytes::copy_from_slice(bytes)) {
        assert_eq!(datum.encode(), bytes);
    }
    store::fuzz(bytes);
}

#[cfg(test)]
mod tests;
