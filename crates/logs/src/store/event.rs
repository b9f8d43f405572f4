//! The events of one PutLogEvents, as they stand in a record of their stream's log.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use bytestring::ByteString;

use crate::limits::EVENT_OVERHEAD_BYTES;

/// The version of a batch: this byte, the count of events (4), then each one's timestamp (8), length (4) and message.
const VERSION: u8 = 1;
const HEAD_BYTES: usize = 5;
const EVENT_HEAD_BYTES: usize = 12;

/// An event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    pub time_ms: i64,
    pub message: ByteString,
}

impl Event {
    /// What it counts as (LOGS API PutLogEvents).
    pub fn bytes(&self) -> usize {
        self.message.len() + EVENT_OVERHEAD_BYTES
    }
}

/// What is written.
pub(crate) fn encode(events: &[Event]) -> Bytes {
    let bytes = events.iter().map(|event| EVENT_HEAD_BYTES + event.message.len()).sum::<usize>();
    let mut out = BytesMut::with_capacity(HEAD_BYTES + bytes);
    out.put_u8(VERSION);
    out.put_u32_le(events.len() as u32);
    for event in events {
        out.put_i64_le(event.time_ms);
        out.put_u32_le(event.message.len() as u32);
        out.put_slice(event.message.as_bytes());
    }
    out.freeze()
}

/// What was written; none if that is damaged. The messages share the bytes.
pub(crate) fn decode(mut bytes: Bytes) -> Option<Vec<Event>> {
    if bytes.len() < HEAD_BYTES || bytes.get_u8() != VERSION {
        return None;
    }
    let count = bytes.get_u32_le() as usize;
    let mut events = Vec::with_capacity(count.min(bytes.len() / EVENT_HEAD_BYTES));
    for _ in 0..count {
        if bytes.len() < EVENT_HEAD_BYTES {
            return None;
        }
        let time_ms = bytes.get_i64_le();
        let length = bytes.get_u32_le() as usize;
        if bytes.len() < length {
            return None;
        }
        let message = ByteString::try_from(bytes.split_to(length)).ok()?;
        events.push(Event { time_ms, message });
    }
    bytes.is_empty().then_some(events)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_reads_back_and_a_damaged_one_does_not() {
        let events: Vec<Event> = [(1, "a"), (2, "ü b"), (2, "c")]
            .map(|(time_ms, message)| Event { time_ms, message: message.into() })
            .into();
        let bytes = encode(&events);
        assert_eq!(decode(bytes.clone()), Some(events));
        assert_eq!(&bytes[..18], b"\x01\x03\0\0\0\x01\0\0\0\0\0\0\0\x01\0\0\0a");
        for end in 0..bytes.len() {
            assert_eq!(decode(bytes.slice(..end)), None, "{end}");
        }
        let longer: Bytes = [&bytes[..], b"x"].concat().into();
        assert_eq!(decode(longer), None);
    }
}
