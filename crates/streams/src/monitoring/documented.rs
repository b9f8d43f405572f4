//! The metrics that AWS documents for Data Streams, and what each consists of.

use anabranch_api::cloudwatch::StandardUnit as Unit;

use crate::measures::Measure;

/// A metric, its unit and what it consists of.
pub(super) type Metric = (&'static str, Unit, &'static [Measure]);

/// What every stream has (AWS: Developer Guide, basic stream-level metrics).
pub(super) const OF_STREAMS: [Metric; 19] = [
    ("IncomingBytes", Unit::Bytes, &[Measure::IncomingBytes]),
    ("IncomingRecords", Unit::Count, &[Measure::IncomingRecords]),
    ("PutRecord.Bytes", Unit::Bytes, &[Measure::PutOneBytes]),
    ("PutRecord.Latency", Unit::Milliseconds, &[Measure::PutOneMicros]),
    ("PutRecord.Success", Unit::Count, &[Measure::PutOneDone]),
    ("PutRecords.Bytes", Unit::Bytes, &[Measure::PutManyBytes]),
    ("PutRecords.Latency", Unit::Milliseconds, &[Measure::PutManyMicros]),
    ("PutRecords.Success", Unit::Count, &[Measure::PutManyDone]),
    ("PutRecords.TotalRecords", Unit::Count, &[Measure::PutManyTotal]),
    ("PutRecords.SuccessfulRecords", Unit::Count, &[Measure::PutManyStored]),
    ("PutRecords.FailedRecords", Unit::Count, &[Measure::PutManyFailed]),
    ("PutRecords.ThrottledRecords", Unit::Count, &[Measure::PutManyThrottled]),
    ("GetRecords.Bytes", Unit::Bytes, &[Measure::ReadBytes]),
    ("GetRecords.Records", Unit::Count, &[Measure::ReadRecords]),
    ("GetRecords.Latency", Unit::Milliseconds, &[Measure::ReadMicros]),
    ("GetRecords.Success", Unit::Count, &[Measure::ReadDone]),
    ("GetRecords.IteratorAgeMilliseconds", Unit::Milliseconds, &[Measure::ReadAge]),
    ("WriteProvisionedThroughputExceeded", Unit::Count, &[Measure::WriteExceeded]),
    ("ReadProvisionedThroughputExceeded", Unit::Count, &[Measure::ReadExceeded]),
];

/// What a consumer with enhanced fan-out has (the same page).
pub(super) const OF_CONSUMERS: [Metric; 6] = [
    ("SubscribeToShard.RateExceeded", Unit::Count, &[Measure::SubscribedExceeded]),
    ("SubscribeToShard.Success", Unit::Count, &[Measure::SubscribedDone]),
    ("SubscribeToShardEvent.Bytes", Unit::Bytes, &[Measure::PushedBytes]),
    ("SubscribeToShardEvent.MillisBehindLatest", Unit::Milliseconds, &[Measure::PushedAge]),
    ("SubscribeToShardEvent.Records", Unit::Count, &[Measure::PushedRecords]),
    ("SubscribeToShardEvent.Success", Unit::Count, &[Measure::PushedDone]),
];

/// What a shard has, in the order of the model, which is that of the stored bits (AWS: Developer Guide, enhanced shard-level metrics).
pub(super) const OF_SHARDS: [Metric; 7] = [
    ("IncomingBytes", Unit::Bytes, &[Measure::IncomingBytes]),
    ("IncomingRecords", Unit::Count, &[Measure::IncomingRecords]),
    ("OutgoingBytes", Unit::Bytes, &[Measure::ReadBytes, Measure::PushedBytes]),
    ("OutgoingRecords", Unit::Count, &[Measure::ReadRecords, Measure::PushedRecords]),
    ("WriteProvisionedThroughputExceeded", Unit::Count, &[Measure::WriteExceeded]),
    ("ReadProvisionedThroughputExceeded", Unit::Count, &[Measure::ReadExceeded]),
    ("IteratorAgeMilliseconds", Unit::Milliseconds, &[Measure::ReadAge]),
];

/// A number of a metric's samples in its unit.
pub(super) fn in_unit(of: &[Measure], value: u64) -> f64 {
    if is_latency(of) { value as f64 / 1000.0 } else { value as f64 }
}

/// Whether it is measured in microseconds, and told in milliseconds.
fn is_latency(of: &[Measure]) -> bool {
    matches!(of, [Measure::PutOneMicros | Measure::PutManyMicros | Measure::ReadMicros])
}

/// Those of the metrics of shards that a stream has chosen, a bit each.
pub(super) fn chosen(bits: u8) -> impl Iterator<Item = Metric> {
    (0..).zip(OF_SHARDS).filter(move |(bit, _)| bits >> bit & 1 == 1).map(|(_, metric)| metric)
}
