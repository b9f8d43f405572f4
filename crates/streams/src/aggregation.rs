//! Aggregated records: what the Kinesis Producer Library and its like pack several user records of a shard into.
//!
//! Whoever shows or hands on what a record holds takes it apart here; the stream itself keeps and delivers it as it came. Nothing in here
//! knows a stream, a shard or a caller.
//! (<https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md>)

mod message;
#[cfg(test)]
mod tests;

use anabranch_types::HashKey;
use bytes::Bytes;
use bytestring::ByteString;
use md5::{Digest, Md5};
use prost::Message;

use message::{AggregatedRecord, PackedRecord};

/// What an aggregated record begins with (aggregation-format.md, "Magic number").
const MAGIC: [u8; 4] = [0xf3, 0x89, 0x9a, 0xc2];
/// The MD5 of the message, behind it.
const DIGEST_BYTES: usize = 16;
/// Keys and user records of one aggregate. As many as the smallest user records that 1 MiB can hold, and half as many keys; read, they take
/// 50 MiB at most. By default the KPL aggregates up to 50 KiB (`AggregationMaxSize`).
pub const AGGREGATE_PARTS_MAX: usize = 1 << 18;

/// What a record of a stream holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contents {
    /// Itself: it does not begin as an aggregate.
    Plain,
    /// User records, at least one, in the order of their sub-sequence numbers.
    Aggregate(Vec<UserRecord>),
    /// It begins as an aggregate and is none. It is to be treated as a plain record.
    Malformed(Malformed),
}

/// A record as its producer put it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRecord {
    /// Its partition key, which needs not be that of the record around it.
    pub partition_key: ByteString,
    /// The hash key that its producer gave it; without one it is the MD5 of its partition key. Whether that lies in the shard is not looked at.
    pub explicit_hash_key: Option<HashKey>,
    /// Its position in the aggregate, from 0. With the sequence number of the record around it it is the record's own position in the shard.
    pub sub_sequence_number: u64,
    /// Its data, a slice of the record around it.
    pub data: Bytes,
}

/// Why a record that begins as an aggregate is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// The last sixteen bytes say something else.
    #[error("its MD5 is not that of its message")]
    Digest,
    /// It is no message of Protocol Buffers with these fields.
    #[error("its message cannot be read: {0}")]
    Message(#[from] prost::DecodeError),
    /// A field of it is of a kind that no field of the format is.
    #[error("its message has a field of another format")]
    Foreign,
    /// See [`AGGREGATE_PARTS_MAX`].
    #[error("it holds more than {AGGREGATE_PARTS_MAX} keys and records")]
    TooMany,
    /// A field that the format requires is missing.
    #[error("its record {0} has no {1}")]
    Missing(usize, &'static str),
    /// An index points behind the end of its table.
    #[error("its record {0} names a key that its table does not have")]
    Index(usize),
    /// An explicit hash key is no number from 0 to 2¹²⁸ - 1.
    #[error("its record {0} has an explicit hash key that is none")]
    HashKey(usize),
    /// There is nothing in it.
    #[error("it holds no record")]
    Empty,
}

/// Takes a record's data apart. Copies keys, not data; costs an MD5 of the data where they begin as an aggregate, else nothing.
pub fn unpack(data: &Bytes) -> Contents {
    let is_aggregate = data.starts_with(&MAGIC) && data.len() > MAGIC.len() + DIGEST_BYTES;
    if !is_aggregate {
        return Contents::Plain;
    }
    match user_records(data) {
        Ok(records) => Contents::Aggregate(records),
        Err(malformed) => Contents::Malformed(malformed),
    }
}

fn user_records(data: &Bytes) -> Result<Vec<UserRecord>, Malformed> {
    let (message, digest) =
        (data.slice(MAGIC.len()..data.len() - DIGEST_BYTES), &data[data.len() - DIGEST_BYTES..]);
    if Md5::digest(&message).as_slice() != digest {
        return Err(Malformed::Digest);
    }
    if count_parts(&message)? > AGGREGATE_PARTS_MAX {
        return Err(Malformed::TooMany);
    }
    let packed = AggregatedRecord::decode(message)?;
    let tables = Tables {
        partition_keys: packed.partition_key_table.into_iter().map(ByteString::from).collect(),
        hash_keys: packed.explicit_hash_key_table,
    };
    let records: Vec<_> = packed
        .records
        .into_iter()
        .enumerate()
        .map(|(at, record)| tables.user_record(at, record))
        .collect::<Result<_, _>>()?;
    if records.is_empty() { Err(Malformed::Empty) } else { Ok(records) }
}

/// How many fields the message has, all of which have their length before them (Protocol Buffers, "Encoding").
fn count_parts(mut rest: &[u8]) -> Result<usize, Malformed> {
    const WIRE_TYPE: usize = 0b111;
    const LENGTH_DELIMITED: usize = 2;
    let mut parts = 0;
    while !rest.is_empty() {
        // A field's tag is written as a length is.
        if prost::decode_length_delimiter(&mut rest)? & WIRE_TYPE != LENGTH_DELIMITED {
            return Err(Malformed::Foreign);
        }
        let length = prost::decode_length_delimiter(&mut rest)?;
        rest = rest.get(length..).unwrap_or_default();
        parts += 1;
    }
    Ok(parts)
}

/// The keys that the records of one aggregate share.
struct Tables {
    partition_keys: Vec<ByteString>,
    hash_keys: Vec<String>,
}

impl Tables {
    fn user_record(&self, at: usize, record: PackedRecord) -> Result<UserRecord, Malformed> {
        let key = record.partition_key_index.ok_or(Malformed::Missing(at, "partition key"))?;
        let partition_key = entry(&self.partition_keys, key).ok_or(Malformed::Index(at))?.clone();
        let explicit_hash_key =
            record.explicit_hash_key_index.map(|index| self.hash_key(at, index)).transpose()?;
        let data = record.data.ok_or(Malformed::Missing(at, "data"))?;
        Ok(UserRecord { partition_key, explicit_hash_key, sub_sequence_number: at as u64, data })
    }

    /// The KCL reads it with Java's BigInteger, which takes zeros before the number.
    fn hash_key(&self, at: usize, index: u64) -> Result<HashKey, Malformed> {
        let text = entry(&self.hash_keys, index).ok_or(Malformed::Index(at))?;
        text.parse().map(HashKey).map_err(|_| Malformed::HashKey(at))
    }
}

fn entry<T>(table: &[T], index: u64) -> Option<&T> {
    table.get(usize::try_from(index).ok()?)
}
