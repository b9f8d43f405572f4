//! Who may, and what happened: the one door every call goes through, identities, the audit, metrics; STS and KMS.
//!
//! Start reading at [`Door`]; then [`iam`] for who calls, [`kms`] for the keys at rest, [`audit`] and [`metrics`] for what is written down. The services whose
//! API this crate answers are [`iam`], [`kms`] and [`sts`], one file per operation. Knows no stream, shard, socket or
//! protocol.

pub mod audit;
mod authorize;
mod door;
pub mod iam;
pub mod kms;
mod measurements;
pub mod metrics;
pub mod sts;
#[cfg(test)]
mod testing;

pub use authorize::{
    Authority, Authorize, DenialMessages, EndpointPolicies, Guarded, Lasting, Protection, ProtectionPolicy,
};
pub use door::Door;
pub use measurements::{Measurement, Measurements, NotRecorded};
