//! When something happens to which table.

use std::collections::{BTreeSet, HashMap};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anabranch_types::{Due, Timestamp};

use crate::Tables;
use crate::keys::Scope;
use crate::stored::{IndexPhase, Phase, StoredTable};

type Wake = Arc<dyn Fn() + Send + Sync>;

/// A table by its place.
pub(crate) type Place = (Scope, String);

/// When which table is to be settled, and when expired items are swept.
#[derive(Default)]
pub(crate) struct Agenda {
    noted: Mutex<Noted>,
    wake: Mutex<Option<Wake>>,
}

#[derive(Default)]
struct Noted {
    of: HashMap<Place, Timestamp>,
    sorted: BTreeSet<(Timestamp, Place)>,
    sweep: Option<Timestamp>,
}

impl Noted {
    fn next(&self) -> Option<Timestamp> {
        let table = self.sorted.first().map(|(at, _)| *at);
        table.into_iter().chain(self.sweep).min()
    }
}

impl Agenda {
    /// The table is to be settled at this time, and at no other.
    pub fn set(&self, scope: &Scope, name: &str, due: Option<Timestamp>) {
        let place = (scope.clone(), name.to_owned());
        self.change(|noted| {
            if let Some(before) = noted.of.remove(&place) {
                noted.sorted.remove(&(before, place.clone()));
            }
            if let Some(due) = due {
                noted.of.insert(place.clone(), due);
                noted.sorted.insert((due, place));
            }
        });
    }

    /// Expired items are swept next at this time.
    pub fn sweep_at(&self, due: Timestamp) {
        self.change(|noted| noted.sweep = Some(due));
    }

    /// The first table whose time has come.
    pub fn first_until(&self, now: Timestamp) -> Option<Place> {
        self.lock().sorted.first().filter(|(at, _)| *at <= now).map(|(_, place)| place.clone())
    }

    pub fn is_sweep_due(&self, now: Timestamp) -> bool {
        self.lock().sweep.is_some_and(|at| at <= now)
    }

    fn change(&self, change: impl FnOnce(&mut Noted)) {
        let is_earlier = {
            let mut noted = self.lock();
            let before = noted.next();
            change(&mut noted);
            match (before, noted.next()) {
                (Some(before), Some(next)) => next < before,
                (None, next) => next.is_some(),
                (Some(_), None) => false,
            }
        };
        let wake = self.wake.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let (true, Some(wake)) = (is_earlier, wake) {
            wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StoredTable {
    /// When something is to be done about the table; none if nothing is.
    pub fn due(&self) -> Option<Timestamp> {
        let deletion = (self.phase == Phase::Deleting).then_some(self.settled_ms);
        let indexes = self.indexes.iter().filter_map(|index| match index.phase {
            IndexPhase::Filled => None,
            // Filled as soon as may be, so that it is whole when it may be ACTIVE.
            IndexPhase::Filling => Some(i64::MIN),
            IndexPhase::Deleting => Some(index.settled_ms),
        });
        let first = deletion.into_iter().chain(indexes).min()?;
        Some(Timestamp::from_millis(first.max(0)))
    }
}

/// The tables' transitions as work that falls due.
pub(crate) struct Appointments(pub Arc<Tables>);

impl Due for Appointments {
    fn next_due(&self) -> Option<Timestamp> {
        self.0.agenda.lock().next()
    }

    fn run(&self, now: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(self.0.run_due(now))
    }

    fn on_earlier(&self, wake: Wake) {
        *self.0.agenda.wake.lock().unwrap_or_else(PoisonError::into_inner) = Some(wake);
    }
}
