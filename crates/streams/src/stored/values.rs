use std::collections::BTreeMap;
use std::time::Duration;

use anabranch_log::{GroupId, Offset, Position, Timeline};
use anabranch_types::{HashKey, HashRange, ShardId, Timestamp};
use minicbor::{Decode, Encode};

use crate::limits::{MAX_RECORD_KIB_DEFAULT, RETENTION_HOURS_DEFAULT};

/// A stream.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(array)]
pub(crate) struct StoredStream {
    /// The log group that holds its records.
    #[n(0)]
    pub group: u64,
    #[n(1)]
    pub created_ms: i64,
    #[n(2)]
    pub status: Status,
    /// When the status ends by itself.
    #[n(3)]
    pub due_ms: Option<i64>,
    #[n(4)]
    pub mode: Mode,
    #[n(5)]
    pub retention_hours: u32,
    #[n(6)]
    pub max_record_kib: u32,
    #[n(7)]
    pub distribution: Distribution,
    /// The index of the next shard.
    #[n(8)]
    pub next_shard: u32,
    /// Sorted by key, as AWS lists them.
    #[n(9)]
    pub tags: BTreeMap<String, String>,
    /// What has begun and is not finished.
    #[n(10)]
    pub intent: Option<Intent>,
    /// The shard-level metrics that are on: a bit each, in the model's order.
    #[n(11)]
    pub shard_metrics: u8,
    /// WarmThroughputMiBps, if it was asked for.
    #[n(12)]
    pub warm_mibps: Option<u32>,
    /// When the shard count was updated within the last 24 hours.
    #[n(13)]
    pub count_updates_ms: Vec<i64>,
    /// When the mode was switched within the last 24 hours.
    #[n(14)]
    pub mode_switches_ms: Vec<i64>,
    /// The last creation second a deregistered consumer had: another one's ARN differs.
    #[n(15)]
    pub consumer_seconds: u64,
    /// The resource policy, as it was put.
    #[n(16)]
    pub policy: Option<String>,
    /// The KMS key under which records are sealed, as it was named; none while they are stored as they come.
    #[n(17)]
    pub key_id: Option<String>,
    /// When encryption was started within the last 24 hours.
    #[n(18)]
    pub encryption_starts_ms: Vec<i64>,
    /// When encryption was stopped within the last 24 hours.
    #[n(19)]
    pub encryption_stops_ms: Vec<i64>,
    /// The greatest minute of each of the last 30 days with traffic, of an on-demand stream.
    #[n(20)]
    #[cbor(default)]
    pub peaks: Vec<Peak>,
}

/// A day's greatest minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub(crate) struct Peak {
    /// Days since the epoch.
    #[n(0)]
    pub day: i64,
    #[n(1)]
    pub bytes_per_second: u64,
}

/// A stream's StreamStatus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub(crate) enum Status {
    #[n(0)]
    Creating,
    #[n(1)]
    Active,
    #[n(2)]
    Updating,
    #[n(3)]
    Deleting,
}

/// A stream's capacity mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub(crate) enum Mode {
    #[n(0)]
    Provisioned,
    #[n(1)]
    OnDemand,
}

/// How records find their shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub(crate) enum Distribution {
    #[n(0)]
    UserPartitionKey,
    #[n(1)]
    Auto,
}

/// A change of several steps, written before the first and finished at start-up if need be.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) enum Intent {
    /// Shards shall be replaced, step by step in this order; all of it is committed at once.
    #[n(0)]
    Reshard(#[n(0)] Vec<StoredStep>),
}

/// A split or a merge.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub(crate) struct StoredStep {
    /// The parents' indexes.
    #[n(0)]
    pub close: Vec<u32>,
    /// The children. When they were created is known only when the parents are closed.
    #[n(1)]
    pub open: Vec<StoredShard>,
}

/// A shard.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub(crate) struct StoredShard {
    #[n(0)]
    pub index: u32,
    #[cbor(n(1), with = "hash_key")]
    pub start: HashKey,
    #[cbor(n(2), with = "hash_key")]
    pub end: HashKey,
    #[n(3)]
    pub parent: Option<u32>,
    #[n(4)]
    pub adjacent_parent: Option<u32>,
    /// The second in its sequence numbers.
    #[n(5)]
    pub created_seconds: u64,
    #[n(6)]
    pub created_ms: i64,
    #[n(7)]
    pub closed: Option<Closed>,
}

