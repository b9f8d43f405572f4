//! CloudTrail: the account of what happened, kept so that whoever changes it is found out, and read back by who may.
//!
//! Start at [`CloudTrail`]; `ops/` has one file per operation, `ledger/` is what is kept and how it is verified, `trails/` says which events a
//! trail asks for, `delivery/` brings them to its bucket. Knows no HTTP and no bucket but a directory.

mod buckets;
mod delivery;
mod errors;
mod event;
pub mod ledger;
mod ops;
mod resolve;
mod scopes;
mod service;
mod signing;
mod trails;

pub use service::{CloudTrail, TrailGround, TrailOpenError};

#[cfg(test)]
mod tests;
