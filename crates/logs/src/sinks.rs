//! Where this service sends what it is not itself: streams and metrics. The server puts them behind the one door.

use std::future::Future;
use std::pin::Pin;

use anabranch_types::{AccountId, Region};
use bytes::Bytes;

/// A future that a trait object returns.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// It was not taken, for this reason; nothing or only a part of it arrived.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotTaken(pub String);

/// Records for a destination, sent by a log group.
#[derive(Clone, Debug)]
pub struct Parcel {
    /// The log group's account.
    pub account: AccountId,
    /// The log group's region.
    pub region: Region,
    /// The ARN of the log group.
    pub source: String,
    /// The ARN of the role that is assumed for it.
    pub role: String,
    /// The ARN of the destination.
    pub destination: String,
    /// Each with its partition key.
    pub records: Vec<(String, Bytes)>,
}

/// Takes what subscription filters let through.
pub trait Destination: Send + Sync + 'static {
    /// Whether the destination is of a kind that is known.
    fn is_known(&self, destination: &str) -> bool;

    /// Puts the records, as the role. All of them have arrived when this answers that it is done; some may have when it does not.
    fn put(&self, parcel: Parcel) -> BoxFuture<'_, Result<(), NotTaken>>;
}

/// Values of one metric.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricValues {
    /// The metric's namespace.
    pub namespace: String,
    /// Its name.
    pub metric: String,
    /// Its dimensions.
    pub dimensions: Vec<(String, String)>,
    /// As AWS calls it; none for none.
    pub unit: Option<String>,
    /// When they were measured, within a minute.
    pub time_ms: i64,
    /// Each with how often it was measured: at most 150 different ones.
    pub values: Vec<(f64, f64)>,
}

/// Takes what metric filters measure.
pub trait MetricSink: Send + Sync + 'static {
    /// Keeps the values among the account's metrics.
    fn put(
        &self,
        account: AccountId,
        region: Region,
        values: Vec<MetricValues>,
    ) -> BoxFuture<'_, Result<(), NotTaken>>;
}
