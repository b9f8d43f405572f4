//! The record log: append, read, trim, close. Knows no stream and no shard, only [`LogId`] and [`GroupId`].
//!
//! Start reading at [`RecordLog`], the contract; [`local`] keeps it on this machine's disk, over the [`disk`] that a test can
//! replace by a simulated one. One conformance suite ([`conformance`]) runs on every implementation.

mod buffers;
pub mod conformance;
mod contract;
pub mod disk;
pub mod local;

pub use buffers::{Buffer, Buffers};
pub use contract::*;
