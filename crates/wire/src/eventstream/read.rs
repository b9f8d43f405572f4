use anabranch_types::Timestamp;
use bytes::{Buf, Bytes, BytesMut};
use bytestring::ByteString;

use super::{FRAME_BYTES, HEADERS_BYTES_MAX, HeaderValue, MESSAGE_BYTES_MAX, Message, PRELUDE_BYTES};
use crate::crc32;

/// The bytes are no event stream; nothing after them can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// A length that no message can have.
    #[error("an event stream message says a length it cannot have")]
    Length,
    /// The first eight bytes are damaged.
    #[error("the checksum of an event stream message's prelude is wrong")]
    Prelude,
    /// The message is damaged.
    #[error("the checksum of an event stream message is wrong")]
    Message,
    /// A header that cannot be read.
    #[error("an event stream message has a header that cannot be read")]
    Header,
}

/// Takes bytes as they come and gives messages.
#[derive(Debug, Default)]
pub struct Reader {
    waiting: BytesMut,
}

impl Reader {
    /// Takes the next bytes of the stream.
    pub fn push(&mut self, bytes: &[u8]) {
        self.waiting.extend_from_slice(bytes);
    }

    /// The next message, once all of it came; `None` before. Headers and payload are slices of one buffer.
    pub fn next_message(&mut self) -> Result<Option<Message>, Broken> {
        let Some((prelude, _)) = self.waiting.split_first_chunk::<PRELUDE_BYTES>() else { return Ok(None) };
        let mut fields = &prelude[..];
        let (total, headers_len, checksum) =
            (fields.get_u32() as usize, fields.get_u32() as usize, fields.get_u32());
        if crc32(&prelude[..8]) != checksum {
            return Err(Broken::Prelude);
        }
        if total > MESSAGE_BYTES_MAX || headers_len > HEADERS_BYTES_MAX || total < FRAME_BYTES + headers_len {
            return Err(Broken::Length);
        }
        if self.waiting.len() < total {
            return Ok(None);
        }
        let mut message = self.waiting.split_to(total).freeze();
        let mut checksum = message.split_off(total - 4);
        if crc32(&message) != checksum.get_u32() {
            return Err(Broken::Message);
        }
        let payload = message.split_off(PRELUDE_BYTES + headers_len);
        message.advance(PRELUDE_BYTES);
        let mut headers = Vec::new();
        while !message.is_empty() {
            headers.push(header(&mut message).ok_or(Broken::Header)?);
        }
        Ok(Some(Message { headers, payload }))
    }

    /// Whether the stream may end here: no message has begun.
    pub fn is_complete(&self) -> bool {
        self.waiting.is_empty()
    }
}

/// One header off the front of `from`.
fn header(from: &mut Bytes) -> Option<(ByteString, HeaderValue)> {
    let name_len = from.try_get_u8().ok()?;
    let name = ByteString::try_from(part(from, usize::from(name_len))?).ok()?;
    let value = match from.try_get_u8().ok()? {
        0 => HeaderValue::Boolean(true),
        1 => HeaderValue::Boolean(false),
        2 => HeaderValue::Byte(from.try_get_i8().ok()?),
        3 => HeaderValue::Short(from.try_get_i16().ok()?),
        4 => HeaderValue::Integer(from.try_get_i32().ok()?),
        5 => HeaderValue::Long(from.try_get_i64().ok()?),
        6 => HeaderValue::Blob(sized(from)?),
        7 => HeaderValue::Text(ByteString::try_from(sized(from)?).ok()?),
        8 => HeaderValue::Timestamp(Timestamp::from_millis(from.try_get_i64().ok()?)),
        9 => HeaderValue::Uuid(from.try_get_u128().ok()?),
        _ => return None,
    };
    Some((name, value))
}

fn sized(from: &mut Bytes) -> Option<Bytes> {
    let len = from.try_get_u16().ok()?;
    part(from, usize::from(len))
}

fn part(from: &mut Bytes, len: usize) -> Option<Bytes> {
    (from.len() >= len).then(|| from.split_to(len))
}

#[cfg(test)]
mod tests {
    use bytes::BufMut;
    use proptest::prelude::*;

    use super::*;
    use crate::eventstream::{event, exception, initial_response};

    fn messages(bytes: &[u8], step: usize) -> Result<Vec<Message>, Broken> {
        let mut reader = Reader::default();
        let mut seen = Vec::new();
        for piece in bytes.chunks(step.max(1)) {
            reader.push(piece);
            while let Some(message) = reader.next_message()? {
                seen.push(message);
            }
        }
        Ok(seen)
    }

    fn append(text: &'static str) -> impl FnOnce(BytesMut) -> BytesMut {
        move |mut out| {
            out.put_slice(text.as_bytes());
            out
        }
    }

    /// The message without headers and payload of the specification's own examples ("empty_message" of the SDKs' vectors).
    #[test]
    fn the_empty_message_has_the_specified_bytes() {
        let bytes = crate::eventstream::Builder::new(0).payload(|out| out);
        assert_eq!(&bytes[..], b"\x00\x00\x00\x10\x00\x00\x00\x00\x05\xc2\x48\xeb\x7d\x98\xc8\xff");
    }

    #[test]
    fn what_is_written_is_read_however_it_is_cut() {
        let content_type = "application/x-amz-json-1.1";
        let written = [
            initial_response(content_type, append("{}")),
            event("SubscribeToShardEvent", content_type, 10, append("{\"Records\":[]}")),
            exception("InternalFailureException", content_type, append("{\"message\":\"x\"}")),
        ]
        .concat();
        for step in [1, 7, written.len()] {
            let seen = messages(&written, step).expect("a whole stream");
            let types: Vec<_> =
                seen.iter().map(|m| (m.text(":message-type"), m.text(":event-type"))).collect();
            assert_eq!(
                types,
                [
                    (Some("event"), Some("initial-response")),
                    (Some("event"), Some("SubscribeToShardEvent")),
                    (Some("exception"), None),
                ]
            );
            assert_eq!(&seen[1].payload[..], b"{\"Records\":[]}");
            assert_eq!(seen[2].text(":exception-type"), Some("InternalFailureException"));
        }
    }

    proptest! {
        #[test]
        fn one_changed_byte_is_noticed(at: prop::sample::Index, change in 1..=255_u8) {
            let mut bytes = event("E", "c", 10, append("payload")).to_vec();
            let at = at.index(bytes.len());
            bytes[at] ^= change;
            let seen = messages(&bytes, 5);
            prop_assert!(seen.is_err() || seen.is_ok_and(|seen| seen.is_empty()));
        }

        #[test]
        fn any_bytes_never_panic(bytes: Vec<u8>, step in 1..9_usize) {
            let _ = messages(&bytes, step);
        }

        #[test]
        fn any_headers_with_right_checksums_never_panic(headers in prop::collection::vec(any::<u8>(), 0..64)) {
            let mut bytes = BytesMut::new();
            bytes.put_u32((FRAME_BYTES + headers.len()) as u32);
            bytes.put_u32(headers.len() as u32);
            let prelude = crc32(&bytes);
            bytes.put_u32(prelude);
            bytes.put_slice(&headers);
            let whole = crc32(&bytes);
            bytes.put_u32(whole);
            let _ = messages(&bytes, 64);
        }
    }
}
