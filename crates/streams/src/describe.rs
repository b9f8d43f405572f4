//! How streams, shards and consumers are shown in answers.

use anabranch_api::kinesis::{
    self, ChildShard, EncryptionType, EnhancedMetrics, HashKeyRange, MetricsName, StreamModeDetails,
};
use anabranch_types::{ConsumerArn, HashRange, ShardId};
use bytestring::ByteString;

use crate::stored::{ConsumerStatus, Distribution, Mode, Status, StoredConsumer, StoredStream};
use crate::stream::{Shard, Stream, View};

/// The shard-level metrics, in the model's order; a stored bit each.
pub(crate) const SHARD_METRICS: [MetricsName; 7] = [
    MetricsName::IncomingBytes,
    MetricsName::IncomingRecords,
    MetricsName::OutgoingBytes,
    MetricsName::OutgoingRecords,
    MetricsName::WriteProvisionedThroughputExceeded,
    MetricsName::ReadProvisionedThroughputExceeded,
    MetricsName::IteratorAgeMilliseconds,
];

pub(crate) fn status(status: Status) -> kinesis::StreamStatus {
    match status {
        Status::Creating => kinesis::StreamStatus::Creating,
        Status::Active => kinesis::StreamStatus::Active,
        Status::Updating => kinesis::StreamStatus::Updating,
        Status::Deleting => kinesis::StreamStatus::Deleting,
    }
}

pub(crate) fn mode(mode: Mode) -> StreamModeDetails {
    let stream_mode = match mode {
        Mode::Provisioned => kinesis::StreamMode::Provisioned,
        Mode::OnDemand => kinesis::StreamMode::OnDemand,
    };
    StreamModeDetails { stream_mode }
}

pub(crate) fn distribution(distribution: Distribution) -> kinesis::RecordDistributionStrategy {
    match distribution {
        Distribution::UserPartitionKey => kinesis::RecordDistributionStrategy::UserPartitionKey,
        Distribution::Auto => kinesis::RecordDistributionStrategy::Auto,
    }
}

/// The shard-level metrics that are on.
pub(crate) fn shard_metrics(bits: u8) -> Vec<MetricsName> {
    (0..).zip(SHARD_METRICS).filter(|(bit, _)| bits >> bit & 1 == 1).map(|(_, name)| name).collect()
}

/// A stream's EnhancedMonitoring: one set of metrics, which may be empty.
pub(crate) fn enhanced_monitoring(stored: &StoredStream) -> Vec<EnhancedMetrics> {
    vec![EnhancedMetrics { shard_level_metrics: Some(shard_metrics(stored.shard_metrics)) }]
}

/// A stream's EncryptionType: AWS says NONE where nothing is encrypted.
pub(crate) fn encryption(stored: &StoredStream) -> Option<EncryptionType> {
    Some(sealed_as(stored).unwrap_or(EncryptionType::None))
}

/// How a stream's records are sealed at the moment; AWS leaves the member out of answers to puts where they are not (recorded by
/// kinesalite).
pub(crate) fn sealed_as(stored: &StoredStream) -> Option<EncryptionType> {
    stored.key_id.as_ref().map(|_| EncryptionType::Kms)
}

/// The KMS key of an encrypted stream, as it was named.
pub(crate) fn key_id(stored: &StoredStream) -> Option<ByteString> {
    stored.key_id.clone().map(Into::into)
}

pub(crate) fn hash_key_range(range: HashRange) -> HashKeyRange {
    HashKeyRange { starting_hash_key: range.start, ending_hash_key: range.end }
}

pub(crate) fn shard(shard: &Shard) -> kinesis::Shard {
    kinesis::Shard {
        shard_id: shard.id(),
        parent_shard_id: shard.stored.parent.and_then(ShardId::new),
        adjacent_parent_shard_id: shard.stored.adjacent_parent.and_then(ShardId::new),
        hash_key_range: hash_key_range(shard.stored.range()),
        sequence_number_range: kinesis::SequenceNumberRange {
            starting_sequence_number: shard.starting_number(),
            ending_sequence_number: shard.ending_number(),
        },
    }
}

/// The shards that replaced a closed one; a merged one lists both its parents.
pub(crate) fn child_shards(view: &View, parent: &Shard) -> Vec<ChildShard> {
    let children = view.children(parent.stored.index).map(|child| ChildShard {
        shard_id: child.id(),
        parent_shards: child.stored.parents().filter_map(ShardId::new).collect(),
        hash_key_range: hash_key_range(child.stored.range()),
    });
    children.collect()
}

pub(crate) fn consumer_status(status: ConsumerStatus) -> kinesis::ConsumerStatus {
    match status {
        ConsumerStatus::Creating => kinesis::ConsumerStatus::Creating,
        ConsumerStatus::Active => kinesis::ConsumerStatus::Active,
        ConsumerStatus::Deleting => kinesis::ConsumerStatus::Deleting,
    }
}

pub(crate) fn consumer_arn(stream: &Stream, consumer: &StoredConsumer) -> ConsumerArn {
    ConsumerArn {
        stream: stream.id.clone(),
        name: consumer.name.clone().into(),
        created_seconds: consumer.created_seconds(),
    }
}

pub(crate) fn consumer(stream: &Stream, consumer: &StoredConsumer) -> kinesis::Consumer {
    kinesis::Consumer {
        consumer_name: consumer.name.clone().into(),
        consumer_arn: consumer_arn(stream, consumer).to_string().into(),
        consumer_status: consumer_status(consumer.status),
        consumer_creation_timestamp: consumer.created(),
    }
}
