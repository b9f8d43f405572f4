//! Where CloudWatch Logs sends what its filters let through: streams and metrics, through the door.

use std::sync::Arc;

use anabranch_api::cloudwatch::{Dimension, MetricDatum, PutMetricData, StandardUnit};
use anabranch_api::kinesis::{PutRecords, PutRecordsRequestEntry};
use anabranch_api::{ApiError, Context, Enumeration as _, Principal, RequestId};
use anabranch_cloudwatch::CloudWatch;
use anabranch_governance::Door;
use anabranch_logs::{BoxFuture, Destination, MetricSink, MetricValues, NotTaken, Parcel};
use anabranch_streams::Streams;
use anabranch_types::{AccountId, Clock, Region, Rng, StreamArn, Timestamp};
use bytes::Bytes;

/// Who calls.
const SERVICE: &str = "logs";
/// Records of one call, and its bytes (KDS API PutRecords).
const RECORDS_MAX: usize = 500;
const BYTES_MAX: usize = 5 * 1024 * 1024;
/// How often records are put that a stream did not take, which is when a shard has too much to do.
const ATTEMPTS_MAX: usize = 3;
/// Metrics of one call (CW API PutMetricData).
const DATA_MAX: usize = 1000;

/// Puts records into streams, as the role of the subscription filter they come from.
pub struct StreamDestination {
    door: Door,
    deputy: Arc<crate::deputy::Deputy>,
    streams: Arc<Streams>,
}

impl StreamDestination {
    /// Streams behind this door.
    pub fn new(door: Door, deputy: Arc<crate::deputy::Deputy>, streams: Arc<Streams>) -> Self {
        Self { door, deputy, streams }
    }

    async fn put_all(&self, parcel: Parcel) -> Result<(), NotTaken> {
        let arn = parcel.destination;
        let mut left = parcel.records;
        for _ in 0..ATTEMPTS_MAX {
            let mut refused = Vec::new();
            while !left.is_empty() {
                let rest = left.split_off(one_call(&left));
                let cx =
                    self.deputy.context(SERVICE, &parcel.region, &parcel.role).await.map_err(not_taken)?;
                refused.extend(self.put_once(cx, &arn, left).await?);
                left = rest;
            }
            if refused.is_empty() {
                return Ok(());
            }
            left = refused;
        }
        Err(NotTaken(format!("{} records were not taken", left.len())))
    }

    /// The records that were not taken.
    async fn put_once(
        &self,
        cx: Context,
        arn: &str,
        records: Vec<(String, Bytes)>,
    ) -> Result<Vec<(String, Bytes)>, NotTaken> {
        let entry = |(key, data): &(String, Bytes)| PutRecordsRequestEntry {
            data: data.clone(),
            partition_key: Some(key.as_str().into()),
            ..PutRecordsRequestEntry::default()
        };
        let request = PutRecords {
            records: records.iter().map(entry).collect(),
            stream_arn: Some(arn.into()),
            ..PutRecords::default()
        };
        let answer = self.door.unary(cx, &self.streams, request).await.map_err(not_taken)?;
        let outcomes = records.into_iter().zip(answer.records);
        Ok(outcomes.filter(|(_, outcome)| outcome.error_code.is_some()).map(|(record, _)| record).collect())
    }
}

impl Destination for StreamDestination {
    fn is_known(&self, destination: &str) -> bool {
        destination.parse::<StreamArn>().is_ok()
    }

    fn put(&self, parcel: Parcel) -> BoxFuture<'_, Result<(), NotTaken>> {
        Box::pin(self.put_all(parcel))
    }
}

/// How many of the first records go with one call.
fn one_call(records: &[(String, Bytes)]) -> usize {
    let mut bytes = 0;
    let fit = records.iter().take(RECORDS_MAX).take_while(|(key, data)| {
        bytes += key.len() + data.len();
        bytes <= BYTES_MAX
    });
    fit.count().max(1)
}

fn not_taken(refusal: ApiError) -> NotTaken {
    NotTaken(refusal.to_string())
}

/// Puts what metric filters measure among an account's metrics.
pub struct Metrics {
    door: Door,
    cloudwatch: Arc<CloudWatch>,
    clock: Clock,
    rng: Rng,
}

impl Metrics {
    /// Metrics behind this door.
    pub fn new(door: Door, cloudwatch: Arc<CloudWatch>, clock: Clock) -> Self {
        Self { door, cloudwatch, clock, rng: Rng::system() }
    }

    async fn put_all(
        &self,
        account: AccountId,
        region: Region,
        values: Vec<MetricValues>,
    ) -> Result<(), NotTaken> {
        let mut by_namespace: Vec<(String, Vec<MetricDatum>)> = Vec::new();
        for measured in values {
            let (namespace, datum) = datum(measured);
            match by_namespace.iter_mut().find(|(known, _)| *known == namespace) {
                Some((_, data)) => data.push(datum),
                None => by_namespace.push((namespace, vec![datum])),
            }
        }
        for (namespace, data) in by_namespace {
            for data in data.chunks(DATA_MAX) {
                let request = PutMetricData {
                    namespace: namespace.as_str().into(),
                    metric_data: Some(data.to_vec()),
                    ..PutMetricData::default()
                };
                let cx = self.context(account, &region);
                self.door.unary(cx, &self.cloudwatch, request).await.map_err(not_taken)?;
            }
        }
        Ok(())
    }

    fn context(&self, account: AccountId, region: &Region) -> Context {
        Context::inside(
            Principal::Service(SERVICE),
            account,
            region.clone(),
            RequestId::from_random(self.rng.u128()),
            self.clock.now(),
        )
    }
}

impl MetricSink for Metrics {
    fn put(
        &self,
        account: AccountId,
        region: Region,
        values: Vec<MetricValues>,
    ) -> BoxFuture<'_, Result<(), NotTaken>> {
        Box::pin(self.put_all(account, region, values))
    }
}

fn datum(measured: MetricValues) -> (String, MetricDatum) {
    let MetricValues { namespace, metric, dimensions, unit, time_ms, values } = measured;
    let dimension = |(name, value): (String, String)| Dimension { name: name.into(), value: value.into() };
    let datum = MetricDatum {
        metric_name: metric.into(),
        dimensions: Some(dimensions.into_iter().map(dimension).collect()),
        timestamp: Some(Timestamp::from_millis(time_ms)),
        values: Some(values.iter().map(|(value, _)| *value).collect()),
        counts: Some(values.iter().map(|(_, count)| *count).collect()),
        unit: unit.as_deref().and_then(StandardUnit::of),
        ..MetricDatum::default()
    };
    (namespace, datum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_call_takes_as_much_as_a_stream_takes() {
        let records = |count: usize, bytes: usize| vec![(String::new(), Bytes::from(vec![0; bytes])); count];
        assert_eq!(one_call(&records(501, 1)), 500);
        assert_eq!(one_call(&records(6, 1024 * 1024)), 5);
        assert_eq!(one_call(&records(2, 6 * 1024 * 1024)), 1, "a stream that takes longer records takes it");
    }
}
