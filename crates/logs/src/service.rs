use std::sync::{Arc, Weak};

use anabranch_api::{Register, logs};
use anabranch_catalog::Catalog;
use anabranch_governance::Authorize;
use anabranch_log::RecordLog;
use anabranch_types::{Clock, Due, Rng};

use crate::delivery::{Deliveries, DeliveryRounds};
use crate::directory::Directory;
use crate::retention::Retention;
use crate::sinks::{Destination, MetricSink};
use crate::tail::{TailBeats, Tails};

/// CloudWatch Logs.
///
/// What groups, streams and filters there are is in memory; events are in the record log alone, found by what is in memory of where which
/// times stand. A change is committed first and seen by every later call when its own call is answered.
pub struct Logs {
    pub(crate) log: Arc<dyn RecordLog>,
    pub(crate) catalog: Arc<dyn Catalog>,
    pub(crate) clock: Clock,
    pub(crate) rng: Rng,
    pub(crate) authorize: Weak<dyn Authorize>,
    pub(crate) destination: Arc<dyn Destination>,
    pub(crate) metrics: Arc<dyn MetricSink>,
    pub(crate) directory: Directory,
    pub(crate) deliveries: Deliveries,
    pub(crate) tails: Arc<Tails>,
    /// Held by whoever makes a log group.
    pub(crate) creating: tokio::sync::Mutex<()>,
}

/// What the service stands on.
#[derive(Clone)]
pub struct LogsGround {
    /// Where events are kept.
    pub log: Arc<dyn RecordLog>,
    /// Where groups, streams and filters are kept.
    pub catalog: Arc<dyn Catalog>,
    /// What time it is.
    pub clock: Clock,
    /// Chance, for ids and partition keys.
    pub rng: Rng,
    /// Who judges whether a caller may pass a role.
    pub authorize: Weak<dyn Authorize>,
    /// Takes what subscription filters let through.
    pub destination: Arc<dyn Destination>,
    /// Takes what metric filters measure.
    pub metrics: Arc<dyn MetricSink>,
}

impl Logs {
    /// Hands over a handler of each of its operations.
    pub fn register(self: &Arc<Self>, register: &mut dyn Register) {
        logs::register_all(self, register);
    }

    /// What falls due by the Clock: deliveries, live tails, retention. Called once.
    pub fn due(self: &Arc<Self>) -> Vec<Arc<dyn Due>> {
        vec![
            Arc::new(DeliveryRounds(Arc::clone(self))),
            Arc::new(TailBeats::new(Arc::clone(&self.tails))),
            Arc::new(Retention::new(Arc::clone(self))),
        ]
    }
}

impl std::fmt::Debug for Logs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Logs")
    }
}
