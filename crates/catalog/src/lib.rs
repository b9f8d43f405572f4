//! The catalog: what exists, who may, leases and checkpoints. Transactional key-value storage over bytes; knows no API.
//!
//! Start reading at [`Catalog`], the contract; `sqlite/` keeps it in one file. One conformance suite runs on every implementation.

mod contract;

pub use contract::*;
