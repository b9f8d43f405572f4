//! What happened: an event per management call, per denied call, and per data call that somebody asks for, in CloudTrail's words.
//!
//! Events never hold what a record or an item holds, nor secrets. Start at [`AuditSink`]; [`FileSink`] writes JSON lines.

mod event;
mod file;
mod identity;
mod resource;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use anabranch_api::{Context, Descriptor, Resources};

pub use event::{AuditEvent, Category, Written};
pub use file::FileSink;
pub use identity::{SessionAttributes, SessionContext, SessionIssuer, UserIdentity};
pub use resource::AuditResource;

/// Takes audit events. A sink that is behind makes the caller wait: no event is dropped.
pub trait AuditSink: Send + Sync + 'static {
    /// Whether anybody asks for events of data calls at all. Asked at every data call: an atomic load.
    fn asks_for_data(&self) -> bool {
        false
    }

    /// Whether anybody asks for the event of this data call. Asked only while [`AuditSink::asks_for_data`].
    fn selects(&self, _operation: &Descriptor, _cx: &Context, _about: &Resources) -> bool {
        false
    }

    /// Takes an event; done when the sink has it, which need not be on disk unless the sink says so.
    fn record(&self, event: AuditEvent) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// Keeps no audit: `serve` without an audit file.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoAudit;

impl AuditSink for NoAudit {
    fn record(&self, _event: AuditEvent) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::ready(()))
    }
}

/// Gives every event to both.
pub struct Both(pub Arc<dyn AuditSink>, pub Arc<dyn AuditSink>);

impl AuditSink for Both {
    fn asks_for_data(&self) -> bool {
        self.0.asks_for_data() || self.1.asks_for_data()
    }

    fn selects(&self, operation: &Descriptor, cx: &Context, about: &Resources) -> bool {
        self.0.selects(operation, cx, about) || self.1.selects(operation, cx, about)
    }

    fn record(&self, event: AuditEvent) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            self.0.record(event.clone()).await;
            self.1.record(event).await;
        })
    }
}

#[cfg(test)]
mod tests;
