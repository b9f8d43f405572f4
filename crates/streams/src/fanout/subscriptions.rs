use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use anabranch_api::kinesis::Error;
use anabranch_log::GroupId;
use anabranch_types::{Due, ShardId, Timestamp};

use super::ALARM_STEP_MS;
use super::slot::Slot;
use crate::Streams;
use crate::errors;
use crate::limits::SUBSCRIPTION_PROTECTED;
use crate::stored::StoredConsumer;
use crate::stream::Stream;

/// Every subscription there is, and when which of them has to be woken.
#[derive(Default)]
pub(crate) struct Subscriptions {
    active: Mutex<Active>,
    alarms: Mutex<BTreeMap<Timestamp, Vec<Weak<Slot>>>>,
    earlier: Mutex<Option<Arc<dyn Fn() + Send + Sync>>>,
}

/// A consumer at a shard: there is one subscription of it at a time.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SubscriberId {
    pub group: GroupId,
    pub shard: ShardId,
    pub consumer: String,
    pub consumer_created_seconds: u64,
}

#[derive(Default)]
struct Active {
    by_id: HashMap<SubscriberId, (Weak<Slot>, Timestamp)>,
    /// When the table is next searched for what is over.
    sweep_at: usize,
}

const SWEEP_AT_LEAST: usize = 1024;

impl Subscriptions {
    /// Begins a subscription. Within five seconds of the one before it, it is refused; later it takes over, and the one before it ends
    /// (AWS: API_SubscribeToShard).
    pub fn begin(
        &self,
        id: SubscriberId,
        slot: &Arc<Slot>,
        now: Timestamp,
        refusal: Error,
    ) -> Result<(), Error> {
        let mut active = lock(&self.active);
        if let Some((before, since)) = active.by_id.get(&id) {
            if now < *since + SUBSCRIPTION_PROTECTED {
                return Err(refusal);
            }
            if let Some(before) = before.upgrade() {
                before.end(refusal);
            }
        }
        active.sweep(now);
        active.by_id.insert(id, (Arc::downgrade(slot), now));
        Ok(())
    }

    /// Refuses a subscription within five seconds of the one before it.
    pub fn refuse_protected(&self, id: &SubscriberId, now: Timestamp, refusal: &Error) -> Result<(), Error> {
        match lock(&self.active).by_id.get(id) {
            Some((_, since)) if now < *since + SUBSCRIPTION_PROTECTED => Err(refusal.clone()),
            _ => Ok(()),
        }
    }

    /// Wakes the subscription at `at`, or a little later.
    pub fn wake_at(&self, at: Timestamp, slot: &Arc<Slot>) {
        let rounded = at.millis().saturating_add(ALARM_STEP_MS - 1).div_euclid(ALARM_STEP_MS) * ALARM_STEP_MS;
        let at = Timestamp::from_millis(rounded);
        let mut alarms = lock(&self.alarms);
        let is_earliest = alarms.first_key_value().is_none_or(|(first, _)| at < *first);
        alarms.entry(at).or_default().push(Arc::downgrade(slot));
        drop(alarms);
        let earlier = lock(&self.earlier).clone();
        if let (true, Some(earlier)) = (is_earliest, earlier) {
            earlier();
        }
    }

    /// Ends every subscription to a stream that is deleted.
    pub fn stream_removed(&self, stream: &Stream) {
        let gone = errors::stream_not_found(&stream.id.name, stream.id.account);
        for shard in &stream.view().shards {
            shard.live.hub.end(&gone);
        }
    }

    /// Ends every subscription of a consumer that is deregistered.
    pub fn consumer_removed(&self, stream: &Stream, consumer: &StoredConsumer) {
        let gone = errors::consumer_not_found(&consumer.name, &stream.id);
        let active = lock(&self.active);
        for shard in &stream.view().shards {
            let id = SubscriberId {
                group: stream.group,
                shard: shard.id(),
                consumer: consumer.name.clone(),
                consumer_created_seconds: consumer.created_seconds(),
            };
            if let Some(slot) = active.by_id.get(&id).and_then(|(slot, _)| slot.upgrade()) {
                slot.end(gone.clone());
            }
        }
    }

    fn wake_due(&self, now: Timestamp) {
        loop {
            let mut alarms = lock(&self.alarms);
            let Some(first) = alarms.first_entry().filter(|e| *e.key() <= now) else { return };
            let slots = first.remove();
            drop(alarms);
            slots.iter().filter_map(Weak::upgrade).for_each(|slot| slot.waker.wake());
        }
    }
}

impl Active {
    /// Forgets what is over, each time the table has doubled.
    fn sweep(&mut self, now: Timestamp) {
        if self.by_id.len() < self.sweep_at.max(SWEEP_AT_LEAST) {
            return;
        }
        self.by_id
            .retain(|_, (slot, since)| slot.strong_count() > 0 || now < *since + SUBSCRIPTION_PROTECTED);
        self.sweep_at = 2 * self.by_id.len();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The subscriptions' alarms as work that falls due.
pub(crate) struct HeartBeats(pub Arc<Streams>);

impl Due for HeartBeats {
    fn next_due(&self) -> Option<Timestamp> {
        lock(&self.0.subscriptions.alarms).first_key_value().map(|(at, _)| *at)
    }

    fn run(&self, now: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.0.subscriptions.wake_due(now);
        Box::pin(std::future::ready(()))
    }

    fn on_earlier(&self, wake: Arc<dyn Fn() + Send + Sync>) {
        *lock(&self.0.subscriptions.earlier) = Some(wake);
    }
}
