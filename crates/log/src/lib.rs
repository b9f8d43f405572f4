//! The record log: append, read, trim, close. Knows no stream and no shard, only [`LogId`] and [`GroupId`].
//!
//! Start reading at [`RecordLog`], the contract; `local/` keeps it on this machine's disk. One conformance suite
//! ([`conformance`]) runs on every implementation.

mod contract;

pub use contract::*;
