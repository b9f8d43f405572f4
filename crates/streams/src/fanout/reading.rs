use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use anabranch_api::kinesis::Error;
use anabranch_log::{Position, ReadLimit};

use super::EVENT_RECORDS_MAX;
use super::event::Event;
use crate::stream::{Shard, Stream};
use crate::{Streams, read};

/// A read of what comes next in a shard, for all who stand at the same place.
pub(crate) type Reading = Pin<Box<dyn Future<Output = Result<Found, Error>> + Send>>;

/// What a read found.
#[derive(Clone)]
pub(crate) enum Found {
    Event(Arc<Event>),
    /// No records before this place.
    Nothing(Position),
}

/// Reads what comes at or after `from` once there is room for it, as much as there is room for.
pub(crate) fn begin(
    streams: Arc<Streams>,
    stream: Arc<Stream>,
    shard: Arc<Shard>,
    from: Position,
) -> Reading {
    Box::pin(async move {
        let memory = &streams.settings.event_memory;
        let mut room = memory.for_some().await;
        loop {
            let records_max = room.records().min(EVENT_RECORDS_MAX);
            let limit = ReadLimit { records_max, bytes_max: room.data_bytes() };
            let found = streams.read_retained(&stream, &stream.view(), &shard, from, limit).await?;
            let bytes = read::bytes(&found.records) as usize;
            if bytes > limit.bytes_max && !room.is_large_enough(bytes, memory) {
                // One record that needs more than was set aside: it is read again once there is room for it.
                drop((found, room));
                room = memory.for_data(bytes).await;
                continue;
            }
            if found.records.is_empty() {
                return Ok(Found::Nothing(found.next));
            }
            let event = Arc::new(Event::read(&streams, (&stream, &shard), from, found, room)?);
            if shard.live.hub.note(&event) {
                memory.keep(event.room_bytes(), event.clone());
            }
            return Ok(Found::Event(event));
        }
    })
}
