use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

/// How long a call waits for memory before it is told to come back: longer than a peer that takes nothing is then borne with.
const WAIT_MAX: Duration = Duration::from_secs(10);
/// Once less than a quarter of what large answers may take is free, each gets this part of what is left: so there is always something left
/// for the next one, and a reader that takes nothing costs the others the size of an answer, not the answer.
const SCARCE_PART: usize = 4;
/// The least that is set aside for an answer when memory is scarce: a record of 1 MiB, which a stream takes unless it is told to take
/// larger ones, and its form in the answer.
const SCARCE_BYTES_MIN: usize = 3 << 20;

/// Bytes that bodies and answers in flight may take together; clones share them. Whoever finds nothing left waits a while.
///
/// Large answers may take three quarters of it: readers that take nothing never stand in the way of writers.
#[derive(Clone, Debug)]
pub struct Budget {
    all: Pool,
    large: Pool,
    waiting: Arc<AtomicUsize>,
}

#[derive(Clone, Debug)]
struct Pool {
    free: Arc<Semaphore>,
    bytes_max: usize,
}

/// Bytes that are taken until this is dropped.
#[derive(Debug)]
pub struct Reserved {
    of_all: OwnedSemaphorePermit,
    of_large: Option<OwnedSemaphorePermit>,
    is_scarce: bool,
}

/// There was no memory for too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exhausted;

impl Budget {
    /// A budget of so many bytes.
    pub fn new(bytes_max: u64) -> Self {
        let bytes_max = usize::try_from(bytes_max).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        let waiting = Arc::default();
        Self { all: Pool::new(bytes_max), large: Pool::new(bytes_max / 4 * 3), waiting }
    }

    /// Takes bytes, at most what the whole budget has; waits for them up to ten seconds.
    pub async fn reserve(&self, bytes: usize) -> Result<Reserved, Exhausted> {
        let of_all = self.take(&self.all, bytes, Instant::now() + WAIT_MAX).await?;
        Ok(Reserved { of_all, of_large: None, is_scarce: false })
    }

    /// Takes bytes for a large answer that can be smaller: `bytes` while there is plenty, less when memory is scarce. Waits up to ten
    /// seconds for the least that makes sense.
    pub async fn reserve_up_to(&self, bytes: usize) -> Result<Reserved, Exhausted> {
        let deadline = Instant::now() + WAIT_MAX;
        let most = bytes.min(self.large.bytes_max);
        let part = self.large.fair_part(most);
        let of_large = self.take(&self.large, part, deadline).await?;
        let of_all = self.take(&self.all, part, deadline).await?;
        Ok(Reserved { of_all, of_large: Some(of_large), is_scarce: part < most })
    }

    /// Whether somebody waits for memory at the moment.
    pub fn is_waited_for(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > 0
    }

    async fn take(
        &self,
        pool: &Pool,
        bytes: usize,
        deadline: Instant,
    ) -> Result<OwnedSemaphorePermit, Exhausted> {
        let permits = u32::try_from(bytes.min(pool.bytes_max)).unwrap_or(u32::MAX);
        if let Ok(permit) = Arc::clone(&pool.free).try_acquire_many_owned(permits) {
            return Ok(permit);
        }
        let _waits = Waits::begin(&self.waiting);
        match timeout_at(deadline, Arc::clone(&pool.free).acquire_many_owned(permits)).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(Exhausted),
        }
    }

    /// Bytes nobody has taken.
    pub fn free_bytes(&self) -> usize {
        self.all.free.available_permits()
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

impl Pool {
    fn new(bytes_max: usize) -> Self {
        Self { free: Arc::new(Semaphore::new(bytes_max)), bytes_max }
    }

    /// How much of `bytes` one may take so that others find something too.
    fn fair_part(&self, bytes: usize) -> usize {
        let free = self.free.available_permits();
        let is_plenty = free == self.bytes_max || free.saturating_sub(bytes) >= self.bytes_max / 4;
        if is_plenty { bytes } else { bytes.min((free / SCARCE_PART).max(SCARCE_BYTES_MIN)) }
    }
}

impl Reserved {
    /// Adds what `more` holds.
    pub fn merge(&mut self, more: Reserved) {
        self.of_all.merge(more.of_all);
        match (&mut self.of_large, more.of_large) {
            (Some(large), Some(more)) => large.merge(more),
            (None, more) => self.of_large = more,
            (Some(_), None) => {}
        }
    }

    /// Whether it is less than was asked for, since others take much.
    pub fn is_scarce(&self) -> bool {
        self.is_scarce
    }

    /// How many bytes.
    pub fn bytes(&self) -> usize {
        self.of_all.num_permits()
    }

    /// Gives back what is more than `bytes`.
    pub fn shrink_to(&mut self, bytes: usize) {
        for permit in [Some(&mut self.of_all), self.of_large.as_mut()].into_iter().flatten() {
            let surplus = permit.num_permits().saturating_sub(bytes);
            drop(permit.split(surplus));
        }
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

    const MIB: usize = 1 << 20;

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

    #[tokio::test(start_paused = true)]
    async fn it_is_known_whether_somebody_waits() {
        let budget = Budget::new(100);
        let all = budget.reserve(100).await.expect("as much as there is");
        assert!(!budget.is_waited_for());
        let waits = tokio::spawn({
            let budget = budget.clone();
            async move { budget.reserve(1).await.is_ok() }
        });
        while !budget.is_waited_for() {
            tokio::task::yield_now().await;
        }
        drop(all);
        assert!(waits.await.expect("it does not panic"));
        assert!(!budget.is_waited_for());
    }

    #[tokio::test]
    async fn whoever_is_alone_gets_all_it_asks_for_or_all_there_is() {
        for (of, asked, given) in [(256, 27, 27), (16, 27, 12)] {
            let reserved = Budget::new(of * MIB as u64).reserve_up_to(asked * MIB).await.expect("free");
            assert_eq!((reserved.bytes(), reserved.is_scarce()), (given * MIB, false));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn large_answers_become_smaller_the_more_there_are_and_leave_a_quarter_of_all_to_others() {
        let budget = Budget::new(256 * MIB as u64);
        let mut held = Vec::new();
        while let Ok(reserved) = budget.reserve_up_to(27 * MIB).await {
            held.push(reserved);
        }
        let sizes: Vec<usize> = held.iter().map(Reserved::bytes).collect();
        assert_eq!(sizes[..5], [27 * MIB; 5], "while there is plenty");
        assert!(sizes.is_sorted_by(|a, b| a >= b), "{sizes:?}");
        assert!(sizes.len() > 12, "{sizes:?}");
        assert!(sizes.iter().all(|s| *s >= SCARCE_BYTES_MIN), "{sizes:?}");
        assert!(budget.free_bytes() >= 64 * MIB);

        held.truncate(1);
        held[0].shrink_to(MIB);
        assert_eq!(budget.free_bytes(), 255 * MIB);
        assert_eq!(budget.reserve_up_to(27 * MIB).await.map(|r| r.bytes()), Ok(27 * MIB));
    }
}
