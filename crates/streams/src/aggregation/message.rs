//! The message of the format, declared as `aggregation-format.md` does. Its records' tags, which no consumer sees, are skipped.

use bytes::Bytes;

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct AggregatedRecord {
    #[prost(string, repeated, tag = "1")]
    pub(super) partition_key_table: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    pub(super) explicit_hash_key_table: Vec<String>,
    #[prost(message, repeated, tag = "3")]
    pub(super) records: Vec<PackedRecord>,
}

/// What the format requires is optional here, so that its absence is seen.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct PackedRecord {
    #[prost(uint64, optional, tag = "1")]
    pub(super) partition_key_index: Option<u64>,
    #[prost(uint64, optional, tag = "2")]
    pub(super) explicit_hash_key_index: Option<u64>,
    #[prost(bytes = "bytes", optional, tag = "3")]
    pub(super) data: Option<Bytes>,
}
