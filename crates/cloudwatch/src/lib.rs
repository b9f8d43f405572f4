//! CloudWatch: metrics that callers put, in a log of their account and region, and their statistics, read back by a scan; and alarms on them.
//!
//! Start at [`CloudWatch`]; one file per operation, and `record` for what our own services measure. [`datum`] is what stands in the log (docs/formats/metrics.md), [`metrics_log`] finds the
//! log, [`evaluate`] answers queries of metrics for whoever asks: its `Evaluator` is the one way; [`summary`] is what is known of a stretch of time, [`statistic`] what can be asked of it.
//! [`alarms`] are a service of their own, [`Alarms`], which asks it too.

mod alarms;
mod datum;
mod errors;
mod evaluate;
mod get_metric_data;
mod get_metric_statistics;
mod grid;
mod metrics_log;
mod put_metric_data;
mod record;
mod sketch;
mod statistic;
mod summary;

use std::sync::Arc;

use anabranch_api::{Register, cloudwatch};
use anabranch_catalog::Catalog;
use anabranch_log::RecordLog;

pub use alarms::{Alarms, AlarmsGround, AlarmsOpenError, Delivered, Notification};
use evaluate::Evaluator;
use metrics_log::MetricsLogs;
pub use metrics_log::log_groups;

/// What the namespaces of services begin with (CW API PutMetricData).
const SERVICES_PREFIX: &str = "AWS/";

/// Answers the operations of CloudWatch.
pub struct CloudWatch {
    logs: Arc<MetricsLogs>,
    trims: record::Trims,
}

impl CloudWatch {
    /// Metrics kept in logs of `log`, which `catalog` names.
    pub fn new(log: Arc<dyn RecordLog>, catalog: Arc<dyn Catalog>) -> Self {
        Self { logs: Arc::new(MetricsLogs::new(log, catalog)), trims: record::Trims::default() }
    }

    /// What evaluates queries of metrics.
    pub(crate) fn evaluator(&self) -> Evaluator {
        Evaluator::new(Arc::clone(&self.logs))
    }

    /// Hands over a handler of each of its operations.
    pub fn register(self: &Arc<Self>, register: &mut dyn Register) {
        cloudwatch::register_metrics(self, register);
    }
}

/// A door for `fuzz/`: what stands in the log of metrics is read as it was written.
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub fn fuzz_datum(bytes: &[u8]) {
    if let Some(datum) = datum::Datum::decode(bytes::Bytes::copy_from_slice(bytes)) {
        assert_eq!(datum.encode(), bytes);
    }
}

#[cfg(test)]
mod tests;
