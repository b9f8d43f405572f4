//! CloudWatch Logs: log groups, their streams and events, filter patterns, what filters do with events, live tails.
//!
//! Start reading at [`Logs`] and `ops/`, one file per operation. `store/` keeps events and finds them again, `pattern/` is the filter pattern
//! language, `filters` what is applied to events as they come: `metric_values` makes them values of metrics, `delivery/` sends them to
//! streams, `tail/` to who watches. Knows no other service: what it sends goes through [`Destination`] and [`MetricSink`].

mod changes;
mod delivery;
mod directory;
mod errors;
mod filters;
mod limits;
mod log_groups;
mod metric_values;
mod open;
mod ops;
mod pattern;
mod protection;
mod resolve;
mod retention;
mod service;
mod sinks;
mod store;
mod stored;
mod tail;

pub use log_groups::log_groups;
pub use open::LogsOpenError;
pub use service::{Logs, LogsGround};
pub use sinks::{BoxFuture, Destination, MetricSink, MetricValues, NotTaken, Parcel};

#[cfg(feature = "fuzzing")]
mod fuzzing;
#[cfg(feature = "fuzzing")]
pub use fuzzing::*;

#[cfg(test)]
mod harness;
#[cfg(test)]
mod tests;
