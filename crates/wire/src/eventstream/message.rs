use anabranch_types::Timestamp;
use bytes::{BufMut, Bytes, BytesMut};
use bytestring::ByteString;

use super::{FRAME_BYTES, PRELUDE_BYTES};
use crate::crc32;

/// One message.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message {
    /// Its headers, in order.
    pub headers: Vec<(ByteString, HeaderValue)>,
    /// Its payload.
    pub payload: Bytes,
}

/// A header's value.
#[derive(Clone, Debug, PartialEq)]
pub enum HeaderValue {
    /// Types 0 and 1.
    Boolean(bool),
    /// Type 2.
    Byte(i8),
    /// Type 3.
    Short(i16),
    /// Type 4.
    Integer(i32),
    /// Type 5.
    Long(i64),
    /// Type 6.
    Blob(Bytes),
    /// Type 7.
    Text(ByteString),
    /// Type 8: milliseconds since the epoch.
    Timestamp(Timestamp),
    /// Type 9.
    Uuid(u128),
}

impl Message {
    /// The text of a header, if it has one of this name and type.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).and_then(|(_, value)| match value {
            HeaderValue::Text(text) => Some(&**text),
            _ => None,
        })
    }
}

/// Type 7 (text), the only one our own messages use.
pub(super) const TYPE_TEXT: u8 = 7;

/// Puts a message together in one buffer: headers, then the payload, which is written in place.
#[derive(Debug)]
pub struct Builder {
    out: BytesMut,
}

impl Builder {
    /// A message whose payload is expected to take about `payload_bytes`.
    pub fn new(payload_bytes: usize) -> Self {
        let mut out = BytesMut::with_capacity(FRAME_BYTES + 128 + payload_bytes);
        out.put_bytes(0, PRELUDE_BYTES);
        Self { out }
    }

    /// Adds a text header. Names have at most 255 bytes and values 32,767; what is longer is cut.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name = &name.as_bytes()[..name.len().min(usize::from(u8::MAX))];
        let value = &value.as_bytes()[..value.floor_char_boundary(i16::MAX as usize)];
        self.out.put_u8(name.len() as u8);
        self.out.put_slice(name);
        self.out.put_u8(TYPE_TEXT);
        self.out.put_u16(value.len() as u16);
        self.out.put_slice(value);
        self
    }

    /// Has `write` append the payload and completes the message.
    pub fn payload(mut self, write: impl FnOnce(BytesMut) -> BytesMut) -> Bytes {
        let headers_len = self.out.len() - PRELUDE_BYTES;
        self.out = write(self.out);
        let total = self.out.len() + 4;
        self.out[0..4].copy_from_slice(&(total as u32).to_be_bytes());
        self.out[4..8].copy_from_slice(&(headers_len as u32).to_be_bytes());
        let prelude = crc32(&self.out[..8]);
        self.out[8..12].copy_from_slice(&prelude.to_be_bytes());
        let whole = crc32(&self.out);
        self.out.put_u32(whole);
        self.out.freeze()
    }
}

/// An event of this type (`SubscribeToShardEvent`); `write` appends the payload's document.
pub fn event(
    event_type: &str,
    content_type: &str,
    payload_bytes: usize,
    write: impl FnOnce(BytesMut) -> BytesMut,
) -> Bytes {
    Builder::new(payload_bytes)
        .header(":event-type", event_type)
        .header(":content-type", content_type)
        .header(":message-type", "event")
        .payload(write)
}

/// The message that carries the answer of an operation in an RPC protocol, before all events; boto3 insists on it.
pub fn initial_response(content_type: &str, write: impl FnOnce(BytesMut) -> BytesMut) -> Bytes {
    event("initial-response", content_type, 64, write)
}

/// The message that says an error and after which the stream ends.
pub fn exception(
    exception_type: &str,
    content_type: &str,
    write: impl FnOnce(BytesMut) -> BytesMut,
) -> Bytes {
    Builder::new(256)
        .header(":exception-type", exception_type)
        .header(":content-type", content_type)
        .header(":message-type", "exception")
        .payload(write)
}
