//! Of shards: finding, listing and resharding them.

use std::fmt::Display;

use anabranch_api::kinesis::Error;
use anabranch_types::{HashKey, ShardId, StreamArn};

/// AWS: recorded by kinesalite.
pub(crate) fn shard_not_found(shard: impl Display, stream: &StreamArn) -> Error {
    let StreamArn { name, account, .. } = stream;
    Error::ResourceNotFoundException(
        format!("Could not find shard {shard} in stream {name} under account {account}.").into(),
    )
}

/// AWS: recorded by kinesalite, of GetShardIterator.
pub(crate) fn shard_does_not_exist(shard: ShardId, stream: &StreamArn) -> Error {
    let StreamArn { name, account, .. } = stream;
    Error::ResourceNotFoundException(
        format!("Shard {shard} in stream {name} under account {account} does not exist").into(),
    )
}

/// AWS: API_ShardFilter: what a type of filter needs beside it.
pub(crate) fn filter_needs(kind: &str, member: &str) -> Error {
    Error::InvalidArgumentException(
        format!("Must specify {member} parameter for shard filter of type {kind}.").into(),
    )
}

/// AWS: recorded by kinesalite.
pub(crate) fn already_resharded(shard: ShardId, stream: &StreamArn) -> Error {
    let StreamArn { name, account, .. } = stream;
    Error::InvalidArgumentException(
        format!(
            "Shard {shard} in stream {name} under account {account} has already been merged or split, and thus \
             is not eligible for merging or splitting."
        )
        .into(),
    )
}

/// AWS: recorded by kinesalite.
pub(crate) fn bad_split_key(
    given: impl Display,
    shard: ShardId,
    stream: &StreamArn,
    start: HashKey,
    end: HashKey,
) -> Error {
    let StreamArn { name, account, .. } = stream;
    Error::InvalidArgumentException(
        format!(
            "NewStartingHashKey {given} used in SplitShard() on shard {shard} in stream {name} under account \
             {account} is not both greater than one plus the shard's StartingHashKey {start} and less than the \
             shard's EndingHashKey {end}."
        )
        .into(),
    )
}

/// AWS: recorded by kinesalite.
pub(crate) fn not_adjacent(lower: ShardId, upper: ShardId, stream: &StreamArn) -> Error {
    let StreamArn { name, account, .. } = stream;
    Error::InvalidArgumentException(
        format!(
            "Shards {lower} and {upper} in stream {name} under account {account} are not an adjacent pair of \
             shards eligible for merging"
        )
        .into(),
    )
}

/// AWS: public logs.
pub(crate) fn more_than_double(open: usize, target: u32) -> Error {
    Error::InvalidArgumentException(
        format!(
            "UpdateShardCount cannot scale up over double your current open shard count. Current open shard count: \
             {open} Target shard count: {target}"
        )
        .into(),
    )
}

/// AWS: public logs.
pub(crate) fn less_than_half(open: usize, target: u32) -> Error {
    Error::InvalidArgumentException(
        format!(
            "UpdateShardCount cannot scale down below half your current open shard count. Current open shard count: \
             {open} Target shard count: {target}"
        )
        .into(),
    )
}
