//! Live tails: who watches is told every second what came.

mod session;

use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anabranch_api::logs::Error;
use anabranch_types::{Clock, Due, Timestamp};

pub(crate) use session::{Session, Watched};

use crate::directory::Group;
use crate::errors;
use crate::limits::{TAIL_INTERVAL, TAILS_MAX};
use crate::store::event::Event;
use crate::stored::Scope;

type Wake = Arc<dyn Fn() + Send + Sync>;

/// Every live tail.
pub(crate) struct Tails {
    clock: Clock,
    open: Mutex<Open>,
    wake: Mutex<Option<Wake>>,
}

#[derive(Default)]
struct Open {
    sessions: BTreeMap<u64, Arc<Session>>,
    of_scope: HashMap<Scope, usize>,
    last: u64,
    beat: Option<Timestamp>,
}

/// A session that is open as long as this lives.
pub(crate) struct Place {
    tails: Arc<Tails>,
    scope: Scope,
    number: u64,
}

impl Tails {
    pub fn new(clock: Clock) -> Self {
        Self { clock, open: Mutex::default(), wake: Mutex::default() }
    }

    /// Opens a session.
    pub fn begin(self: &Arc<Self>, scope: Scope, session: Session) -> Result<Place, Error> {
        let place = {
            let mut open = self.lock();
            let count = open.of_scope.entry(scope.clone()).or_default();
            if *count >= TAILS_MAX {
                return Err(errors::too_many_tails());
            }
            *count += 1;
            open.last += 1;
            let number = open.last;
            open.sessions.insert(number, Arc::new(session));
            open.beat.get_or_insert(self.clock.now() + TAIL_INTERVAL);
            Place { tails: Arc::clone(self), scope, number }
        };
        let wake = self.wake.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(wake) = wake {
            wake();
        }
        Ok(place)
    }

    /// Shows events that were just written to whoever watches.
    pub fn show(&self, group: &Group, stream: &str, events: &[Event], ingested_ms: i64) {
        let sessions: Vec<Arc<Session>> = self.lock().sessions.values().cloned().collect();
        for session in sessions {
            session.show(group, stream, events, ingested_ms);
        }
    }

    fn beat(&self, now: Timestamp) {
        let sessions: Vec<Arc<Session>> = {
            let mut open = self.lock();
            open.beat = (!open.sessions.is_empty()).then(|| now + TAIL_INTERVAL);
            open.sessions.values().cloned().collect()
        };
        for session in sessions {
            session.tell(now);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.tails.lock();
        open.sessions.remove(&self.number);
        if let Some(count) = open.of_scope.get_mut(&self.scope) {
            *count -= 1;
            if *count == 0 {
                open.of_scope.remove(&self.scope);
            }
        }
    }
}

/// What the sessions are told as work that falls due.
pub(crate) struct TailBeats(Arc<Tails>);

impl TailBeats {
    pub fn new(tails: Arc<Tails>) -> Self {
        Self(tails)
    }
}

impl Due for TailBeats {
    fn next_due(&self) -> Option<Timestamp> {
        self.0.lock().beat
    }

    fn run(&self, now: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move { self.0.beat(now) })
    }

    fn on_earlier(&self, wake: Wake) {
        *self.0.wake.lock().unwrap_or_else(PoisonError::into_inner) = Some(wake);
    }
}
