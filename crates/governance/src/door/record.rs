use std::time::Instant;

use anabranch_api::handler::{Call, Served};
use anabranch_api::{ApiError, Context, Descriptor, RequestId, Resources};
use bytes::Bytes;

use super::Keepers;
use crate::audit::{AuditEvent, Written};

/// What will be written down about one call, whichever way it ends.
pub(super) struct Record<'a> {
    operation: &'static Descriptor,
    keepers: &'a Keepers,
    cx: Context,
    resources: Resources,
    /// Whether the call has an event whatever becomes of it; a denied one always has.
    noted: bool,
    parameters: Option<Bytes>,
    begun: Instant,
    ended: bool,
}

impl<'a> Record<'a> {
    pub(super) fn begin(operation: &'static Descriptor, cx: Context, keepers: &'a Keepers) -> Self {
        Self {
            operation,
            keepers,
            cx,
            resources: Resources::new(),
            noted: false,
            parameters: None,
            begun: Instant::now(),
            ended: false,
        }
    }

    /// The call's context, and the place for what it turns out to be about.
    pub(super) fn parts(&mut self) -> (&mut Context, &mut Resources) {
        (&mut self.cx, &mut self.resources)
    }

    /// The call's context.
    pub(super) fn context(&self) -> &Context {
        &self.cx
    }

    /// Writes down what is asked, if it is a management call.
    pub(super) fn note_management(&mut self, call: &dyn Call) {
        if self.operation.data_type.is_none() {
            self.note(call);
        }
    }

    /// Writes down what is asked, if it is a data call and somebody wants to know of it. What it is about is known.
    pub(super) fn note_data(&mut self, call: &dyn Call) {
        let audit = &self.keepers.audit;
        if self.operation.data_type.is_some()
            && audit.asks_for_data()
            && audit.selects(self.operation, &self.cx, &self.resources)
        {
            self.note(call);
        }
    }

    /// Writes down what is asked by a call that is denied.
    pub(super) fn note_denied(&mut self, call: &dyn Call) {
        if !self.noted {
            self.note(call);
        }
    }

    fn note(&mut self, call: &dyn Call) {
        self.noted = true;
        self.parameters = call.parameters();
    }

    /// Counts the call; its events, if it has any: that of the caller's account behind those of the accounts that own what it was about.
    pub(super) fn end(&mut self, answer: &Result<Served, ApiError>) -> Vec<AuditEvent> {
        self.ended = true;
        let error = answer.as_ref().err();
        let code = error.map(|e| &e.code);
        self.keepers.metrics.operations().ended(self.operation.name, self.begun.elapsed(), code);
        if !self.noted && !error.is_some_and(AuditEvent::is_denial) {
            return Vec::new();
        }
        let changes = !self.operation.read_only && self.operation.data_type.is_none();
        let elements = answer.as_ref().ok().filter(|_| changes).and_then(|s| s.answer.elements());
        let parameters = self.parameters.take();
        self.events(Written { parameters, elements }, error)
    }

    fn events(&self, written: Written, error: Option<&ApiError>) -> Vec<AuditEvent> {
        let id = || RequestId::from_random(self.keepers.rng.u128());
        let mut event = AuditEvent::of(self.operation, &self.cx, &self.resources, written, error, id());
        let owners = event.owners_abroad();
        event.shared_id = (!owners.is_empty()).then(id);
        let abroad = owners.into_iter().map(|owner| event.abroad(owner, id()));
        abroad.chain(std::iter::once(event.clone())).collect()
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
