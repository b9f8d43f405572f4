use std::ops::Range;
use std::sync::{Arc, OnceLock};

use anabranch_api::kinesis::{self, ChildShard, Error, SubscribeToShardEvent};
use anabranch_api::{Event as _, EventFrame};
use anabranch_log::{Offset, Position, Record};
use anabranch_types::Timestamp;
use anabranch_wire::{eventstream, json};

use super::{EVENT_BYTES_MAX, EVENT_RECORDS_MAX};
use crate::Streams;
use crate::numbers::{number, number_before};
use crate::read;
use crate::stream::{Shard, Stream};

/// Records that follow one another in a shard, and the frame that carries them: encoded by the first subscriber that needs it, shared
/// by all.
pub(crate) struct Event {
    /// Who stands here gets it.
    pub from: Position,
    /// Where they stand afterwards.
    pub next: Position,
    /// Data and keys.
    pub bytes: u64,
    records: Arc<[Record]>,
    range: Range<usize>,
    behind_ms: u64,
    frame: OnceLock<Result<EventFrame, Error>>,
}

impl Event {
    /// What a read from `from` found.
    pub fn read(from: Position, next: Position, records: Vec<Record>, behind_ms: u64) -> Self {
        let range = 0..records.len();
        let bytes = read::bytes(&records);
        Self { from, next, bytes, records: records.into(), range, behind_ms, frame: OnceLock::new() }
    }

    /// What was just published, in events of bounded size.
    pub fn published(records: &Arc<[Record]>) -> impl Iterator<Item = Event> {
        let mut start = 0;
        std::iter::from_fn(move || {
            let range = start..start + fitting(&records[start..]);
            let (first, last) = (records.get(range.start)?, records.get(range.end.checked_sub(1)?)?);
            start = range.end;
            Some(Event {
                from: first.position,
                next: behind(last.position),
                bytes: read::bytes(&records[range.clone()]),
                records: Arc::clone(records),
                range,
                behind_ms: 0,
                frame: OnceLock::new(),
            })
        })
    }

    pub fn records(&self) -> usize {
        self.range.len()
    }

    pub fn behind_ms(&self) -> u64 {
        self.behind_ms
    }

    /// The frame that carries it.
    pub fn frame(&self, streams: &Streams, stream: &Stream, shard: &Shard) -> Result<EventFrame, Error> {
        self.frame.get_or_init(|| self.encode(streams, stream, shard)).clone()
    }

    fn encode(&self, streams: &Streams, stream: &Stream, shard: &Shard) -> Result<EventFrame, Error> {
        let records = &self.records[self.range.clone()];
        let (id, created) = (shard.id(), shard.stored.created_seconds);
        let continuation = records.last().map(|last| number(id, created, last.position, last.arrival));
        Ok(encode(&SubscribeToShardEvent {
            records: streams.show(stream, shard, records.to_vec())?,
            continuation_sequence_number: continuation,
            millis_behind_latest: i64::try_from(self.behind_ms).unwrap_or(i64::MAX),
            child_shards: None,
        }))
    }
}

/// How many of the records one event carries.
fn fitting(records: &[Record]) -> usize {
    let mut bytes = 0;
    let fits = |r: &&Record| {
        bytes += read::bytes(std::slice::from_ref(*r));
        bytes <= EVENT_BYTES_MAX as u64
    };
    records.iter().take(EVENT_RECORDS_MAX).take_while(fits).count().max(1).min(records.len())
}

fn behind(position: Position) -> Position {
    Position { offset: Offset(position.offset.0 + 1), ..position }
}

/// An event without records, for subscribers who have everything before `next`.
pub(crate) fn idle(shard: &Shard, next: Position, now: Timestamp) -> EventFrame {
    let continuation = number_before(shard.id(), shard.stored.created_seconds, next, now);
    encode(&SubscribeToShardEvent {
        records: Vec::new(),
        continuation_sequence_number: Some(continuation),
        millis_behind_latest: 0,
        child_shards: None,
    })
}

/// The last event of a closed shard, which has children and no continuation.
pub(crate) fn end_of_shard(children: Vec<ChildShard>) -> EventFrame {
    encode(&SubscribeToShardEvent {
        records: Vec::new(),
        continuation_sequence_number: None,
        millis_behind_latest: 0,
        child_shards: Some(children),
    })
}

/// Payloads of events are JSON 1.1, whatever the request was in (AWS: event streams stay JSON).
const CONTENT_TYPE: &str = "application/x-amz-json-1.1";
/// What a record's members take beside its data.
const RECORD_OVERHEAD_BYTES: usize = 320;

fn encode(event: &SubscribeToShardEvent) -> EventFrame {
    let record_bytes = |r: &kinesis::Record| r.data.len().div_ceil(3) * 4 + RECORD_OVERHEAD_BYTES;
    let payload_bytes = 256 + event.records.iter().map(record_bytes).sum::<usize>();
    EventFrame(eventstream::event(event.event_type(), CONTENT_TYPE, payload_bytes, |out| {
        let mut encoder = json::Encoder::new(out);
        event.encode_payload(&mut encoder);
        encoder.finish()
    }))
}
