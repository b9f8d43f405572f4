//! The catalog: what exists, who may, leases and checkpoints. Transactional key-value storage over bytes; knows no API.
//!
//! Start reading at [`Catalog`], the contract; `sqlite/` keeps it in one file, `memory` in none. One conformance suite
//! (`conformance`, behind the feature of that name) runs on every implementation. [`next_log_group`] counts the ids of log groups,
//! [`Value`] is the form of what stands under a key.

mod bounds;
mod changes;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod contract;
mod counter;
mod memory;
mod sqlite;
mod value;
mod watchers;

pub use contract::*;
pub use counter::{CounterError, next_log_group};
pub use memory::MemoryCatalog;
pub use sqlite::{OpenError, SqliteCatalog};
pub use value::{Undecodable, Value};
