//! What is older than its stream's retention goes: records from the logs, closed shards altogether.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use anabranch_api::kinesis::Error;
use anabranch_types::{Due, Timestamp};

use crate::Streams;
use crate::errors::Failed;
use crate::stream::{Stream, View};

/// How often expired records are let go: within this time of their expiry they may leave the disk.
const SWEEP_INTERVAL: Duration = Duration::from_secs(60);

/// The sweep as work that falls due.
pub(crate) struct Retention {
    streams: Arc<Streams>,
    next_ms: AtomicI64,
}

impl Retention {
    pub fn new(streams: Arc<Streams>) -> Self {
        let next = streams.clock.now() + SWEEP_INTERVAL;
        Self { streams, next_ms: AtomicI64::new(next.millis()) }
    }

    async fn sweep(&self, now: Timestamp) {
        for stream in self.streams.directory.all() {
            if let Err(error) = self.streams.let_go(&stream).await {
                tracing::warn!(stream = %stream.arn, %error, "expired records stay until the next sweep");
            }
        }
        self.next_ms.store((now + SWEEP_INTERVAL).millis(), Ordering::Relaxed);
    }
}

impl Streams {
    async fn let_go(&self, stream: &Stream) -> Result<(), Error> {
        let view = stream.view();
        let horizon = self.horizon(&view);
        if !view.serves_records() || horizon <= view.stored.created() {
            return Ok(());
        }
        if self.holds_records(&view) {
            self.log.trim(stream.group, horizon).await.map_err(Failed::from)?;
        }
        let expired = |at_ms: i64| Timestamp::from_millis(at_ms) < horizon;
        let closed = view.shards.iter().filter(|s| s.stored.closed.is_some_and(|c| expired(c.at_ms)));
        let gone: Vec<_> = closed.map(|s| s.live.log).collect();
        if gone.is_empty() {
            return Ok(());
        }
        self.log.remove(gone).await.map_err(Failed::from)?;
        self.change(stream, |draft| {
            draft.shards.retain(|s| !s.closed.is_some_and(|c| expired(c.at_ms)));
            Ok(())
        })
        .await
    }

    fn holds_records(&self, view: &View) -> bool {
        view.shards.iter().any(|s| self.log.state(s.live.log).is_ok_and(|state| state.start < state.end))
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

#[cfg(test)]
mod tests;
