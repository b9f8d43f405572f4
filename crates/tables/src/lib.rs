//! DynamoDB, as far as the Kinesis Client Library keeps its leases, worker metrics and coordinator state in it.
//!
//! Start reading at [`Tables`] and `ops/`, one file per operation. `items` reads and writes single items, `draft` is a commit in the making, `page` reads many in order,
//! `settle` is what happens to tables as time passes, `sweep` to items. `value` and `number` are what items hold; `expression/` and `legacy/` make a `condition` or an
//! `update` of what a request says. `keys` says where everything stands in the catalog.

mod agenda;
mod attributes;
mod capacity;
mod condition;
mod counts;
mod definition;
mod describe;
mod directory;
mod draft;
mod errors;
mod expression;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod hot;
mod items;
mod key_condition;
mod keys;
mod leading_keys;
mod legacy;
mod limits;
mod number;
mod ops;
mod page;
mod path;
mod pieces;
mod projection;
mod protection;
mod reading;
mod request;
mod resolve;
mod schema;
mod service;
mod settle;
mod stored;
mod sweep;
mod text;
mod update;
mod value;

pub use service::{Tables, TablesGround, TablesOpenError};

#[cfg(test)]
mod harness;
#[cfg(test)]
mod tests;
