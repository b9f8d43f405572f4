use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use anabranch_api::kinesis::Error;
use anabranch_api::{self as api, ApiError, EventFrame};
use anabranch_log::Position;
use anabranch_types::Timestamp;
use futures_util::Stream as Frames;
use futures_util::future::Shared;

use super::event::{Event, end_of_shard, idle};
use super::reading::{self, Found, Reading};
use super::slot::Slot;
use super::{HEARTBEAT, follow};
use crate::errors::Failed;
use crate::limits::{Bucket, CONSUMER_OUT_BYTES_PER_SECOND, LimitsMode, SUBSCRIPTION_LIFE};
use crate::measures::{Measure, Measures};
use crate::stream::{Shard, Stream};
use crate::{Streams, describe};

/// A subscription: the frames one consumer gets from one shard, from a place on, for five minutes.
pub(crate) struct Subscription {
    streams: Arc<Streams>,
    /// Who subscribed.
    caller: api::Context,
    stream: Arc<Stream>,
    shard: Arc<Shard>,
    slot: Arc<Slot>,
    /// Of the consumer.
    measures: Arc<Measures>,
    next: Position,
    reading: Option<Shared<Reading>>,
    throughput: Bucket,
    heartbeat: Timestamp,
    expires: Timestamp,
    alarm: Option<Timestamp>,
    over: bool,
}

impl Subscription {
    /// Subscribes from `next` on. The first frame comes at once.
    pub fn begin(
        (streams, caller): (Arc<Streams>, api::Context),
        stream: Arc<Stream>,
        shard: Arc<Shard>,
        slot: Arc<Slot>,
        measures: Arc<Measures>,
        next: Position,
    ) -> Result<Self, Error> {
        let now = streams.clock.now();
        shard.live.hub.join(Arc::clone(&slot));
        let subscription = Self {
            slot,
            measures,
            next,
            reading: None,
            throughput: Bucket::full(CONSUMER_OUT_BYTES_PER_SECOND, now),
            heartbeat: now,
            expires: now + SUBSCRIPTION_LIFE,
            alarm: None,
            over: false,
            streams,
            caller,
            stream,
            shard,
        };
        follow(&subscription.shard.live, &*subscription.streams.log).map_err(Failed::from)?;
        Ok(subscription)
    }

    /// The next frame, or none for now. `None` inside is the end.
    fn advance(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<EventFrame, Error>>> {
        self.slot.waker.register(cx.waker());
        let now = self.streams.clock.now();
        if let Some(error) = self.slot.take_ending() {
            self.over = true;
            return Poll::Ready(Some(Err(error)));
        }
        if self.over || now >= self.expires {
            self.over = true;
            return Poll::Ready(None);
        }
        loop {
            if let Some(reading) = &mut self.reading {
                let Poll::Ready(found) = Pin::new(reading).poll(cx) else { return Poll::Pending };
                self.reading = None;
                match found {
                    Ok(Found::Event(event)) => return self.deliver(&event, now),
                    Ok(Found::Nothing(next)) => self.next = self.next.max(next),
                    Err(error) => return self.fail(error),
                }
            }
            if let Some(at) = self.throttled(now) {
                return self.wait_until(at, now);
            }
            if let Some(event) = self.shard.live.hub.event(self.next) {
                return self.deliver(&event, now);
            }
            let state = match self.streams.log.state(self.shard.live.log) {
                Ok(state) => state,
                Err(error) => return self.fail(Failed::from(error).into()),
            };
            if self.next >= state.end {
                return if state.closed { self.at_the_end(now) } else { self.at_the_tip(now) };
            }
            self.reading = Some(self.shard.live.hub.reading(self.next, || {
                let (streams, stream) = (Arc::clone(&self.streams), Arc::clone(&self.stream));
                reading::begin(streams, stream, Arc::clone(&self.shard), self.next)
            }));
        }
    }

    fn deliver(&mut self, event: &Arc<Event>, now: Timestamp) -> Poll<Option<Result<EventFrame, Error>>> {
        // It may have been read for somebody else, or a while ago.
        let may_open = |arn| self.streams.refuse_to_open(&self.caller, &self.stream, arn);
        if let Err(error) = event.kms_keys.iter().try_for_each(may_open) {
            return self.fail(error);
        }
        self.next = event.next;
        self.heartbeat = now + HEARTBEAT;
        self.throughput.take(event.bytes);
        self.stream.note_pushed(
            &self.shard.live,
            &self.measures,
            event.records,
            event.bytes,
            event.behind_ms,
        );
        Poll::Ready(Some(Ok(event.frame())))
    }

    /// When the consumer's throughput allows more, if it does not now.
    fn throttled(&mut self, now: Timestamp) -> Option<Timestamp> {
        if self.streams.settings.limits == LimitsMode::Off {
            return None;
        }
        self.throughput.refill(now);
        self.throughput.in_credit_at()
    }

    fn at_the_tip(&mut self, now: Timestamp) -> Poll<Option<Result<EventFrame, Error>>> {
        if now < self.heartbeat {
            return self.wait_until(self.heartbeat, now);
        }
        self.heartbeat = now + HEARTBEAT;
        let frame = self.shard.live.hub.idle(self.next, || idle(&self.shard, self.next, now));
        self.measures.note(&[(Measure::PushedDone, 1)]);
        Poll::Ready(Some(Ok(frame)))
    }

    /// The log is closed. Until the children are committed there is nothing to say; the commit wakes us.
    fn at_the_end(&mut self, now: Timestamp) -> Poll<Option<Result<EventFrame, Error>>> {
        let view = self.stream.view();
        match view.shard(self.shard.id()) {
            Some(shard) if shard.stored.closed.is_some() => {
                self.over = true;
                Poll::Ready(Some(Ok(end_of_shard(describe::child_shards(&view, shard)))))
            }
            Some(_) => self.at_the_tip(now),
            None => {
                self.over = true;
                Poll::Ready(None)
            }
        }
    }

    fn wait_until(&mut self, at: Timestamp, now: Timestamp) -> Poll<Option<Result<EventFrame, Error>>> {
        let at = at.min(self.expires);
        if self.alarm.is_none_or(|alarm| alarm <= now || alarm > at) {
            self.alarm = Some(at);
            self.streams.subscriptions.wake_at(at, &self.slot);
        }
        Poll::Pending
    }

    fn fail(&mut self, error: Error) -> Poll<Option<Result<EventFrame, Error>>> {
        self.measures.note(&[(Measure::PushedDone, 0)]);
        self.over = true;
        Poll::Ready(Some(Err(error)))
    }
}

impl Frames for Subscription {
    type Item = Result<EventFrame, ApiError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.advance(cx).map(|frame| frame.map(|f| f.map_err(Into::into)))
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.shard.live.hub.leave(&self.slot);
    }
}
