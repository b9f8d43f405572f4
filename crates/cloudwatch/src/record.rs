use std::future::Future;
use std::pin::Pin;

use anabranch_api::ApiError;
use anabranch_api::cloudwatch::Dimension;
use anabranch_governance::{Measurement, Measurements, NotRecorded};
use anabranch_types::{AccountId, Region, Timestamp};
use bytestring::ByteString;

use super::CloudWatch;
use super::datum::{Datum, Measured, Metric};
use super::store::Place;

/// What services measure has a resolution of a minute.
const RESOLUTION_SECONDS: u8 = 60;

impl Measurements for CloudWatch {
    /// Read as long as what callers put.
    fn record<'a>(
        &'a self,
        account: AccountId,
        region: &'a Region,
        namespace: &'static str,
        at: Timestamp,
        measurements: Vec<Measurement>,
    ) -> Pin<Box<dyn Future<Output = Result<(), NotRecorded>> + Send + 'a>> {
        let data: Vec<Datum> = measurements.into_iter().map(|m| datum(m, namespace, at)).collect();
        Box::pin(async move {
            let place = Place::of(account, region, namespace);
            self.store.append(&place, data, at).await.map_err(|error| {
                let error = ApiError::from(error);
                tracing::debug!(%error, "measurements are lost");
                NotRecorded
            })
        })
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
