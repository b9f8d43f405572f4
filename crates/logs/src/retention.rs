//! What is older than its group's retention goes.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use anabranch_types::{Due, Timestamp};

use crate::directory::Group;
use crate::errors::Failed;
use crate::limits::{DAY_MS, EVENT_AHEAD_MS};
use crate::service::Logs;

/// How often expired events leave; they cannot be read before that either.
const SWEEP_INTERVAL: Duration = Duration::from_secs(600);

/// The sweep as work that falls due.
pub(crate) struct Retention {
    logs: Arc<Logs>,
    next_ms: AtomicI64,
}

impl Group {
    /// Events before this time cannot be read any more.
    pub fn horizon_ms(&self, now: Timestamp) -> i64 {
        self.stored().retention_days.map_or(0, |days| now.millis() - i64::from(days) * DAY_MS)
    }
}

impl Retention {
    pub fn new(logs: Arc<Logs>) -> Self {
        let next = logs.clock.now() + SWEEP_INTERVAL;
        Self { logs, next_ms: AtomicI64::new(next.millis()) }
    }

    async fn sweep(&self, now: Timestamp) {
        for group in self.logs.directory.all() {
            let swept = async {
                self.logs.let_go(&group, now).await?;
                self.logs.let_delivered_go(&group, now).await
            };
            if let Err(error) = swept.await {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(group = %group.name, error, "expired events stay until the next sweep");
            }
        }
        self.next_ms.store((now + SWEEP_INTERVAL).millis(), Ordering::Relaxed);
    }
}

impl Logs {
    /// An event may be ahead of its arrival, so what arrived before the horizon is let go a little later.
    async fn let_go(&self, group: &Group, now: Timestamp) -> Result<(), Failed> {
        let before_ms = group.horizon_ms(now) - EVENT_AHEAD_MS;
        if before_ms <= group.stored().created_ms {
            return Ok(());
        }
        self.log.trim(group.id, Timestamp::from_millis(before_ms)).await?;
        for stream in group.streams("") {
            if let Ok(state) = self.log.state(stream.log) {
                stream.with_chunks(|chunks| chunks.forget_before(state.start));
            }
        }
        Ok(())
    }
}

impl Due for Retention {
    fn next_due(&self) -> Option<Timestamp> {
        Some(Timestamp::from_millis(self.next_ms.load(Ordering::Relaxed)))
    }

    fn run(&self, now: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(self.sweep(now))
    }

    /// It never becomes earlier.
    fn on_earlier(&self, _: Arc<dyn Fn() + Send + Sync>) {}
}
