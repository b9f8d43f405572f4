use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use anabranch_api::{
    ApiError, BodyStream, Context, DuplexOperation, EventFrame, Feed, FeedOperation, Frames, Operation,
    Resources, Serve, ServeDuplex, ServeFeed,
};
use futures_util::{FutureExt, Stream};
use prometheus_client::metrics::counter::Counter;

use crate::audit::AuditSink;
use crate::authorize::Authorize;
use crate::metrics::{Metrics, Operations};

mod record;

use record::Record;

/// The one way into every service, for calls from outside and between our own services: authorize, serve, record.
///
/// Cheap to clone. A call of an operation that changes something runs in a task of its own from authorization to audit, so that a
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
}

impl Door {
    /// A door kept by these.
    pub fn new(authorize: Arc<dyn Authorize>, audit: Arc<dyn AuditSink>, metrics: Metrics) -> Self {
        Self { keepers: Arc::new(Keepers { authorize, audit, metrics }) }
    }

    /// The counters that calls through this door are counted in.
    pub fn metrics(&self) -> &Metrics {
        &self.keepers.metrics
    }

    /// A call with one answer. Needs a Tokio runtime unless the operation is read-only.
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
        let service = Arc::clone(service);
        self.pass::<Op, _>(cx, move |cx, keepers, about| {
            Box::pin(async move {
                service.identify(cx, &request).map_err(Into::into)?;
                *about = service.resources(cx, &request).map_err(Into::into)?;
                keepers.authorize.authorize(cx, about, &request.condition_keys())?;
                service.serve(cx, request).await.map_err(Into::into)
            })
        })
        .await
    }

    /// A call that answers with frames; the audit is written when the feed opens, its frames are counted as they pass.
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
        let service = Arc::clone(service);
        let feed = self
            .pass::<Op, _>(cx, move |cx, keepers, about| {
                Box::pin(async move {
                    *about = service.resources(cx, &request).map_err(Into::into)?;
                    keepers.authorize.authorize(cx, about, &request.condition_keys())?;
                    service.open(cx, request).await.map_err(Into::into)
                })
            })
            .await?;
        Ok(self.counted::<Op>(feed))
    }

    /// A call that reads its body while it answers; recorded as a feed is.
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
        let service = Arc::clone(service);
        let feed = self
            .pass::<Op, _>(cx, move |cx, keepers, about| {
                Box::pin(async move {
                    *about = service.resources(cx, &request).map_err(Into::into)?;
                    keepers.authorize.authorize(cx, about, &request.condition_keys())?;
                    service.open(cx, request, body).await.map_err(Into::into)
                })
            })
            .await?;
        Ok(self.counted::<Op>(feed))
    }

    /// Serves a call and records how it ended.
    async fn pass<Op: Operation, Answer: Send + 'static>(
        &self,
        cx: Context,
        serve: impl for<'a> FnOnce(&'a mut Context, &'a Keepers, &'a mut Resources) -> Served<'a, Answer>
        + Send
        + 'static,
    ) -> Result<Answer, ApiError> {
        let keepers = Arc::clone(&self.keepers);
        let whole = async move {
            let mut record = Record::begin::<Op>(cx, &keepers);
            let (cx, about) = record.parts();
            let answer =
                match AssertUnwindSafe(async { serve(cx, &keepers, about).await }).catch_unwind().await {
                    Ok(answer) => answer,
                    Err(_) => {
                        keepers.metrics.operations().panicked();
                        Err(ApiError::internal())
                    }
                };
            record.end(answer.as_ref().err()).await;
            answer
        };
        if Op::READ_ONLY {
            whole.await
        } else {
            tokio::spawn(whole).await.unwrap_or_else(|_| Err(ApiError::internal()))
        }
    }

    fn counted<Op: Operation>(&self, feed: Feed<Op::Output>) -> Feed<Op::Output> {
        let operations = self.metrics().operations().clone();
        let passed = operations.frames(Op::NAME);
        let frames = Counted { frames: Some(feed.frames), passed, operations };
        Feed { output: feed.output, frames: Box::pin(frames) }
    }
}

/// A service at work, with what it borrows.
type Served<'a, Answer> = Pin<Box<dyn Future<Output = Result<Answer, ApiError>> + Send + 'a>>;

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
