use std::collections::BTreeMap;

use anabranch_log::{Offset, Position, Timeline};
use minicbor::{Decode, Encode};

/// A log group.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub(crate) struct StoredGroup {
    /// Of its logs in the record log: log 0 is the index, the others are its streams'.
    #[n(0)]
    pub number: u64,
    #[n(1)]
    pub created_ms: i64,
    #[n(2)]
    pub retention_days: Option<u32>,
    #[n(3)]
    pub tags: BTreeMap<String, String>,
    #[n(4)]
    pub is_protected: bool,
    /// Of the log in the record log that its subscription filters are served from, once it had one.
    #[n(5)]
    pub outbox: Option<u64>,
}

/// A log stream.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub(crate) struct StoredStream {
    #[n(0)]
    pub name: String,
    /// Of its log in the group's.
    #[n(1)]
    pub number: u32,
    #[n(2)]
    pub created_ms: i64,
}

/// A metric filter.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub(crate) struct StoredMetricFilter {
    #[n(0)]
    pub name: String,
    #[n(1)]
    pub pattern: String,
    #[n(2)]
    pub created_ms: i64,
    #[n(3)]
    pub transformation: Transformation,
}

/// How an event becomes a value of a metric.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub(crate) struct Transformation {
    #[n(0)]
    pub namespace: String,
    #[n(1)]
    pub metric: String,
    /// A number or a name of the pattern.
    #[n(2)]
    pub value: String,
    /// What an event counts that the pattern does not mean.
    #[n(3)]
    pub default: Option<f64>,
    /// Names with names of the pattern.
    #[n(4)]
    pub dimensions: Vec<(String, String)>,
    /// As AWS calls it.
    #[n(5)]
    pub unit: Option<String>,
}

/// A subscription filter.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub(crate) struct StoredSubscription {
    #[n(0)]
    pub name: String,
    #[n(1)]
    pub pattern: String,
    #[n(2)]
    pub destination: String,
    #[n(3)]
    pub role: String,
    /// Otherwise what comes from one log stream goes to one shard.
    #[n(4)]
    pub is_random: bool,
    #[n(5)]
    pub created_ms: i64,
}

/// From where a filter's delivery goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct StoredPosition {
    #[n(0)]
    pub timeline: u16,
    #[n(1)]
    pub offset: u64,
}

impl From<Position> for StoredPosition {
    fn from(position: Position) -> Self {
        Self { timeline: position.timeline.0, offset: position.offset.0 }
    }
}

impl From<StoredPosition> for Position {
    fn from(stored: StoredPosition) -> Self {
        Self { timeline: Timeline(stored.timeline), offset: Offset(stored.offset) }
    }
}
