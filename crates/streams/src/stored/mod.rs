//! What the catalog holds of streams: the keys, and the values in a compact versioned form (docs/formats/streams.md).

mod keys;
mod values;

pub(crate) use keys::{Scope, StreamKeys, next_scope_after, scope_of, token_key};
pub(crate) use values::{
    Closed, Commitment, ConsumerStatus, Distribution, Intent, Mode, Status, StoredConsumer, StoredSettings,
    StoredShard, StoredStep, StoredStream, Undecodable, Value,
};

/// How many shards one value holds. A thousand values, the most of a commit, hold more shards than an account may have.
pub(crate) const SHARDS_PER_VALUE: u32 = 128;
