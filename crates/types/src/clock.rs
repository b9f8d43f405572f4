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
}

impl Clock {
    /// The machine's clock.
    pub fn machine() -> Self {
        Self { ahead_ms: None }
    }

    /// A test clock that starts `ahead_ms` milliseconds ahead of the machine.
    pub fn test(ahead_ms: i64) -> Self {
        Self { ahead_ms: Some(Arc::new(AtomicI64::new(ahead_ms))) }
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_millis(Self::machine_now().millis() + self.ahead_ms())
    }

    /// Now by the machine's clock, whatever a test advanced.
    pub fn machine_now() -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    /// How far ahead of the machine this clock is, in milliseconds; 0 for the machine's clock.
    pub fn ahead_ms(&self) -> i64 {
        self.ahead_ms.as_ref().map_or(0, |a| a.load(Ordering::SeqCst))
    }

    /// Whether this is a test clock.
    pub fn is_test(&self) -> bool {
        self.ahead_ms.is_some()
    }

    /// Moves a test clock forward so that `now` is at least `to`; never back. Does nothing to the machine's clock.
    pub fn advance_to(&self, to: Timestamp) {
        if let Some(ahead) = &self.ahead_ms {
            ahead.fetch_max(to.millis() - Self::machine_now().millis(), Ordering::SeqCst);
        }
    }

    /// Puts a test clock at least this far ahead of the machine; never back. Does nothing to the machine's clock.
    pub fn run_ahead(&self, ahead_ms: i64) {
        if let Some(ahead) = &self.ahead_ms {
            ahead.fetch_max(ahead_ms, Ordering::SeqCst);
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
