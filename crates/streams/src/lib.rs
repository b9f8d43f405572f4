//! Kinesis Data Streams: shards, records, iterators, enhanced fan-out.
//!
//! Start reading at [`Streams`] and at any file of `ops/`: one operation each, named as the API names it. `put`, `read` and `fanout`
//! move records, `sealing` encrypts them, `key_use` asks who may; `stream` and `directory` are what there is, in memory; `stored`, `changes` and
//! `doubt` are how it gets into the catalog; `limits` and `errors` hold every number and every sentence, `calls` and `monitoring` count what comes. Knows no socket, no protocol and no policy.

mod accounts;
pub mod aggregation;
mod calls;
mod changes;
mod data_keys;
mod describe;
mod directory;
mod doubt;
mod errors;
mod fanout;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod iterator;
mod key_changes;
mod key_use;
pub mod limits;
mod log_groups;
mod measures;
mod monitoring;
mod numbers;
mod open;
mod ops;
mod policy;
mod position;
mod protection;
mod put;
mod read;
mod reshard;
mod resolve;
mod retention;
mod scaling;
mod sealing;
mod service;
mod stored;
mod stream;
mod tags;
mod tokens;
mod transitions;

#[cfg(test)]
mod harness;

pub use fanout::EventMemory;
pub use log_groups::log_groups;
pub use open::OpenError;
pub use service::{Ground, Settings, Streams};
