//! How often operations are called: what `--limits aws` enforces beside the shards' limits. Costs nothing in the other modes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use anabranch_api::Context;
use anabranch_api::kinesis::Error;
use anabranch_log::{GroupId, LogId};
use anabranch_types::Timestamp;

use crate::errors;
use crate::fanout::SubscriberId;
use crate::limits::{Bucket, CallLimit, CallsOf, LimitsMode};
use crate::resolve::Resource;
use crate::stored::Scope;
use crate::stream::{Shard, Stream};
use crate::{Streams, limits};

/// What callers have left.
#[derive(Default)]
pub(crate) struct Calls {
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    buckets: HashMap<(&'static str, Callers), Bucket>,
    /// When the table is next searched for what has been idle.
    sweep_at: usize,
}

/// Whose calls of one operation are counted together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Callers {
    Account(Scope),
    Stream(GroupId),
    ShardOfAccount(Scope, LogId),
    ShardOfConsumer(SubscriberId),
}

const SWEEP_AT_LEAST: usize = 1024;

impl Calls {
    /// Whether there may be one more call now; if so, it is counted.
    fn admit(&self, limit: &CallLimit, callers: Callers, now: Timestamp) -> bool {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        table.sweep(now);
        let full = || Bucket::full(limit.per_second, now);
        let bucket = table.buckets.entry((limit.operation, callers)).or_insert_with(full);
        bucket.refill(now);
        let admitted = bucket.holds(1);
        if admitted {
            bucket.take(1);
        }
        admitted
    }
}

#[cfg(test)]
impl Calls {
    /// How many buckets there are.
    fn known(&self) -> usize {
        self.table.lock().unwrap_or_else(PoisonError::into_inner).buckets.len()
    }
}

impl Table {
    /// Forgets who has been idle for a second, each time the table has doubled.
    fn sweep(&mut self, now: Timestamp) {
        if self.buckets.len() < self.sweep_at.max(SWEEP_AT_LEAST) {
            return;
        }
        self.buckets.retain(|_, bucket| {
            bucket.refill(now);
            !bucket.is_full()
        });
        self.sweep_at = 2 * self.buckets.len();
    }
}

/// What a call turns out to be about.
pub(crate) trait AboutStream {
    fn stream(&self) -> &Stream;
}

impl AboutStream for Arc<Stream> {
    fn stream(&self) -> &Stream {
        self
    }
}

impl AboutStream for Resource {
    fn stream(&self) -> &Stream {
        &self.stream
    }
}

impl Streams {
    /// Counts a call of an account, unless it is one too many.
    pub(crate) fn count_call(&self, cx: &Context, limit: &CallLimit) -> Result<(), Error> {
        if self.settings.limits != LimitsMode::Aws || self.admit_of_account(cx, limit) {
            return Ok(());
        }
        Err(errors::rate_exceeded_for_account(cx.account))
    }

    /// Hands on what a call is about, unless the call is one too many. A call about nothing counts for its account alone.
    pub(crate) fn within<T: AboutStream>(
        &self,
        cx: &Context,
        limit: &CallLimit,
        found: Result<T, Error>,
    ) -> Result<T, Error> {
        self.count_call_about(cx, limit, found.as_ref().ok().map(AboutStream::stream))?;
        found
    }

    /// Counts a call about a stream, or about one that is not there, unless it is one too many.
    pub(crate) fn count_call_about(
        &self,
        cx: &Context,
        limit: &CallLimit,
        stream: Option<&Stream>,
    ) -> Result<(), Error> {
        if self.settings.limits != LimitsMode::Aws {
            return Ok(());
        }
        let admitted = match (limit.of, stream) {
            (CallsOf::Stream, Some(stream)) => {
                self.calls.admit(limit, Callers::Stream(stream.group), self.clock.now())
            }
            (CallsOf::Stream, None) => true,
            _ => self.admit_of_account(cx, limit),
        };
        match stream {
            _ if admitted => Ok(()),
            Some(stream) => Err(errors::rate_exceeded_for_stream(&stream.id)),
            None => Err(errors::rate_exceeded_for_account(cx.account)),
        }
    }

    fn admit_of_account(&self, cx: &Context, limit: &CallLimit) -> bool {
        let scope = Scope { account: cx.account, region: cx.region.clone() };
        self.calls.admit(limit, Callers::Account(scope), self.clock.now())
    }

    /// Counts a GetShardIterator, unless it is one too many.
    pub(crate) fn count_iterator(&self, cx: &Context, stream: &Stream, shard: &Shard) -> Result<(), Error> {
        if self.settings.limits != LimitsMode::Aws || shard.stored.closed.is_some() {
            return Ok(());
        }
        let scope = Scope { account: cx.account, region: cx.region.clone() };
        let callers = Callers::ShardOfAccount(scope, shard.live.log);
        if self.calls.admit(&limits::GET_SHARD_ITERATOR_CALLS, callers, self.clock.now()) {
            return Ok(());
        }
        Err(errors::rate_exceeded(shard.id(), &stream.id))
    }

    /// Counts a SubscribeToShard, unless it is one too many.
    pub(crate) fn count_subscription(&self, stream: &Stream, id: &SubscriberId) -> Result<(), Error> {
        let limit = &limits::SUBSCRIBE_TO_SHARD_CALLS;
        if self.settings.limits != LimitsMode::Aws
            || self.calls.admit(limit, Callers::ShardOfConsumer(id.clone()), self.clock.now())
        {
            return Ok(());
        }
        Err(errors::rate_exceeded_for_consumer(&id.consumer, id.shard, &stream.id))
    }
}

#[cfg(test)]
mod tests;
