use std::sync::Arc;

use anabranch_api::kinesis::{self, ChildShard, Error, SubscribeToShardEvent};
use anabranch_api::{Event as _, EventFrame};
use anabranch_log::{Position, ReadBatch};
use anabranch_types::Timestamp;
use anabranch_wire::{eventstream, json};
use bytes::Bytes;
use bytestring::ByteString;

use super::memory::Room;
use crate::Streams;
use crate::numbers::{number, number_before};
use crate::read;
use crate::stream::{Shard, Stream};

/// Records that follow one another in a shard, as the frame that carries them: encoded once, shared by all subscribers who need it.
pub(crate) struct Event {
    /// Who stands here gets it.
    pub from: Position,
    /// Where they stand afterwards.
    pub next: Position,
    /// Data and keys.
    pub bytes: u64,
    pub records: u64,
    pub behind_ms: u64,
    /// The ARNs of the KMS keys under which its records are sealed.
    pub kms_keys: Vec<ByteString>,
    frame: EventFrame,
    room: Room,
}

impl Event {
    /// What a read from `from` found, for which there is room; at least a record.
    pub fn read(
        streams: &Streams,
        (stream, shard): (&Stream, &Shard),
        from: Position,
        found: ReadBatch,
        mut room: Room,
    ) -> Result<Self, Error> {
        let (bytes, records) = (read::bytes(&found.records), found.records.len() as u64);
        let behind_ms = read::millis_behind(&found, streams.clock.now());
        let (id, created) = (shard.id(), shard.stored.created_seconds);
        let continuation = found.records.last().map(|last| number(id, created, last.position, last.arrival));
        let kms_keys = stream.data_keys.keys_over(&found.records);
        let frame = encode(&SubscribeToShardEvent {
            records: streams.show(stream, shard, found.records)?,
            continuation_sequence_number: continuation,
            millis_behind_latest: i64::try_from(behind_ms).unwrap_or(i64::MAX),
            child_shards: None,
        });
        room.shrink_to(frame.0.len());
        Ok(Self { from, next: found.next, bytes, records, behind_ms, kms_keys, frame, room })
    }

    /// The frame that carries it. It lives, and takes its room, until the last one of them is sent.
    pub fn frame(self: &Arc<Self>) -> EventFrame {
        struct OnItsWay(Arc<Event>);
        impl AsRef<[u8]> for OnItsWay {
            fn as_ref(&self) -> &[u8] {
                &self.0.frame.0
            }
        }
        EventFrame(Bytes::from_owner(OnItsWay(Arc::clone(self))))
    }

    /// Memory that it takes.
    pub fn room_bytes(&self) -> usize {
        self.room.bytes()
    }
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
