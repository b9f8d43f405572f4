//! Feeds on their way out: a frame at a time, as the connection sends them.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context as TaskContext, Poll};

use anabranch_api::{ApiError, Frames};
use anabranch_wire::eventstream;
use bytes::Bytes;
use futures_util::task::AtomicWaker;
use tokio::sync::watch;

use super::errors;
use super::phase::{self, Phase};

/// Bytes of frames that the connection has taken and not yet sent. With so many on their way no further frame is asked for: a reader that
/// takes nothing costs one frame, and not all that the connection would put aside.
const FLIGHT_BYTES_MAX: usize = 64 * 1024;

/// Frames of a feed until it ends, its client goes or the server drains.
pub(super) struct FrameBody {
    /// The initial response, sent before the first frame.
    first: Option<Bytes>,
    frames: Frames,
    flight: Arc<Flight>,
    draining: Pin<Box<dyn Future<Output = ()> + Send>>,
    ended: bool,
}

/// What of a feed is on its way.
#[derive(Default)]
struct Flight {
    bytes: AtomicUsize,
    landed: AtomicWaker,
}

/// A frame on its way, until its last slice was sent.
struct Flying {
    frame: Bytes,
    flight: Arc<Flight>,
}

impl FrameBody {
    pub(super) fn new(first: Option<Bytes>, frames: Frames, phase: watch::Receiver<Phase>) -> Self {
        let draining = Box::pin(phase::draining(phase));
        Self { first, frames, flight: Arc::default(), draining, ended: false }
    }

    /// The next frame.
    pub(super) fn poll(&mut self, task: &mut TaskContext<'_>) -> Poll<Option<Bytes>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(first));
        }
        if self.ended {
            return Poll::Ready(None);
        }
        if self.flight.is_full(task) {
            return Poll::Pending;
        }
        match self.frames.as_mut().poll_next(task) {
            Poll::Ready(Some(Ok(frame))) => Poll::Ready(Some(Flight::begin(&self.flight, frame.0))),
            Poll::Ready(Some(Err(error))) => {
                self.ended = true;
                Poll::Ready(Some(exception(&error)))
            }
            Poll::Ready(None) => {
                self.ended = true;
                Poll::Ready(None)
            }
            Poll::Pending => {
                self.ended = self.draining.as_mut().poll(task).is_ready();
                if self.ended { Poll::Ready(None) } else { Poll::Pending }
            }
        }
    }
}

impl Flight {
    fn begin(flight: &Arc<Self>, frame: Bytes) -> Bytes {
        flight.bytes.fetch_add(frame.len(), Ordering::AcqRel);
        Bytes::from_owner(Flying { frame, flight: Arc::clone(flight) })
    }

    /// Whether enough is on its way; the task is then woken when something has been sent.
    fn is_full(&self, task: &mut TaskContext<'_>) -> bool {
        let is_full = || self.bytes.load(Ordering::Acquire) >= FLIGHT_BYTES_MAX;
        if !is_full() {
            return false;
        }
        self.landed.register(task.waker());
        is_full()
    }
}

impl AsRef<[u8]> for Flying {
    fn as_ref(&self) -> &[u8] {
        &self.frame
    }
}

impl Drop for Flying {
    fn drop(&mut self) {
        self.flight.bytes.fetch_sub(self.frame.len(), Ordering::AcqRel);
        self.flight.landed.wake();
    }
}

/// The frame that says an error, after which a feed ends.
fn exception(error: &ApiError) -> Bytes {
    eventstream::exception(&error.code, errors::FRAME_DOCUMENT_TYPE, |mut out| {
        let document = serde_json::json!({ "message": error.message.as_deref().unwrap_or_default() });
        out.extend_from_slice(document.to_string().as_bytes());
        out
    })
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use anabranch_api::EventFrame;
    use futures_util::stream;

    use super::*;

    #[test]
    fn a_reader_that_takes_nothing_costs_one_large_frame_and_goes_on_where_it_stood() {
        let frames = (0..3).map(|n| Ok(EventFrame(vec![n; FLIGHT_BYTES_MAX].into())));
        let (_phase, seen) = watch::channel(Phase::Serving);
        let mut body = FrameBody::new(None, Box::pin(stream::iter(frames)), seen);
        let mut task = TaskContext::from_waker(Waker::noop());
        for n in 0..3 {
            let Poll::Ready(Some(frame)) = body.poll(&mut task) else { panic!("frame {n}") };
            assert_eq!(frame[0], n);
            let slice = frame.slice(1..2);
            drop(frame);
            assert!(body.poll(&mut task).is_pending(), "a slice of it is not sent yet");
            drop(slice);
        }
        assert!(matches!(body.poll(&mut task), Poll::Ready(None)));
    }

    #[test]
    fn small_frames_need_not_wait_for_each_other() {
        let frames = (0..50).map(|n| Ok(EventFrame(vec![n; 1000].into())));
        let (_phase, seen) = watch::channel(Phase::Serving);
        let mut body = FrameBody::new(None, Box::pin(stream::iter(frames)), seen);
        let mut task = TaskContext::from_waker(Waker::noop());
        let mut held = Vec::new();
        while let Poll::Ready(Some(frame)) = body.poll(&mut task) {
            held.push(frame);
        }
        assert_eq!(held.len(), 50);
    }
}
