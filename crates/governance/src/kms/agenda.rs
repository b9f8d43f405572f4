//! What happens to keys as time passes: deletion at the end of the waiting period, automatic rotation.

use std::collections::{BTreeSet, HashMap};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anabranch_api::kms::Error;
use anabranch_types::{Due, Timestamp};

use super::Kms;
use super::key_id::KeyName;
use super::stored::{RotationKind, State};

/// How long work that failed waits before it is tried again.
const RETRY: Duration = Duration::from_secs(1);

type Wake = Arc<dyn Fn() + Send + Sync>;

/// When something happens to which key.
#[derive(Default)]
pub(super) struct Agenda {
    noted: Mutex<Noted>,
    wake: Mutex<Option<Wake>>,
}

#[derive(Default)]
struct Noted {
    of: HashMap<KeyName, Timestamp>,
    sorted: BTreeSet<(Timestamp, KeyName)>,
}

impl Agenda {
    /// Something happens to the key at this time, and at no other.
    pub fn set(&self, name: &KeyName, due: Option<Timestamp>) {
        let is_first = {
            let mut noted = self.noted();
            if let Some(before) = noted.of.remove(name) {
                noted.sorted.remove(&(before, name.clone()));
            }
            if let Some(due) = due {
                noted.of.insert(name.clone(), due);
                noted.sorted.insert((due, name.clone()));
            }
            noted.sorted.first().is_some_and(|(_, first)| first == name)
        };
        let wake = self.wake.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let (true, Some(wake)) = (is_first, wake) {
            wake();
        }
    }

    /// The first key whose time has come.
    fn first_until(&self, now: Timestamp) -> Option<KeyName> {
        self.noted().sorted.first().filter(|(at, _)| *at <= now).map(|(_, name)| name.clone())
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kms {
    async fn run_due(&self, now: Timestamp) {
        while let Some(name) = self.agenda.first_until(now) {
            if let Err(error) = self.settle(&name, now).await {
                tracing::warn!(key = %name.arn(), %error, "a key could not be deleted or rotated; it will be tried again");
                self.agenda.set(&name, Some(now + RETRY));
            }
        }
    }

    /// Deletes or rotates a key whose time for that has come.
    async fn settle(&self, name: &KeyName, now: Timestamp) -> Result<(), Error> {
        // What was missed while the key was disabled is over by the clock, whenever it was due.
        let now = now.max(self.clock.now());
        let mut writing = self.turn().await?;
        let slot = self.directory.key(name);
        let Some((slot, view)) = slot.map(|slot| (slot.clone(), slot.view())) else {
            // It was deleted, and is tried again because that could not be made certain.
            self.scrub().await?;
            self.agenda.set(name, None);
            return Ok(());
        };
        let is_due = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
        match view.stored.state {
            State::PendingDeletion if is_due(view.stored.deletion()) => {
                self.delete(&mut writing, &slot).await
            }
            State::Enabled if is_due(view.stored.next_rotation()) => {
                self.rotate(&mut writing, &slot, RotationKind::Automatic, now).await
            }
            _ => {
                self.agenda.set(name, view.stored.due().filter(|due| *due > now));
                Ok(())
            }
        }
    }
}

/// Deletions and rotations as work that falls due.
pub(super) struct Appointments(pub Arc<Kms>);

impl Due for Appointments {
    fn next_due(&self) -> Option<Timestamp> {
        self.0.agenda.noted().sorted.first().map(|(at, _)| *at)
    }

    fn run(&self, now: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(self.0.run_due(now))
    }

    fn on_earlier(&self, wake: Wake) {
        *self.0.agenda.wake.lock().unwrap_or_else(PoisonError::into_inner) = Some(wake);
    }
}
