//! Identifiers, names, numbers, ARNs and time: the words every other crate speaks.
//!
//! A value of a type of this crate is legal once it exists: parse at the edge, never check again.
//! Nothing here does I/O, and nothing here knows a service, a protocol or a store.
//! Start reading at [`SequenceNumber`], [`Arn`] and [`Clock`].

mod arn;
mod clock;
mod hash_key;
mod hex;
mod identity;
mod names;
mod rng;
mod sequence_number;
mod timestamp;

pub use arn::{Arn, ConsumerArn, InvalidArn, StreamArn};
pub use clock::{Clock, Due};
pub use hash_key::{HashKey, HashRange, InvalidHashKey};
pub use hex::{Hex, Hyphenated};
pub use identity::{AccountId, InvalidAccountId, Partition, Region};
pub use names::{InvalidName, NAME_CHARACTERS_MAX, ShardId, StreamName};
pub use rng::Rng;
pub use sequence_number::{InvalidSequenceNumber, SEQUENCE_NUMBER_DIGITS, SequenceIndex, SequenceNumber};
pub use timestamp::Timestamp;
