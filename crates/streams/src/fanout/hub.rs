use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use anabranch_api::EventFrame;
use anabranch_api::kinesis::Error;
use anabranch_log::{LogError, Position, RecordLog, TailEvent, TailSubscription};
use futures_util::FutureExt;
use futures_util::future::{Shared, WeakShared};

use super::HUB_EVENTS_MAX;
use super::event::Event;
use super::reading::Reading;
use super::slot::Slot;
use crate::stream::LiveShard;

/// What the subscribers of one shard share.
#[derive(Default)]
pub(crate) struct Hub {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    subscribers: Vec<Arc<Slot>>,
    following: Option<TailSubscription>,
    /// Reads that are under way, and from where.
    readings: Vec<(Position, WeakShared<Reading>)>,
    /// What was last read, while somebody holds it.
    events: VecDeque<(Position, Weak<Event>)>,
    /// The event without records at the place where quiet subscribers stand.
    idle: Option<(Position, EventFrame)>,
}

impl Hub {
    /// Adds a subscriber, who is woken from then on, provided that [`follow`] is called after.
    pub fn join(&self, slot: Arc<Slot>) {
        self.lock().subscribers.push(slot);
    }

    /// Removes a subscriber; the last one leaves nothing behind.
    pub fn leave(&self, slot: &Arc<Slot>) {
        let mut inner = self.lock();
        inner.subscribers.retain(|s| !Arc::ptr_eq(s, slot));
        if inner.subscribers.is_empty() {
            let all = std::mem::take(&mut *inner);
            drop(inner);
            // Unfollowed after the lock is free: the log's thread may be waiting for it in here.
            drop(all);
        }
    }

    /// The event that begins here, if it was read and is still held.
    pub fn event(&self, at: Position) -> Option<Arc<Event>> {
        self.lock().events.iter().filter(|(from, _)| *from == at).find_map(|(_, event)| event.upgrade())
    }

    /// Lets others who stand where it begins find the event, as long as somebody holds it. Whether there are others.
    pub fn note(&self, event: &Arc<Event>) -> bool {
        let mut inner = self.lock();
        if inner.subscribers.len() < 2 {
            return false;
        }
        if inner.events.len() >= HUB_EVENTS_MAX {
            inner.events.pop_front();
        }
        inner.events.push_back((event.from, Arc::downgrade(event)));
        true
    }

    /// The read from here that is under way, or the one that `begin` makes: those who stand at one place wait for one read, which goes on
    /// as long as one of them asks for it.
    pub fn reading(&self, at: Position, begin: impl FnOnce() -> Reading) -> Shared<Reading> {
        let mut inner = self.lock();
        inner.readings.retain(|(_, reading)| reading.upgrade().is_some());
        let same = inner.readings.iter().filter(|(from, _)| *from == at);
        // One that is done may have found nothing, and there may be more by now.
        if let Some(same) = same.filter_map(|(_, r)| r.upgrade()).find(|reading| reading.peek().is_none()) {
            return same;
        }
        let reading = begin().shared();
        inner.readings.extend(reading.downgrade().map(|weak| (at, weak)));
        reading
    }

    /// The event without records at this place, made once.
    pub fn idle(&self, at: Position, make: impl FnOnce() -> EventFrame) -> EventFrame {
        let mut inner = self.lock();
        match &inner.idle {
            Some((place, frame)) if *place == at => frame.clone(),
            _ => {
                let frame = make();
                inner.idle = Some((at, frame.clone()));
                frame
            }
        }
    }

    /// Wakes every subscriber.
    pub fn wake(&self) {
        self.lock().wake();
    }

    /// Ends every subscription with this error.
    pub fn end(&self, error: &Error) {
        for slot in &self.lock().subscribers {
            slot.end(error.clone());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn wake(&self) {
        self.subscribers.iter().for_each(|s| s.waker.wake());
    }
}

/// Makes the shard's hub follow its log, if it does not yet.
pub(crate) fn follow(shard: &Arc<LiveShard>, log: &dyn RecordLog) -> Result<(), LogError> {
    if shard.hub.lock().following.is_some() {
        return Ok(());
    }
    let weak = Arc::downgrade(shard);
    let listener = Arc::new(move |_: &TailEvent| {
        if let Some(shard) = weak.upgrade() {
            shard.hub.wake();
        }
    });
    let (_, subscription) = log.follow(shard.log, listener)?;
    let mut inner = shard.hub.lock();
    let surplus = match inner.following {
        None => inner.following.replace(subscription),
        Some(_) => Some(subscription),
    };
    // Something may have been published before we followed.
    inner.wake();
    drop(inner);
    drop(surplus);
    Ok(())
}