/// How a shard ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub(crate) struct Closed {
    #[n(0)]
    pub at_ms: i64,
    /// The put second in its EndingSequenceNumber.
    #[n(1)]
    pub seconds: u64,
    /// Where its log was closed.
    #[n(2)]
    pub end: Spot,
}

/// A [`Position`] as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub(crate) struct Spot {
    #[n(0)]
    pub timeline: u16,
    #[n(1)]
    pub offset: u64,
}

/// A consumer.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(array)]
pub(crate) struct StoredConsumer {
    #[n(0)]
    pub name: String,
    #[n(1)]
    pub created_ms: i64,
    #[n(2)]
    pub status: ConsumerStatus,
    /// When the status ends by itself.
    #[n(3)]
    pub due_ms: Option<i64>,
    #[n(4)]
    pub tags: BTreeMap<String, String>,
    /// The resource policy, as it was put.
    #[n(5)]
    pub policy: Option<String>,
}

/// What an account has set in a region.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub(crate) struct StoredSettings {
    /// MinimumThroughputBillingCommitment, since it was first enabled.
    #[n(0)]
    pub commitment: Option<Commitment>,
}

/// A throughput commitment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub(crate) struct Commitment {
    #[n(0)]
    pub started_ms: i64,
    /// When it ended, or will end; none while it goes on.
    #[n(1)]
    pub ends_ms: Option<i64>,
}

/// A data key of a stream.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub(crate) struct StoredDataKey {
    /// Counted per stream, as records name it.
    #[n(0)]
    pub id: u32,
    /// Under a KMS key what GenerateDataKey answers, under the master key nonce, sealed key and tag.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub wrapped: Vec<u8>,
    #[n(2)]
    pub made_ms: i64,
    /// The KMS key's ARN; none under the master key.
    #[n(3)]
    pub kms_key: Option<String>,
}

/// A consumer's ConsumerStatus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub(crate) enum ConsumerStatus {
    #[n(0)]
    Creating,
    #[n(1)]
    Active,
    #[n(2)]
    Deleting,
}

impl StoredStream {
    /// A stream that begins now, in mode PROVISIONED, with everything as AWS has it when it is not asked for.
    pub fn begin(group: GroupId, now: Timestamp) -> Self {
        Self {
            group: group.0,
            created_ms: now.millis(),
            status: Status::Creating,
            due_ms: None,
            mode: Mode::Provisioned,
            retention_hours: RETENTION_HOURS_DEFAULT,
            max_record_kib: MAX_RECORD_KIB_DEFAULT,
            distribution: Distribution::UserPartitionKey,
            next_shard: 0,
            tags: BTreeMap::new(),
            intent: None,
            shard_metrics: 0,
            warm_mibps: None,
            count_updates_ms: Vec::new(),
            mode_switches_ms: Vec::new(),
            consumer_seconds: 0,
            policy: None,
            key_id: None,
            encryption_starts_ms: Vec::new(),
            encryption_stops_ms: Vec::new(),
            peaks: Vec::new(),
        }
    }

    pub fn group(&self) -> GroupId {
        GroupId(self.group)
    }

    pub fn created(&self) -> Timestamp {
        Timestamp::from_millis(self.created_ms)
    }

    pub fn due(&self) -> Option<Timestamp> {
        self.due_ms.map(Timestamp::from_millis)
    }

    pub fn retention(&self) -> Duration {
        Duration::from_secs(u64::from(self.retention_hours) * 3600)
    }
}

impl StoredShard {
    /// A shard that shall be. When it is created is not known yet.
    pub fn planned(index: u32, range: HashRange, parent: Option<u32>, adjacent_parent: Option<u32>) -> Self {
        Self {
            index,
            start: range.start,
            end: range.end,
            parent,
            adjacent_parent,
            created_seconds: 0,
            created_ms: 0,
            closed: None,
        }
    }

    pub fn id(&self) -> ShardId {
        ShardId::new(self.index).expect("no shard gets an index beyond the last one")
    }

