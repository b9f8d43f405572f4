use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::EVENT_BYTES_MAX;

/// What events take together unless it is said otherwise.
const BYTES_MAX_DEFAULT: usize = 64 << 20;
/// Once less than half is free, each event gets this part of what is left, so that there is something left for the next one.
const SCARCE_PART: usize = 32;
/// What a record takes beside its data and key.
const RECORD_BYTES: usize = 280;
/// The least that is set aside for an event when memory is scarce.
const SCARCE_BYTES_MIN: usize = 64 * 1024;
/// This part of the memory is for events that were sent, so that subscribers who come to the same place a little later find them.
const KEPT_PART: usize = 8;
/// Events kept at the most.
const KEPT_EVENTS_MAX: usize = 4096;

/// Memory that events of fan-out may take together, from when they are read until the last connection has sent them; clones share it.
/// An event shared by many subscribers counts once. Where there is none left, subscribers wait; they lose nothing.
#[derive(Clone, Debug)]
pub struct EventMemory {
    free: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    kept: Arc<Mutex<Kept>>,
    bytes_max: usize,
}

/// Events in the order in which they were read.
#[derive(Default)]
struct Kept {
    events: VecDeque<(usize, Arc<dyn Send + Sync>)>,
    bytes: usize,
}

/// Memory for one event, until it is dropped.
#[derive(Debug)]
pub(crate) struct Room(OwnedSemaphorePermit);

impl EventMemory {
    /// So many bytes.
    pub fn new(bytes_max: usize) -> Self {
        let bytes_max = bytes_max.min(Semaphore::MAX_PERMITS);
        let free = Arc::new(Semaphore::new(bytes_max));
        Self { free, waiting: Arc::default(), kept: Arc::default(), bytes_max }
    }

    /// Whether a subscriber waits for memory at the moment.
    pub fn is_waited_for(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > 0
    }

    /// Room for an event that may have less than the most there can be in one: as much as there should be for one more.
    pub(crate) async fn for_some(&self) -> Room {
        let (free, most) = (self.free.available_permits(), room_bytes(EVENT_BYTES_MAX));
        let is_plenty = free.saturating_sub(most) >= self.bytes_max / 2;
        let part = if is_plenty { most } else { most.min((free / SCARCE_PART).max(SCARCE_BYTES_MIN)) };
        self.take(part).await
    }

    /// Room for an event with so many bytes of data and keys.
    pub(crate) async fn for_data(&self, bytes: usize) -> Room {
        self.take(room_bytes(bytes)).await
    }

    /// Holds an event that takes so many bytes for a while: until there are too many younger ones, or somebody waits for memory.
    pub(crate) fn keep(&self, bytes: usize, event: Arc<dyn Send + Sync>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.bytes += bytes;
        kept.events.push_back((bytes, event));
        let bytes_max = if self.is_waited_for() { 0 } else { self.bytes_max / KEPT_PART };
        kept.shrink_to(bytes_max);
    }

    async fn take(&self, bytes: usize) -> Room {
        let permits = u32::try_from(bytes.min(self.bytes_max)).unwrap_or(u32::MAX);
        if let Ok(permit) = Arc::clone(&self.free).try_acquire_many_owned(permits) {
            return Room(permit);
        }
        let _waits = Waits::begin(&self.waiting);
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).shrink_to(0);
        let permit = Arc::clone(&self.free).acquire_many_owned(permits).await;
        Room(permit.expect("the semaphore is never closed"))
    }
}

impl Kept {
    /// Drops the oldest.
    fn shrink_to(&mut self, bytes_max: usize) {
        while self.bytes > bytes_max || self.events.len() > KEPT_EVENTS_MAX {
            let Some((bytes, _)) = self.events.pop_front() else { return };
            self.bytes -= bytes;
        }
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} events of {} bytes", self.events.len(), self.bytes)
    }
}

impl Default for EventMemory {
    fn default() -> Self {
        Self::new(BYTES_MAX_DEFAULT)
    }
}

/// Data and keys, and the frame that carries them in base64 with what stands around it.
fn room_bytes(data: usize) -> usize {
    data + data * 5 / 3
}

impl Room {
    /// How many bytes of data and keys it is meant for.
    pub fn data_bytes(&self) -> usize {
        (self.0.num_permits() * 3).div_ceil(8)
    }

    /// How many records it is meant for.
    pub fn records(&self) -> usize {
        self.0.num_permits() / RECORD_BYTES
    }

    /// Whether it is enough for so many bytes of data and keys, or all there will ever be.
    pub fn is_large_enough(&self, bytes: usize, memory: &EventMemory) -> bool {
        self.0.num_permits() >= room_bytes(bytes).min(memory.bytes_max)
    }

    /// How many bytes it is.
    pub fn bytes(&self) -> usize {
        self.0.num_permits()
    }

    /// Gives back what is more than `bytes`.
    pub fn shrink_to(&mut self, bytes: usize) {
        drop(self.0.split(self.bytes().saturating_sub(bytes)));
    }
}

/// Counts one who waits, until it is dropped.
struct Waits<'a>(&'a AtomicUsize);

impl<'a> Waits<'a> {
    fn begin(waiting: &'a AtomicUsize) -> Self {
        waiting.fetch_add(1, Ordering::Relaxed);
        Self(waiting)
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn events_become_smaller_the_more_there_are_and_then_wait() {
        let memory = EventMemory::new(16 << 20);
        let mut rooms = Vec::new();
        while memory.free.available_permits() >= SCARCE_BYTES_MIN {
            rooms.push(memory.for_some().await);
        }
        let sizes: Vec<usize> = rooms.iter().map(Room::data_bytes).collect();
        assert_eq!(sizes[0], EVENT_BYTES_MAX);
        assert!(sizes.is_sorted_by(|a, b| a >= b) && sizes.len() > 60, "{sizes:?}");
        assert!(!memory.is_waited_for());

        let waits = tokio::spawn({
            let memory = memory.clone();
            async move { memory.for_some().await.data_bytes() }
        });
        while !memory.is_waited_for() {
            tokio::task::yield_now().await;
        }
        rooms[0].shrink_to(100);
        assert_eq!(rooms[0].bytes(), 100);
        assert!(waits.await.unwrap() > 0);
        assert!(!memory.is_waited_for());
    }

    #[tokio::test]
    async fn events_are_kept_until_there_are_too_many_or_somebody_waits() {
        let memory = EventMemory::new(16 << 20);
        let events: Vec<Arc<Room>> = {
            let mut rooms = Vec::new();
            for _ in 0..10 {
                rooms.push(Arc::new(memory.for_data(300 << 10).await));
            }
            rooms
        };
        for event in &events {
            memory.keep(event.bytes(), event.clone());
        }
        let kept = |events: &[Arc<Room>]| events.iter().filter(|e| Arc::strong_count(e) > 1).count();
        assert_eq!((kept(&events), kept(&events[..8])), (2, 0));
        drop(events);
        assert_eq!(memory.for_data(16 << 20).await.bytes(), 16 << 20);
    }

    #[tokio::test]
    async fn what_is_larger_than_all_memory_gets_all_of_it() {
        let memory = EventMemory::new(1 << 20);
        assert_eq!(memory.for_data(10 << 20).await.bytes(), 1 << 20);
    }
}
