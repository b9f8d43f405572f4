//! What happened: one event per management call and per denied call, named as CloudTrail names them.
//!
//! Events never hold data, requests or secrets. Start at [`AuditSink`]; [`FileSink`] writes JSON lines.

mod event;
mod file;

use std::future::Future;
use std::pin::Pin;

pub use event::{AuditEvent, AuditResource, UserIdentity, is_data_event};
pub use file::FileSink;

/// Takes audit events. A sink that is behind makes the caller wait: no event is dropped.
pub trait AuditSink: Send + Sync + 'static {
    /// Takes an event; done when the sink has it, which need not be on disk.
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

#[cfg(test)]
mod tests;
