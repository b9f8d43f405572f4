use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anabranch_api::ApiError;
use anabranch_api::cloudwatch::Dimension;
use anabranch_api::cloudwatch::Error;
use anabranch_governance::{Measurement, Measurements, NotRecorded};
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

impl Measurements for CloudWatch {
    /// Read by GetMetricStatistics for 15 days.
    fn record<'a>(
        &'a self,
        account: AccountId,
        region: &'a Region,
        namespace: &'static str,
        at: Timestamp,
        measurements: Vec<Measurement>,
    ) -> Pin<Box<dyn Future<Output = Result<(), NotRecorded>> + Send + 'a>> {
        let data: Vec<Datum> = measurements.into_iter().map(|m| datum(m, namespace, at)).collect();
        let place = Place { account, region, whose: Whose::Services };
        Box::pin(async move {
            self.keep(&place, at, &data).await.map_err(|error| {
                let error = ApiError::from(error);
                tracing::debug!(%error, "measurements are lost");
                NotRecorded
            })
        })
    }
}

impl CloudWatch {
    async fn keep(&self, place: &Place<'_>, at: Timestamp, data: &[Datum]) -> Result<(), Error> {
        if data.is_empty() {
            return Ok(());
        }
        let log = self.logs.append(place, data).await?;
        if self.trims.is_due(log, at) {
            self.logs.trim(log, at - KEPT).await?;
        }
        Ok(())
    }
}

fn datum(measurement: Measurement, namespace: &'static str, at: Timestamp) -> Datum {
    let dimension = |(name, value): (&'static str, ByteString)| Dimension { name: name.into(), value };
    let Measurement { name, dimensions, unit, samples, sum, minimum, maximum } = measurement;
    let dimensions = dimensions.into_iter().map(dimension).collect();
    Datum {
        metric: Metric::new(namespace.into(), name.into(), Some(dimensions)),
        unit,
        at,
        resolution_seconds: RESOLUTION_SECONDS,
        measured: Measured::Statistics { sample_count: samples as f64, sum, minimum, maximum },
    }
}
