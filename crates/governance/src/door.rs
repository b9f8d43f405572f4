use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use anabranch_api::handler::{self, Answer, Call, Served};
use anabranch_api::{
    ApiError, BodyStream, Context, Descriptor, DuplexOperation, EventFrame, Feed, FeedOperation, Frames,
    Operation, RequestId, Resources, Serve, ServeDuplex, ServeFeed,
};
use anabranch_types::Rng;
use futures_util::{FutureExt, Stream};
use prometheus_client::metrics::counter::Counter;

use crate::audit::{AuditEvent, AuditSink, Written};
use crate::authorize::Authorize;
use crate::metrics::{Metrics, Operations};

mod record;
mod to_the_end;

use record::Record;
use to_the_end::ToTheEnd;

/// The one way into every service, for calls from outside and between our own services: authorize, serve, record.
///
/// Cheap to clone. A call of an operation that changes something goes on from authorization to audit also when it is dropped, so that a
/// caller who goes away neither stops it half-way nor escapes the audit. A panic of a service is answered as InternalFailure.
#[derive(Clone)]
pub struct Door {
    keepers: Arc<Keepers>,
}

/// Those a call meets at the door.
struct Keepers {
    authorize: Arc<dyn Authorize>,
    audit: Arc<dyn AuditSink>,
    metrics: Metrics,
    /// For the ids of events.
    rng: Rng,
}

impl Door {
    /// A door kept by these.
    pub fn new(authorize: Arc<dyn Authorize>, audit: Arc<dyn AuditSink>, metrics: Metrics) -> Self {
        Self { keepers: Arc::new(Keepers { authorize, audit, metrics, rng: Rng::system() }) }
    }

    /// The counters that calls through this door are counted in.
    pub fn metrics(&self) -> &Metrics {
        &self.keepers.metrics
    }

    /// Answers a call. `body` is of duplex operations. Needs a Tokio runtime unless the operation is read-only. The audit of a feed is
    /// written when it opens, its frames are counted as they pass.
    pub async fn call(
        &self,
        cx: Context,
        call: Box<dyn Call>,
        body: Option<BodyStream>,
    ) -> Result<Served, ApiError> {
        let operation = call.operation();
        let keepers = Arc::clone(&self.keepers);
        let whole = async move {
            let mut record = Record::begin(operation, cx, &keepers);
            record.note_management(&*call);
            let serve = async {
                let (cx, about) = record.parts();
                call.identify(cx)?;
                *about = call.resources(cx)?;
                if let Err(denied) = keepers.authorize.authorize(cx, about, &call.condition_keys(cx)) {
                    record.note_denied(&*call);
                    return Err(denied);
                }
                record.note_data(&*call);
                call.serve(record.context(), body).await
            };
            let answer = match AssertUnwindSafe(serve).catch_unwind().await {
                Ok(answer) => answer,
                Err(_) => {
                    keepers.metrics.operations().panicked();
                    Err(ApiError::internal())
                }
            };
            for event in record.end(&answer) {
                keepers.audit.record(event).await;
            }
            answer
        };
        let mut served = if operation.read_only { whole.await? } else { ToTheEnd::new(whole).await? };
        served.frames = served.frames.map(|frames| self.counted(operation.name, frames));
        Ok(served)
    }

    /// Writes down a call that was refused before it came as far as this: what nobody could read, or whose signature does not count. Whoever
    /// refused it counts it. A data call has an event only if it was denied.
    pub async fn turned_away(&self, operation: &'static Descriptor, cx: &Context, error: &ApiError) {
        if operation.data_type.is_some() && !AuditEvent::is_denial(error) {
            return;
        }
        let id = RequestId::from_random(self.keepers.rng.u128());
        let (about, written) = (Resources::new(), Written::default());
        let event = AuditEvent::of(operation, cx, &about, written, Some(error), id);
        self.keepers.audit.record(event).await;
    }

    /// A typed call with one answer.
    pub async fn unary<Op, S>(
        &self,
        cx: Context,
        service: &Arc<S>,
        request: Op,
    ) -> Result<Op::Output, ApiError>
    where
        Op: Operation,
        S: Serve<Op>,
    {
        let served = self.call(cx, handler::unary_call(service, request), None).await?;
        output::<Op>(served.answer)
    }

    /// A typed call that answers with frames.
    pub async fn feed<Op, S>(
        &self,
        cx: Context,
        service: &Arc<S>,
        request: Op,
    ) -> Result<Feed<Op::Output>, ApiError>
    where
        Op: FeedOperation,
        S: ServeFeed<Op>,
    {
        opened::<Op>(self.call(cx, handler::feed_call(service, request), None).await?)
    }

    /// A typed call that reads its body while it answers.
    pub async fn duplex<Op, S>(
        &self,
        cx: Context,
        service: &Arc<S>,
        request: Op,
        body: BodyStream,
    ) -> Result<Feed<Op::Output>, ApiError>
    where
        Op: DuplexOperation,
        S: ServeDuplex<Op>,
    {
        opened::<Op>(self.call(cx, handler::duplex_call(service, request), Some(body)).await?)
    }

    fn counted(&self, operation: &'static str, frames: Frames) -> Frames {
        let operations = self.metrics().operations().clone();
        let passed = operations.frames(operation);
        Box::pin(Counted { frames: Some(frames), passed, operations })
    }
}

/// The output of a typed call, whose type its handler knows.
fn output<Op: Operation>(answer: Box<dyn Answer>) -> Result<Op::Output, ApiError> {
    answer.into_output().downcast().map(|output| *output).map_err(|_| ApiError::internal())
}

fn opened<Op: Operation>(served: Served) -> Result<Feed<Op::Output>, ApiError> {
    let frames = served.frames.ok_or_else(ApiError::internal)?;
    Ok(Feed { output: output::<Op>(served.answer)?, frames })
}

/// Frames on their way, counted. A panic of theirs ends this feed alone, not the connection it shares with others.
struct Counted {
    frames: Option<Frames>,
    passed: Counter,
    operations: Operations,
}

impl Stream for Counted {
    type Item = Result<EventFrame, ApiError>;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Option<Self::Item>> {
        let Some(frames) = &mut self.frames else {
            return Poll::Ready(None);
        };
        match catch_unwind(AssertUnwindSafe(|| frames.as_mut().poll_next(task))) {
            Ok(polled) => {
                if matches!(polled, Poll::Ready(Some(_))) {
                    self.passed.inc();
                }
                polled
            }
            Err(_) => {
                self.frames = None;
                self.operations.panicked();
                Poll::Ready(Some(Err(ApiError::internal())))
            }
        }
    }
}

#[cfg(test)]
mod tests;
