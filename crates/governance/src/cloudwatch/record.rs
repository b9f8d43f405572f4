use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anabranch_api::ApiError;
use anabranch_api::cloudwatch::{Dimension, StandardUnit};
use anabranch_log::LogId;
use anabranch_types::{AccountId, Region, Timestamp};
use bytestring::ByteString;

use super::CloudWatch;
use super::datum::{Datum, Measured, Metric};
use super::metrics_log::{Place, Whose};

/// CloudWatch User Guide, metrics retention: data of one minute are kept for 15 days.
const KEPT: Duration = Duration::from_secs(15 * 24 * 3600);
/// How often what is older is let go.
const TRIM_INTERVAL: Duration = Duration::from_secs(3600);
/// What services measure has a resolution of a minute.
const RESOLUTION_SECONDS: u8 = 60;

/// What a service of ours measured in one minute.
#[derive(Clone, Debug, PartialEq)]
pub struct Measurement {
    /// The metric's name.
    pub name: &'static str,
    /// Its dimensions: names and values.
    pub dimensions: Vec<(&'static str, ByteString)>,
    /// Its unit.
    pub unit: StandardUnit,
    /// How often it was measured, at least once.
    pub samples: u64,
    /// The sum of what was measured.
    pub sum: f64,
    /// The least.
    pub minimum: f64,
    /// The greatest.
    pub maximum: f64,
}

/// Measurements could not be kept; the cause stands in the server's log.
#[derive(Debug, thiserror::Error)]
#[error("measurements of a minute are lost")]
pub struct NotRecorded;

/// When each log was last trimmed.
#[derive(Default)]
pub(super) struct Trims(Mutex<HashMap<LogId, Timestamp>>);

impl Trims {
    /// Whether it is time to trim this one; if so, it is noted.
    fn is_due(&self, log: LogId, now: Timestamp) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let due = last.get(&log).is_none_or(|at| now >= *at + TRIM_INTERVAL);
        if due {
            last.insert(log, now);
        }
        due
    }
}

impl CloudWatch {
    /// Keeps what a service measured in the minute that began at `at`, in its namespace (`AWS/Kinesis`): durable, and read by
    /// GetMetricStatistics, for 15 days.
    pub async fn record(
        &self,
        account: AccountId,
        region: &Region,
        namespace: &'static str,
        at: Timestamp,
        measurements: Vec<Measurement>,
    ) -> Result<(), NotRecorded> {
        if measurements.is_empty() {
            return Ok(());
        }
        let data: Vec<Datum> = measurements.into_iter().map(|m| m.datum(namespace, at)).collect();
        let place = Place { account, region, whose: Whose::Services };
        let lost = |error| {
            let error = ApiError::from(error);
            tracing::debug!(%error, "measurements are lost");
            NotRecorded
        };
        let log = self.logs.append(&place, &data).await.map_err(lost)?;
        if self.trims.is_due(log, at) {
            self.logs.trim(log, at - KEPT).await.map_err(lost)?;
        }
        Ok(())
    }
}

impl Measurement {
    fn datum(self, namespace: &'static str, at: Timestamp) -> Datum {
        let dimension = |(name, value): (&'static str, ByteString)| Dimension { name: name.into(), value };
        let dimensions = self.dimensions.into_iter().map(dimension).collect();
        Datum {
            metric: Metric::new(namespace.into(), self.name.into(), Some(dimensions)),
            unit: self.unit,
            at,
            resolution_seconds: RESOLUTION_SECONDS,
            measured: Measured::Statistics {
                sample_count: self.samples as f64,
                sum: self.sum,
                minimum: self.minimum,
                maximum: self.maximum,
            },
        }
    }
}
