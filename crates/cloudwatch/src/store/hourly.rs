use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use anabranch_types::{Due, Timestamp};

use super::Store;

const INTERVAL: Duration = Duration::from_secs(3600);

/// The upkeep of what is stored as work that falls due, at every full hour.
pub(crate) struct Hourly {
    store: Arc<Store>,
    next_ms: AtomicI64,
    /// Whether all that a start left on the disk was opened.
    opened: AtomicBool,
}

impl Hourly {
    pub(crate) fn new(store: Arc<Store>, now: Timestamp) -> Self {
        Self { store, next_ms: AtomicI64::new(next_hour(now).millis()), opened: AtomicBool::new(false) }
    }

    async fn run(&self, now: Timestamp) {
        self.next_ms.store(next_hour(now).millis(), Ordering::Relaxed);
        if !self.opened.load(Ordering::Relaxed) && self.store.open_all().await.is_ok() {
            self.opened.store(true, Ordering::Relaxed);
        }
        self.store.hourly(now).await;
    }
}

fn next_hour(now: Timestamp) -> Timestamp {
    Timestamp::from_seconds(now.seconds().div_euclid(3600) * 3600) + INTERVAL
}

impl Due for Hourly {
    fn next_due(&self) -> Option<Timestamp> {
        Some(Timestamp::from_millis(self.next_ms.load(Ordering::Relaxed)))
    }

    fn run(&self, now: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(self.run(now))
    }

    /// It never becomes earlier.
    fn on_earlier(&self, _: Arc<dyn Fn() + Send + Sync>) {}
}
