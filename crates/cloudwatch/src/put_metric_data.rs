use std::time::Duration;

use anabranch_api::cloudwatch::{Error, MetricDatum, PutMetricData, PutMetricDataOutput, StandardUnit};
use anabranch_api::{Context, Serve};
use anabranch_types::Timestamp;

use super::datum::{Datum, Measured, Metric};
use super::store::Place;
use super::{CloudWatch, SERVICES_PREFIX, errors};

/// CW API PutMetricData.
const DATA_MAX: usize = 1000;
/// CW API MetricDatum, Values.
const VALUES_MAX: usize = 150;
/// CW API MetricDatum, Value: "-2^360 to 2^360".
const VALUE_MAX: f64 = f64::from_bits((1023 + 360) << 52);
/// CW API MetricDatum, Timestamp.
const PAST_MAX: Duration = Duration::from_secs(14 * 24 * 3600);
/// CW API MetricDatum, Timestamp.
const AHEAD_MAX: Duration = Duration::from_secs(2 * 3600);
/// Seconds of a datum that asks for no other resolution (CW API MetricDatum, StorageResolution).
const STANDARD_RESOLUTION: u8 = 60;

impl Serve<PutMetricData> for CloudWatch {
    /// Appends all data of the call or none.
    async fn serve(&self, cx: &Context, request: PutMetricData) -> Result<PutMetricDataOutput, Error> {
        let namespace = request.namespace.clone();
        let data = checked(request, cx.received)?;
        let place = Place::of(cx.account, &cx.region, &namespace);
        self.store.append(&place, data, cx.received).await?;
        Ok(PutMetricDataOutput {})
    }
}

/// The request's data as they will stand in the log; data of entities are data like others.
fn checked(request: PutMetricData, now: Timestamp) -> Result<Vec<Datum>, Error> {
    if request.namespace.starts_with(SERVICES_PREFIX) {
        return Err(errors::invalid_value(&request.namespace, "Namespace"));
    }
    if request.metric_data.is_none() && request.entity_metric_data.is_none() {
        return Err(errors::missing("MetricData"));
    }
    let plain = request.metric_data.unwrap_or_default();
    let of_entities = request.entity_metric_data.unwrap_or_default();
    let total = plain.len() + of_entities.iter().flat_map(|e| &e.metric_data).map(Vec::len).sum::<usize>();
    if total > DATA_MAX {
        return Err(errors::collection_too_large("MetricData", DATA_MAX));
    }
    let plain = (1..).zip(plain).map(|(n, datum)| (format!("MetricData.member.{n}"), datum));
    let of_entities = (1..).zip(of_entities).flat_map(|(e, entity)| {
        let data = (1..).zip(entity.metric_data.unwrap_or_default());
        data.map(move |(n, datum)| (format!("EntityMetricData.member.{e}.MetricData.member.{n}"), datum))
    });
    let namespace = request.namespace;
    plain
        .chain(of_entities)
        .map(|(at, datum)| {
            let measured = measured(&at, &datum)?;
            let resolution_seconds = resolution(&at, datum.storage_resolution)?;
            Ok(Datum {
                at: time(&at, datum.timestamp, now, resolution_seconds)?,
                metric: Metric::new(namespace.clone(), datum.metric_name, datum.dimensions),
                unit: datum.unit.unwrap_or(StandardUnit::None),
                resolution_seconds,
                measured,
            })
        })
        .collect()
}

/// What a datum measured: exactly one of a value, values with counts, and a statistic set.
fn measured(at: &str, datum: &MetricDatum) -> Result<Measured, Error> {
    let [value_name, values_name, counts_name, set_name] =
        ["Value", "Values", "Counts", "StatisticValues"].map(|name| format!("{at}.{name}"));
    let values = datum.values.as_ref().filter(|values| !values.is_empty());
    match (datum.value, values, &datum.statistic_values) {
        (Some(_), Some(_), _) => Err(errors::mutually_exclusive(&value_name, &values_name)),
        (Some(_), _, Some(_)) => Err(errors::mutually_exclusive(&value_name, &set_name)),
        (_, Some(_), Some(_)) => Err(errors::mutually_exclusive(&values_name, &set_name)),
        (None, None, None) => Err(errors::nothing_measured(at)),
        (Some(value), None, None) => Ok(Measured::Values(vec![(number(value, &value_name)?, 1.0)])),
        (None, None, Some(set)) => Ok(Measured::Statistics {
            sample_count: number(set.sample_count, &format!("{set_name}.SampleCount"))?,
            sum: number(set.sum, &format!("{set_name}.Sum"))?,
            minimum: number(set.minimum, &format!("{set_name}.Minimum"))?,
            maximum: number(set.maximum, &format!("{set_name}.Maximum"))?,
        }),
        (None, Some(values), None) => {
            if values.len() > VALUES_MAX {
                return Err(errors::collection_too_large(&values_name, VALUES_MAX));
            }
            let once = vec![1.0; values.len()];
            let counts = datum.counts.as_ref().filter(|counts| !counts.is_empty()).unwrap_or(&once);
            if counts.len() != values.len() {
                return Err(errors::sizes_differ(&values_name, &counts_name));
            }
            let pairs = (1..).zip(values.iter().zip(counts)).map(|(n, (value, times))| {
                let value = number(*value, &format!("{values_name}.member.{n}"))?;
                Ok((value, number(*times, &format!("{counts_name}.member.{n}"))?))
            });
            pairs.collect::<Result<_, Error>>().map(Measured::Values)
        }
    }
}

fn number(value: f64, parameter: &str) -> Result<f64, Error> {
    if value.is_finite() && value.abs() <= VALUE_MAX {
        Ok(value)
    } else {
        Err(errors::invalid_value(&value.to_string(), parameter))
    }
}

fn resolution(at: &str, asked: Option<i32>) -> Result<u8, Error> {
    match asked {
        None | Some(60) => Ok(STANDARD_RESOLUTION),
        Some(1) => Ok(1),
        Some(other) => Err(errors::invalid_value(&other.to_string(), &format!("{at}.StorageResolution"))),
    }
}

/// When it was measured, now if the caller does not say, rounded down to the resolution.
fn time(
    at: &str,
    asked: Option<Timestamp>,
    now: Timestamp,
    resolution_seconds: u8,
) -> Result<Timestamp, Error> {
    let time = asked.unwrap_or(now);
    if time < now - PAST_MAX {
        return Err(errors::too_old(&format!("{at}.Timestamp")));
    }
    if time > now + AHEAD_MAX {
        return Err(errors::too_new(&format!("{at}.Timestamp")));
    }
    let step = i64::from(resolution_seconds);
    Ok(Timestamp::from_seconds(time.seconds().div_euclid(step) * step))
}
