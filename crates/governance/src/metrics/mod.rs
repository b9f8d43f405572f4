//! Counters for operators, in OpenMetrics text at `/metrics`.
//!
//! [`Metrics`] is made once; the door counts calls in it, services hold a [`StreamMetrics`] per stream, what they measure for CloudWatch
//! ([`Measured`]) and the process's own figures are read at each scrape. Labels are bounded: operations come from the models, error codes are the models' and ours, streams are
//! at most [`STREAMS_MAX`], monitored shards at most [`SHARDS_MAX`], series of what is measured [`SERIES_MAX`] each.

mod measured;
mod operations;
mod process;
mod streams;

use std::sync::{Arc, Weak};

use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

use measured::Services;
pub use measured::{Measured, SERIES_MAX, Total};
pub use operations::Operations;
use streams::{Held, ShardLabels, StreamLabels};
pub use streams::{SHARDS_MAX, STREAMS_MAX, StreamMetrics};

/// The content type of [`Metrics::scrape`]'s text.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Every counter of the process. Cheap to clone; clones count into the same.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Arc<Registry>,
    operations: Operations,
    streams: Arc<Held<StreamLabels>>,
    shards: Arc<Held<ShardLabels>>,
    measured: Arc<Services>,
}

impl Metrics {
    /// Counters at zero. `others` may register counters of the caller's own (connections, budgets).
    pub fn new(others: impl FnOnce(&mut Registry)) -> Self {
        Self::over(Operations::default(), others)
    }

    /// Counters that stay at zero, whatever is counted in them: what recording costs is measured against them.
    pub fn off() -> Self {
        Self::over(Operations::off(), |_| {})
    }

    fn over(operations: Operations, others: impl FnOnce(&mut Registry)) -> Self {
        let mut registry = Registry::with_prefix("anabranch");
        operations.register(&mut registry);
        let streams = Arc::new(Held::default());
        registry.register_collector(Box::new(Arc::clone(&streams)));
        let shards = Arc::new(Held::default());
        registry.register_collector(Box::new(Arc::clone(&shards)));
        let measured = Arc::new(Services::default());
        registry.register_collector(Box::new(Arc::clone(&measured)));
        others(&mut registry);
        registry.register_collector(Box::new(process::Process::started_now()));
        Self { registry: Arc::new(registry), operations, streams, shards, measured }
    }

    /// Whether anything is counted; services that measure ask it once.
    pub fn is_on(&self) -> bool {
        self.operations.is_on()
    }

    /// What calls cost and how they ended, per operation.
    pub fn operations(&self) -> &Operations {
        &self.operations
    }

    /// The counters of a stream, at zero when nobody held them. They are scraped as long as somebody holds them: whoever deletes the
    /// stream drops them.
    pub fn stream(&self, account: &str, region: &str, name: &str) -> Arc<StreamMetrics> {
        self.streams.hold(StreamLabels {
            account: account.into(),
            region: region.into(),
            stream: name.into(),
        })
    }

    /// The counters of a shard of a stream with enhanced monitoring, scraped as long as somebody holds them.
    pub fn shard(&self, account: &str, region: &str, stream: &str, shard: &str) -> Arc<StreamMetrics> {
        self.shards.hold(ShardLabels {
            account: account.into(),
            region: region.into(),
            stream: stream.into(),
            shard: shard.into(),
        })
    }

    /// Has the totals of what a service measures for CloudWatch scraped too, as long as it lives.
    pub fn measures(&self, service: Weak<dyn Measured>) {
        self.measured.add(service);
    }

    /// All of it as OpenMetrics text.
    pub fn scrape(&self) -> String {
        let mut text = String::new();
        if let Err(error) = encode(&mut text, &self.registry) {
            tracing::error!(%error, "cannot write the metrics");
        }
        text
    }
}

#[cfg(test)]
mod tests;
