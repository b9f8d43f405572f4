use std::time::Instant;

use anabranch_api::{ApiError, Context, Descriptor, Resources};

use super::Keepers;
use crate::audit::{AuditEvent, is_data_event};

/// What will be written down about one call, whichever way it ends.
pub(super) struct Record<'a> {
    operation: &'static Descriptor,
    keepers: &'a Keepers,
    cx: Context,
    resources: Resources,
    begun: Instant,
    ended: bool,
}

impl<'a> Record<'a> {
    pub(super) fn begin(operation: &'static Descriptor, cx: Context, keepers: &'a Keepers) -> Self {
        Self { operation, keepers, cx, resources: Resources::new(), begun: Instant::now(), ended: false }
    }

    /// The call's context, and the place for what it turns out to be about.
    pub(super) fn parts(&mut self) -> (&mut Context, &mut Resources) {
        (&mut self.cx, &mut self.resources)
    }

    /// Counts the call, and writes its audit event if it has one: management calls and denied ones.
    pub(super) async fn end(&mut self, error: Option<&ApiError>) {
        self.ended = true;
        let code = error.map(|e| &e.code);
        self.keepers.metrics.operations().ended(self.operation.name, self.begun.elapsed(), code);
        if !is_data_event(self.operation.action) || error.is_some_and(is_denial) {
            self.keepers.audit.record(self.event(error)).await;
        }
    }

    fn event(&self, error: Option<&ApiError>) -> AuditEvent {
        let Descriptor { name, action, read_only, .. } = *self.operation;
        AuditEvent::of(name, action, read_only, &self.cx, &self.resources, error)
    }
}

impl Drop for Record<'_> {
    /// Reached without an end only by a reading call whose client hung up.
    fn drop(&mut self) {
        if !self.ended {
            self.keepers.metrics.operations().abandoned(self.operation.name);
        }
    }
}

fn is_denial(error: &ApiError) -> bool {
    matches!(&*error.code, "AccessDeniedException" | "AccessDenied")
}
