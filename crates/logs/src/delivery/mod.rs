//! Subscription filters: what they let through goes to their destinations, at least once.
//!
//! A group with subscription filters has an [`outbox`]: a log of its own, into which every batch goes before its writer is answered. Each
//! filter reads it from where it came to ([`rounds`]), puts what it lets through as AWS's [`payload`], and notes how far it is.

mod outbox;
mod payload;
mod rounds;

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anabranch_log::{GroupId, Position};
use anabranch_types::{Due, Timestamp};

pub(crate) use payload::{control_message, partition_key};

use crate::service::Logs;

/// The pause after a delivery that failed first; each further one doubles it.
const PAUSE: Duration = Duration::from_secs(1);
/// The longest pause between two tries of a delivery.
const PAUSE_MAX: Duration = Duration::from_secs(60);

type Wake = Arc<dyn Fn() + Send + Sync>;

/// How far each filter's delivery is.
#[derive(Default)]
pub(crate) struct Deliveries {
    progress: Mutex<HashMap<(GroupId, String), Progress>>,
    wake: Mutex<Option<Wake>>,
}

#[derive(Clone, Copy, Debug)]
struct Progress {
    /// The next to be delivered.
    position: Position,
    /// When; none if nothing is left.
    due: Option<Timestamp>,
    failures: u32,
}

impl Deliveries {
    /// A filter's delivery goes on from here.
    pub fn begin(&self, group: GroupId, filter: &str, position: Position, now: Timestamp) {
        let progress = Progress { position, due: Some(now), failures: 0 };
        self.lock().insert((group, filter.to_owned()), progress);
        self.wake();
    }

    pub fn end(&self, group: GroupId, filter: &str) {
        self.lock().remove(&(group, filter.to_owned()));
    }

    /// Something was put into the outbox of a group with these filters.
    fn note<'a>(&self, group: GroupId, filters: impl Iterator<Item = &'a str>, now: Timestamp) {
        let mut is_earlier = false;
        {
            let mut all = self.lock();
            for filter in filters {
                let Some(progress) = all.get_mut(&(group, filter.to_owned())) else { continue };
                is_earlier |= progress.due.is_none();
                progress.due.get_or_insert(now);
            }
        }
        if is_earlier {
            self.wake();
        }
    }

    fn get(&self, group: GroupId, filter: &str) -> Option<Progress> {
        self.lock().get(&(group, filter.to_owned())).copied()
    }

    fn change(&self, group: GroupId, filter: &str, change: impl FnOnce(&mut Progress)) {
        if let Some(progress) = self.lock().get_mut(&(group, filter.to_owned())) {
            change(progress);
        }
    }

    /// Those whose time has come, by their groups.
    fn due(&self, now: Timestamp) -> Vec<(GroupId, String)> {
        let is_due = |progress: &Progress| progress.due.is_some_and(|due| due <= now);
        self.lock().iter().filter(|(_, progress)| is_due(progress)).map(|(of, _)| of.clone()).collect()
    }

    fn next_due(&self) -> Option<Timestamp> {
        self.lock().values().filter_map(|progress| progress.due).min()
    }

    fn wake(&self) {
        let wake = self.wake.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(wake) = wake {
            wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(GroupId, String), Progress>> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress {
    fn pause(&self) -> Duration {
        PAUSE.saturating_mul(1 << self.failures.min(6)).min(PAUSE_MAX)
    }
}

/// The deliveries as work that falls due.
pub(crate) struct DeliveryRounds(pub Arc<Logs>);

impl Due for DeliveryRounds {
    fn next_due(&self) -> Option<Timestamp> {
        self.0.deliveries.next_due()
    }

    fn run(&self, now: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(self.0.deliver(now))
    }

    fn on_earlier(&self, wake: Wake) {
        *self.0.deliveries.wake.lock().unwrap_or_else(PoisonError::into_inner) = Some(wake);
    }
}
