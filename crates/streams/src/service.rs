use std::collections::HashMap;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use anabranch_catalog::Catalog;
use anabranch_governance::Authorize;
use anabranch_governance::Measurements;
use anabranch_governance::kms::{Kms, MasterKey};
use anabranch_governance::metrics::Metrics;
use anabranch_log::{Buffers, RecordLog};
use anabranch_types::{Clock, Rng, StreamName, Timestamp};

use crate::accounts::Accounts;
use crate::calls::Calls;
use crate::directory::Directory;
use crate::fanout::{EventMemory, Subscriptions};
use crate::key_changes::WatchedKeys;
use crate::limits::LimitsMode;
use crate::stored::Scope;
use crate::stream::View;
use crate::tokens::Tokens;
use crate::transitions::Agenda;

/// Kinesis Data Streams. Answers the operations of the model's family of that name, one file of `ops/` each.
pub struct Streams {
    /// Itself, for what outlives a call.
    pub(crate) me: Weak<Streams>,
    pub(crate) log: Arc<dyn RecordLog>,
    pub(crate) catalog: Arc<dyn Catalog>,
    pub(crate) clock: Clock,
    pub(crate) master_key: Arc<MasterKey>,
    pub(crate) kms: Arc<Kms>,
    pub(crate) authorize: Weak<dyn Authorize>,
    pub(crate) watched_keys: WatchedKeys,
    /// For what is sealed and opened.
    pub(crate) buffers: Buffers,
    pub(crate) metrics: Metrics,
    pub(crate) measurements: Arc<dyn Measurements>,
    pub(crate) settings: Settings,
    pub(crate) directory: Directory,
    pub(crate) tokens: Tokens,
    pub(crate) agenda: Agenda,
    pub(crate) subscriptions: Subscriptions,
    /// Held while a stream is being created: the account's limits are counted one creation after the other.
    pub(crate) creating: tokio::sync::Mutex<()>,
    /// The creation seconds that namesakes have to exceed.
    pub(crate) tombstones: Tombstones,
    /// What accounts have set.
    pub(crate) accounts: Accounts,
    /// The calls that are left to callers in this second.
    pub(crate) calls: Calls,
    /// Where the next record of an AUTO stream goes.
    pub(crate) turn: AtomicUsize,
}

/// What the service stands on.
#[derive(Clone)]
pub struct Ground {
    /// Where records are.
    pub log: Arc<dyn RecordLog>,
    /// Where everything else is.
    pub catalog: Arc<dyn Catalog>,
    /// What time it is.
    pub clock: Clock,
    /// Chance.
    pub rng: Rng,
    /// What wrapped the data keys of streams before KMS keys did.
    pub master_key: Arc<MasterKey>,
    /// Under whose keys streams are sealed.
    pub kms: Arc<Kms>,
    /// Who may use them. Its owner is the door; it asks streams for their policies.
    pub authorize: Weak<dyn Authorize>,
    /// Counters per stream.
    pub metrics: Metrics,
    /// Where each minute's metrics are kept.
    pub measurements: Arc<dyn Measurements>,
}

/// How the service behaves where AWS leaves no example.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Which limits per second are enforced.
    pub limits: LimitsMode,
    /// How long each intermediate state of a stream or consumer lasts. Zero: the next call sees the final state.
    pub transition_delay: Duration,
    /// What events of fan-out may take.
    pub event_memory: EventMemory,
}

/// For each name, the last creation second its deleted streams used: a re-created stream's numbers are greater.
#[derive(Default)]
pub(crate) struct Tombstones {
    seconds: Mutex<HashMap<(Scope, StreamName), u64>>,
}

impl Tombstones {
    pub fn get(&self, scope: &Scope, name: &StreamName) -> Option<u64> {
        let seconds = self.seconds.lock().unwrap_or_else(PoisonError::into_inner);
        seconds.get(&(scope.clone(), name.clone())).copied()
    }

    pub fn set(&self, scope: Scope, name: StreamName, last: u64) {
        self.seconds.lock().unwrap_or_else(PoisonError::into_inner).insert((scope, name), last);
    }
}

impl Streams {
    /// A handle on itself.
    pub(crate) fn me(&self) -> Arc<Self> {
        self.me.upgrade().expect("who calls a method holds the service")
    }

    /// When a state that begins now ends by itself.
    pub(crate) fn transition_end(&self, now: Timestamp) -> Timestamp {
        now + self.settings.transition_delay
    }

    /// The time before which a stream's records are gone: its retention ago, or its creation.
    pub(crate) fn horizon(&self, view: &View) -> Timestamp {
        (self.clock.now() - view.stored.retention()).max(view.stored.created())
    }
}
