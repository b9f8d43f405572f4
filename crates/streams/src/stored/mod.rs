//! What the catalog holds of streams: the keys, and the values in a compact versioned form (docs/formats/streams.md).

mod keys;
mod values;

pub(crate) use anabranch_catalog::{Undecodable, Value};
pub(crate) use keys::{Scope, StreamKeys, next_scope_after, scope_of, token_key};
pub(crate) use values::{
    Closed, Commitment, ConsumerStatus, Distribution, Intent, Mode, Peak, Status, StoredConsumer,
    StoredDataKey, StoredSettings, StoredShard, StoredStep, StoredStream, data_key_chunks,
};

/// How many shards one value holds. A thousand values, the most of a commit, hold more shards than an account may have.
pub(crate) const SHARDS_PER_VALUE: u32 = 128;
/// How many data keys one value holds: a kilobyte's worth of two hundred bytes each would be rewritten too often, a megabyte's too dearly.
pub(crate) const DATA_KEYS_PER_VALUE: u32 = 512;
