//! Identifiers, names, numbers, ARNs and time: the words every other crate speaks.
//!
//! A value of a type of this crate is legal once it exists: parse at the edge, never check again.
//! Nothing here does I/O, and nothing here knows a service, a protocol or a store.
//! Start reading at [`SequenceNumber`], [`Arn`] and [`Clock`].

mod clock;
mod identity;
mod timestamp;

pub use clock::{Clock, Due};
pub use identity::{AccountId, InvalidAccountId, Partition, Region};
pub use timestamp::Timestamp;