    pub fn range(&self) -> HashRange {
        HashRange { start: self.start, end: self.end }
    }

    pub fn created(&self) -> Timestamp {
        Timestamp::from_millis(self.created_ms)
    }

    pub fn parents(&self) -> impl Iterator<Item = u32> {
        self.parent.into_iter().chain(self.adjacent_parent)
    }
}

impl StoredDataKey {
    pub fn made(&self) -> Timestamp {
        Timestamp::from_millis(self.made_ms)
    }
}

/// Data keys by the catalog's values.
pub(crate) fn data_key_chunks(keys: &[StoredDataKey]) -> BTreeMap<u32, Vec<StoredDataKey>> {
    let mut chunks: BTreeMap<u32, Vec<StoredDataKey>> = BTreeMap::new();
    for key in keys {
        chunks.entry(key.id / super::DATA_KEYS_PER_VALUE).or_default().push(key.clone());
    }
    chunks
}

impl StoredConsumer {
    /// The second in its ARN.
    pub fn created_seconds(&self) -> u64 {
        u64::try_from(self.created().seconds()).unwrap_or(0)
    }

    pub fn created(&self) -> Timestamp {
        Timestamp::from_millis(self.created_ms)
    }

    pub fn due(&self) -> Option<Timestamp> {
        self.due_ms.map(Timestamp::from_millis)
    }
}

impl From<Position> for Spot {
    fn from(p: Position) -> Self {
        Self { timeline: p.timeline.0, offset: p.offset.0 }
    }
}

impl From<Spot> for Position {
    fn from(s: Spot) -> Self {
        Self { timeline: Timeline(s.timeline), offset: Offset(s.offset) }
    }
}

/// A hash key as 16 bytes, big-endian.
mod hash_key {
    use anabranch_types::HashKey;
    use minicbor::decode::{Decoder, Error};
    use minicbor::encode::{Encoder, Write};

    pub fn encode<C, W: Write>(
        key: &HashKey,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.bytes(&key.0.to_be_bytes())?.ok()
    }

    pub fn decode<C>(d: &mut Decoder<'_>, _: &mut C) -> Result<HashKey, Error> {
        let bytes = d.bytes()?;
        let bytes = bytes.try_into().map_err(|_| Error::message("a hash key has 16 bytes"))?;
        Ok(HashKey(u128::from_be_bytes(bytes)))
    }
}

#[cfg(test)]
mod tests {
    use anabranch_catalog::Value;

    use super::*;

    #[test]
    fn a_value_is_read_as_it_was_written() {
        let shard = StoredShard {
            index: 7,
            start: HashKey(1),
            end: HashKey::MAX,
            parent: Some(3),
            adjacent_parent: None,
            created_seconds: 1_700_000_000,
            created_ms: 1_700_000_000_123,
            closed: Some(Closed { at_ms: 5, seconds: 6, end: Spot { timeline: 1, offset: 9 } }),
        };
        let stream = StoredStream {
            group: 9,
            created_ms: 1,
            status: Status::Updating,
            due_ms: Some(2),
            mode: Mode::OnDemand,
            retention_hours: 24,
            max_record_kib: 1024,
            distribution: Distribution::Auto,
            next_shard: 8,
            tags: [("k".to_owned(), "v".to_owned())].into(),
            intent: Some(Intent::Reshard(vec![StoredStep { close: vec![3], open: vec![shard.clone()] }])),
            shard_metrics: 0x7f,
            warm_mibps: None,
            count_updates_ms: vec![1],
            mode_switches_ms: Vec::new(),
            consumer_seconds: 3,
            policy: Some("{}".to_owned()),
            key_id: Some("alias/aws/kinesis".to_owned()),
            encryption_starts_ms: vec![4],
            encryption_stops_ms: Vec::new(),
            peaks: vec![Peak { day: 7, bytes_per_second: 8 }],
        };
        assert_eq!(StoredStream::from_bytes(&stream.to_bytes()).unwrap(), stream);
        let shards = vec![shard; 128];
        let bytes = shards.to_bytes();
        assert_eq!(Vec::<StoredShard>::from_bytes(&bytes).unwrap(), shards);
        assert!(bytes.len() < 128 * 80, "{}", bytes.len());
    }
}
