//! What our own services measure, and who keeps it.

use std::future::Future;
use std::pin::Pin;

use anabranch_api::cloudwatch::StandardUnit;
use anabranch_types::{AccountId, Region, Timestamp};
use bytestring::ByteString;

/// What a service of ours measured in one minute.
#[derive(Clone, Debug, PartialEq)]
pub struct Measurement {
    /// The metric's name.
    pub name: &'static str,
    /// Its dimensions: names and values.
    pub dimensions: Vec<(&'static str, ByteString)>,
    /// Its unit.
    pub unit: StandardUnit,
    /// How often it was measured, at least once.
    pub samples: u64,
    /// The sum of what was measured.
    pub sum: f64,
    /// The least.
    pub minimum: f64,
    /// The greatest.
    pub maximum: f64,
}

/// Measurements could not be kept; the cause stands in the server's log.
#[derive(Debug, thiserror::Error)]
#[error("measurements of a minute are lost")]
pub struct NotRecorded;

/// Takes what our services measure: CloudWatch.
pub trait Measurements: Send + Sync + 'static {
    /// Keeps what a service measured in the minute that began at `at`, in its namespace (`AWS/Kinesis`): durable when done.
    fn record<'a>(
        &'a self,
        account: AccountId,
        region: &'a Region,
        namespace: &'static str,
        at: Timestamp,
        measurements: Vec<Measurement>,
    ) -> Pin<Box<dyn Future<Output = Result<(), NotRecorded>> + Send + 'a>>;
}
