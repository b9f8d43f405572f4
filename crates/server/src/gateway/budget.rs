use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// How long a call waits for memory before it is told to come back.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// Bytes that bodies and answers in flight may take together; clones share them. Whoever finds nothing left waits a while.
#[derive(Clone, Debug)]
pub struct Budget {
    free: Arc<Semaphore>,
    bytes_max: usize,
}

/// Bytes that are taken until this is dropped.
#[derive(Debug)]
pub struct Reserved(OwnedSemaphorePermit);

/// There was no memory for too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exhausted;

impl Budget {
    /// A budget of so many bytes.
    pub fn new(bytes_max: u64) -> Self {
        let bytes_max = usize::try_from(bytes_max).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        Self { free: Arc::new(Semaphore::new(bytes_max)), bytes_max }
    }

    /// Takes bytes, at most what the whole budget has; waits for them up to five seconds.
    pub async fn reserve(&self, bytes: usize) -> Result<Reserved, Exhausted> {
        let permits = u32::try_from(bytes.min(self.bytes_max)).unwrap_or(u32::MAX);
        if let Ok(permit) = Arc::clone(&self.free).try_acquire_many_owned(permits) {
            return Ok(Reserved(permit));
        }
        match timeout(WAIT_MAX, Arc::clone(&self.free).acquire_many_owned(permits)).await {
            Ok(Ok(permit)) => Ok(Reserved(permit)),
            _ => Err(Exhausted),
        }
    }

    /// Bytes nobody has taken.
    pub fn free_bytes(&self) -> usize {
        self.free.available_permits()
    }
}

impl Reserved {
    /// Adds what `more` holds.
    pub fn merge(&mut self, more: Reserved) {
        self.0.merge(more.0);
    }

    /// How many bytes.
    pub fn bytes(&self) -> usize {
        self.0.num_permits()
    }

    /// Gives back what is more than `bytes`.
    pub fn shrink_to(&mut self, bytes: usize) {
        let surplus = self.bytes().saturating_sub(bytes);
        drop(self.0.split(surplus));
    }

    /// The same bytes, which keep this reservation until their last slice is dropped.
    pub fn tie_to(self, bytes: Bytes) -> Bytes {
        struct Tied {
            bytes: Bytes,
            _reserved: Reserved,
        }
        impl AsRef<[u8]> for Tied {
            fn as_ref(&self) -> &[u8] {
                &self.bytes
            }
        }
        Bytes::from_owner(Tied { bytes, _reserved: self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn bytes_are_free_again_when_their_last_slice_is_dropped() {
        let budget = Budget::new(100);
        let mut reserved = budget.reserve(80).await.expect("there is enough");
        reserved.shrink_to(10);
        assert_eq!(budget.free_bytes(), 90);
        let bytes = reserved.tie_to(Bytes::from_static(b"0123456789"));
        let slice = bytes.slice(2..4);
        drop(bytes);
        assert_eq!(budget.free_bytes(), 90);
        drop(slice);
        assert_eq!(budget.free_bytes(), 100);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_too_long_is_sent_away() {
        let budget = Budget::new(100);
        let all = budget.reserve(1_000_000).await.expect("as much as there is");
        assert_eq!(all.bytes(), 100);
        assert_eq!(budget.reserve(1).await.err(), Some(Exhausted));
        drop(all);
        assert!(budget.reserve(1).await.is_ok());
    }
}
