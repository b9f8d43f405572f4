//! Messages of an event stream, the reading side.
//!
//! Source: Smithy, "Amazon Event Stream Specification".

use bytes::{Buf, Bytes, BytesMut};
use crc_fast::{CrcAlgorithm, checksum};

/// Total length, length of the headers, and their checksum.
const PRELUDE_BYTES: usize = 12;
const CHECKSUM_BYTES: usize = 4;
/// The specification's: 16 MiB.
const MESSAGE_BYTES_MAX: usize = 16 * 1_048_576;
/// The only type of header that AWS sends in event streams of Kinesis.
const STRING: u8 = 7;

/// One message.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Message {
    /// `:message-type`: `event`, `exception` or `error`.
    pub(super) message_type: String,
    /// `:event-type` or `:exception-type`.
    pub(super) kind: String,
    /// The document.
    pub(super) payload: Bytes,
}

/// Why the bytes are no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Damaged(pub(super) &'static str);

/// Takes the first message out of `unread`; none while it is not complete.
pub(super) fn next_message(unread: &mut BytesMut) -> Result<Option<Message>, Damaged> {
    if unread.len() < PRELUDE_BYTES {
        return Ok(None);
    }
    let mut prelude = &unread[..PRELUDE_BYTES];
    let (total, headers_bytes, sum) =
        (prelude.get_u32() as usize, prelude.get_u32() as usize, prelude.get_u32());
    if crc32(&unread[..8]) != sum {
        return Err(Damaged("a checksum does not match"));
    }
    if total > MESSAGE_BYTES_MAX || total < PRELUDE_BYTES + headers_bytes + CHECKSUM_BYTES {
        return Err(Damaged("a length cannot be"));
    }
    if unread.len() < total {
        return Ok(None);
    }
    let mut message = unread.split_to(total).freeze();
    let sum = message.slice(total - CHECKSUM_BYTES..).get_u32();
    message.truncate(total - CHECKSUM_BYTES);
    if crc32(&message) != sum {
        return Err(Damaged("a checksum does not match"));
    }
    message.advance(PRELUDE_BYTES);
    let headers = message.split_to(headers_bytes);
    read_headers(headers, Message { payload: message, ..Message::default() }).map(Some)
}

fn read_headers(mut headers: Bytes, mut message: Message) -> Result<Message, Damaged> {
    const CUT: Damaged = Damaged("a header is cut off");
    while headers.has_remaining() {
        let name_bytes = usize::from(headers.get_u8());
        let name = take(&mut headers, name_bytes).ok_or(CUT)?;
        if headers.try_get_u8().map_err(|_| CUT)? != STRING {
            return Err(Damaged("a header is no string"));
        }
        let value_bytes = usize::from(headers.try_get_u16().map_err(|_| CUT)?);
        let value = String::from_utf8_lossy(&take(&mut headers, value_bytes).ok_or(CUT)?).into_owned();
        match &name[..] {
            b":message-type" => message.message_type = value,
            b":event-type" | b":exception-type" | b":error-code" => message.kind = value,
            _ => {}
        }
    }
    Ok(message)
}

fn take(bytes: &mut Bytes, count: usize) -> Option<Bytes> {
    (bytes.len() >= count).then(|| bytes.split_to(count))
}

fn crc32(bytes: &[u8]) -> u32 {
    // The algorithm has 32 bits, so nothing is cut off.
    checksum(CrcAlgorithm::Crc32IsoHdlc, bytes) as u32
}

#[cfg(test)]
mod tests {
    use bytes::BufMut;

    use super::*;

    fn message(headers: &[(&str, &str)], payload: &[u8]) -> BytesMut {
        let mut written = BytesMut::new();
        for (name, value) in headers {
            written.put_u8(name.len() as u8);
            written.put_slice(name.as_bytes());
            written.put_u8(STRING);
            written.put_u16(value.len() as u16);
            written.put_slice(value.as_bytes());
        }
        let mut message = BytesMut::new();
        message.put_u32((PRELUDE_BYTES + written.len() + payload.len() + CHECKSUM_BYTES) as u32);
        message.put_u32(written.len() as u32);
        message.put_u32(crc32(&message));
        message.put_slice(&written);
        message.put_slice(payload);
        message.put_u32(crc32(&message));
        message
    }

    fn event(payload: &[u8]) -> BytesMut {
        message(&[(":message-type", "event"), (":event-type", "SubscribeToShardEvent")], payload)
    }

    #[test]
    fn messages_are_read_however_they_are_cut() {
        let mut both = event(b"{}");
        both.unsplit(event(b"second"));
        let mut unread = BytesMut::new();
        let mut payloads = Vec::new();
        for byte in both {
            unread.put_u8(byte);
            if let Some(message) = next_message(&mut unread).expect("undamaged") {
                assert_eq!((&*message.message_type, &*message.kind), ("event", "SubscribeToShardEvent"));
                payloads.push(message.payload);
            }
        }
        assert_eq!(payloads, [&b"{}"[..], b"second"]);
    }

    #[test]
    fn damage_anywhere_is_noticed() {
        let whole = event(b"{}");
        for position in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[position] ^= 1;
            assert!(next_message(&mut damaged).is_err(), "byte {position}");
        }
    }

    #[test]
    fn a_header_of_another_type_is_refused_not_misread() {
        let mut bytes = Bytes::from_static(&[1, b'a', 0]);
        assert!(read_headers(bytes.clone(), Message::default()).is_err());
        bytes.truncate(1);
        assert!(read_headers(bytes, Message::default()).is_err());
    }
}
