use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anabranch_api::EventFrame;
use anabranch_api::kinesis::Error;
use anabranch_log::{LogError, Position, RecordLog, TailEvent, TailSubscription};

use super::event::Event;
use super::slot::Slot;
use super::{HUB_BYTES_MAX, HUB_CAUGHT_MAX, HUB_EVENTS_MAX};
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
    /// What was published and not yet taken by every subscriber, in order.
    published: VecDeque<(Arc<Event>, usize)>,
    published_bytes: u64,
    /// What was last read from the log.
    caught: VecDeque<Arc<Event>>,
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

    /// What was published at this place, if it is still kept. Taken by every subscriber, it is forgotten.
    pub fn take(&self, at: Position) -> Option<Arc<Event>> {
        let mut inner = self.lock();
        if let Some(caught) = inner.caught.iter().find(|e| e.from == at) {
            return Some(Arc::clone(caught));
        }
        let subscribers = inner.subscribers.len();
        let i = inner.published.binary_search_by_key(&at, |(e, _)| e.from).ok()?;
        let (event, taken) = &mut inner.published[i];
        *taken += 1;
        let (event, all_have_it) = (Arc::clone(event), *taken >= subscribers);
        if all_have_it {
            inner.published.remove(i);
            inner.published_bytes -= event.bytes;
        }
        Some(event)
    }

    /// Keeps what was read from the log for others who stand at the same place; the event they all get.
    pub fn keep(&self, read: Event) -> Arc<Event> {
        let mut inner = self.lock();
        if let Some(same) = inner.caught.iter().find(|e| e.from == read.from && e.next == read.next) {
            return Arc::clone(same);
        }
        let read = Arc::new(read);
        if inner.subscribers.len() > 1 {
            if inner.caught.len() >= HUB_CAUGHT_MAX {
                inner.caught.pop_front();
            }
            inner.caught.push_back(Arc::clone(&read));
        }
        read
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

    fn publish(&self, event: &TailEvent) {
        let mut inner = self.lock();
        if let TailEvent::Appended(records) = event {
            for event in Event::published(records) {
                inner.published_bytes += event.bytes;
                inner.published.push_back((Arc::new(event), 0));
            }
            inner.shed();
        }
        inner.wake();
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn wake(&self) {
        self.subscribers.iter().for_each(|s| s.waker.wake());
    }

    /// Drops the oldest of what is too much; who has not taken it reads it from the log.
    fn shed(&mut self) {
        while self.published.len() > HUB_EVENTS_MAX
            || (self.published.len() > 1 && self.published_bytes > HUB_BYTES_MAX as u64)
        {
            if let Some((event, _)) = self.published.pop_front() {
                self.published_bytes -= event.bytes;
            }
        }
    }
}

/// Makes the shard's hub follow its log, if it does not yet.
pub(crate) fn follow(shard: &Arc<LiveShard>, log: &dyn RecordLog) -> Result<(), LogError> {
    if shard.hub.lock().following.is_some() {
        return Ok(());
    }
    let weak = Arc::downgrade(shard);
    let listener = Arc::new(move |event: &TailEvent| {
        if let Some(shard) = weak.upgrade() {
            shard.hub.publish(event);
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
