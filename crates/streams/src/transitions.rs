//! States that end by themselves: CREATING, UPDATING and DELETING last as long as `--transition-delay` says, also over a restart.

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use anabranch_api::kinesis::Error;
use anabranch_log::GroupId;
use anabranch_types::{Due, Timestamp};

use crate::Streams;
use crate::changes::Draft;
use crate::resolve::require_active;
use crate::stored::{ConsumerStatus, Status};
use crate::stream::Stream;

/// When which stream has a state that ends.
#[derive(Default)]
pub(crate) struct Agenda {
    noted: Mutex<BTreeSet<(Timestamp, GroupId)>>,
    wake: Mutex<Option<Arc<dyn Fn() + Send + Sync>>>,
}

impl Agenda {
    pub fn note(&self, at: Timestamp, group: GroupId) {
        let earlier = {
            let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
            noted.insert((at, group));
            noted.first() == Some(&(at, group))
        };
        let wake = self.wake.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let (true, Some(wake)) = (earlier, wake) {
            wake();
        }
    }

    fn first(&self) -> Option<Timestamp> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner).first().map(|(at, _)| *at)
    }

    /// Takes out one stream whose time has come.
    fn take(&self, now: Timestamp) -> Option<GroupId> {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.first()?.0 > now {
            return None;
        }
        noted.pop_first().map(|(_, group)| group)
    }
}

/// How long a transition that failed waits before it is tried again.
const RETRY: std::time::Duration = std::time::Duration::from_secs(1);

impl Streams {
    /// Changes an ACTIVE stream as `decide` says; it is UPDATING meanwhile.
    pub(crate) async fn update<T>(
        &self,
        stream: &Stream,
        decide: impl FnOnce(&mut Draft) -> Result<T, Error> + Send,
    ) -> Result<T, Error> {
        let now = self.clock.now();
        self.change(stream, |draft| {
            require_active(&stream.id, draft.stored.status)?;
            let decided = decide(draft)?;
            if !self.settings.transition_delay.is_zero() {
                draft.stored.status = Status::Updating;
                draft.stored.due_ms = Some(self.transition_end(now).millis());
            }
            Ok(decided)
        })
        .await
    }

    /// Ends the states of a stream whose time has come.
    pub(crate) async fn settle(&self, stream: &Stream, now: Timestamp) -> Result<(), Error> {
        let _one_at_a_time = stream.changing.lock().await;
        if self.is_there(stream) { self.settle_locked(stream, now).await } else { Ok(()) }
    }

    /// As [`Self::settle`], while the caller holds `changing`.
    pub(crate) async fn settle_locked(&self, stream: &Stream, now: Timestamp) -> Result<(), Error> {
        self.be_certain_locked(stream).await?;
        self.finish_reshard_locked(stream).await?;
        let view = stream.view();
        if view.due().is_none_or(|due| due > now) {
            return Ok(());
        }
        let over = view.stored.due().is_some_and(|due| due <= now);
        match view.stored.status {
            Status::Deleting if over => return self.remove_locked(stream).await,
            // What is known to the catalog before its logs exist leaves no log behind that nobody knows.
            Status::Creating if over => self.create_logs(&view).await?,
            _ => {}
        }
        self.change_locked(stream, |draft| {
            settle_stream(draft, now);
            settle_consumers(draft, now);
            Ok(())
        })
        .await
    }

    async fn settle_due(&self, now: Timestamp) {
        while let Some(group) = self.agenda.take(now) {
            let Some(stream) = self.directory.by_group(group) else { continue };
            if let Err(error) = self.settle(&stream, now).await {
                tracing::warn!(stream = %stream.arn, %error, "a transition failed and will be tried again");
                self.agenda.note(now + RETRY, group);
            }
        }
    }
}

fn settle_stream(draft: &mut Draft, now: Timestamp) {
    let over = draft.stored.due().is_some_and(|due| due <= now);
    if over && draft.stored.status != Status::Deleting {
        draft.stored.status = Status::Active;
        draft.stored.due_ms = None;
    }
}

fn settle_consumers(draft: &mut Draft, now: Timestamp) {
    draft.consumers.retain(|_, consumer| {
        let over = consumer.due().is_some_and(|due| due <= now);
        if over && consumer.status == ConsumerStatus::Creating {
            consumer.status = ConsumerStatus::Active;
            consumer.due_ms = None;
        }
        !(over && consumer.status == ConsumerStatus::Deleting)
    });
}

/// The transitions as work that falls due.
pub(crate) struct Transitions(pub Arc<Streams>);

impl Due for Transitions {
    fn next_due(&self) -> Option<Timestamp> {
        self.0.agenda.first()
    }

    fn run(&self, now: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(self.0.settle_due(now))
    }

    fn on_earlier(&self, wake: Arc<dyn Fn() + Send + Sync>) {
        *self.0.agenda.wake.lock().unwrap_or_else(PoisonError::into_inner) = Some(wake);
    }
}
