use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::Timestamp;

/// What time it is, for everything whose behaviour depends on time. Signature dates and certificates
/// alone are judged by the machine's clock ([`Clock::machine_now`]).
///
/// The test clock is the machine's plus everything it was advanced by; it keeps running.
/// Clones share their offset.
#[derive(Clone, Debug)]
pub struct Clock {
    /// Milliseconds ahead of the machine; `None` for the machine's own clock, which cannot be advanced.
    ahead_ms: Option<Arc<AtomicI64>>,
    /// A clock that stands is ahead of the epoch, not of the machine.
    stands: bool,
}

impl Clock {
    /// The machine's clock.
    pub fn machine() -> Self {
        Self { ahead_ms: None, stands: false }
    }

    /// A test clock that starts `ahead_ms` milliseconds ahead of the machine.
    pub fn test(ahead_ms: i64) -> Self {
        Self { ahead_ms: Some(Arc::new(AtomicI64::new(ahead_ms))), stands: false }
    }

    /// A test clock that stands at `now` until it is advanced: for tests of what is allowed per second.
    pub fn standing(now: Timestamp) -> Self {
        Self { ahead_ms: Some(Arc::new(AtomicI64::new(now.millis()))), stands: true }
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.base_ms() + self.offset_ms())
    }

    /// Now by the machine's clock, whatever a test advanced.
    pub fn machine_now() -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    /// How far ahead of the machine this clock is, in milliseconds; 0 for the machine's clock.
    pub fn ahead_ms(&self) -> i64 {
        if self.stands { self.offset_ms() - Self::machine_now().millis() } else { self.offset_ms() }
    }

    fn offset_ms(&self) -> i64 {
        self.ahead_ms.as_ref().map_or(0, |a| a.load(Ordering::SeqCst))
    }

    fn base_ms(&self) -> i64 {
        if self.stands { 0 } else { Self::machine_now().millis() }
    }

    /// Whether this is a test clock.
    pub fn is_test(&self) -> bool {
        self.ahead_ms.is_some()
    }

    /// Moves a test clock forward so that `now` is at least `to`; never back. Does nothing to the machine's clock.
    pub fn advance_to(&self, to: Timestamp) {
        if let Some(ahead) = &self.ahead_ms {
            ahead.fetch_max(to.millis() - self.base_ms(), Ordering::SeqCst);
        }
    }

    /// Puts a test clock at least this far ahead of the machine; never back. Does nothing to the machine's clock.
    pub fn run_ahead(&self, ahead_ms: i64) {
        if let Some(ahead) = &self.ahead_ms {
            let from_base = if self.stands { Self::machine_now().millis() } else { 0 };
            ahead.fetch_max(from_base + ahead_ms, Ordering::SeqCst);
        }
    }
}

/// Work that falls due at a time of the [`Clock`]: state transitions, heartbeats, checkpoints, retention.
///
/// One scheduler (in `server`) asks every `Due` for its next time, sleeps until the earliest, and runs it. When a
/// test clock is advanced, the scheduler visits what falls due on the way in the order of its times, each run
/// seeing its own time.
pub trait Due: Send + Sync {
    /// When [`Due::run`] should next be called; `None` while there is nothing to wait for. Cheap.
    fn next_due(&self) -> Option<Timestamp>;
    /// Does everything due at `now` or before; afterwards `next_due` is later than `now` or `None`.
    fn run(&self, now: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
    /// Registers the function that the scheduler wants called whenever `next_due` may have become earlier.
    fn on_earlier(&self, wake: Arc<dyn Fn() + Send + Sync>);
}
