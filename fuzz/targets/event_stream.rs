//! Event stream messages, however they are cut, beside AWS's own library.
#![no_main]

use anabranch_wire::crc32;
use anabranch_wire::eventstream::{Broken, HeaderValue, Message, Reader};
use aws_smithy_eventstream::frame::read_message_from;
use aws_smithy_types::event_stream::HeaderValue as Theirs;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, u8, &[u8])| {
    let (step, headers, bytes) = input;
    let step = usize::from(step) + 1;
    // As they come.
    let _ = messages(bytes, step);
    // As a message whose lengths and checksums are right.
    let (headers, payload) = bytes.split_at(usize::from(headers).min(bytes.len()));
    let whole = message(headers, payload);
    let ours = messages(&whole, whole.len());
    same(&ours, read_message_from(&whole[..]).ok());
    assert_eq!(ours, messages(&whole, step), "it depends on how it is cut");
    let _ = messages(&[&whole, bytes].concat(), step);
});

fn messages(bytes: &[u8], step: usize) -> Result<Vec<Message>, Broken> {
    let mut reader = Reader::default();
    let mut seen = Vec::new();
    for piece in bytes.chunks(step) {
        reader.push(piece);
        while let Some(message) = reader.next_message()? {
            seen.push(message);
        }
    }
    Ok(seen)
}

/// A message with these bytes for headers (Smithy, "Amazon Event Stream Specification").
fn message(headers: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(((headers.len() + payload.len() + 16) as u32).to_be_bytes());
    bytes.extend((headers.len() as u32).to_be_bytes());
    bytes.extend(crc32(&bytes).to_be_bytes());
    bytes.extend_from_slice(headers);
    bytes.extend_from_slice(payload);
    bytes.extend(crc32(&bytes).to_be_bytes());
    bytes
}

fn same(ours: &Result<Vec<Message>, Broken>, theirs: Option<aws_smithy_types::event_stream::Message>) {
    let Some(theirs) = theirs else {
        assert!(ours.is_err(), "AWS's library refuses {ours:?}");
        return;
    };
    let ours = ours.as_ref().expect("AWS's library reads it");
    assert_eq!(ours.len(), 1);
    assert_eq!(ours[0].payload, *theirs.payload());
    assert_eq!(ours[0].headers.len(), theirs.headers().len());
    for ((name, value), header) in ours[0].headers.iter().zip(theirs.headers()) {
        assert_eq!(&**name, header.name().as_str());
        assert!(is_same(value, header.value()), "{value:?} {:?}", header.value());
    }
}

fn is_same(ours: &HeaderValue, theirs: &Theirs) -> bool {
    match (ours, theirs) {
        (HeaderValue::Boolean(a), Theirs::Bool(b)) => a == b,
        (HeaderValue::Byte(a), Theirs::Byte(b)) => a == b,
        (HeaderValue::Short(a), Theirs::Int16(b)) => a == b,
        (HeaderValue::Integer(a), Theirs::Int32(b)) => a == b,
        (HeaderValue::Long(a), Theirs::Int64(b)) => a == b,
        (HeaderValue::Blob(a), Theirs::ByteArray(b)) => a == b,
        (HeaderValue::Text(a), Theirs::String(b)) => **a == *b.as_str(),
        (HeaderValue::Timestamp(a), Theirs::Timestamp(b)) => b.to_millis().is_ok_and(|b| a.millis() == b),
        (HeaderValue::Uuid(a), Theirs::Uuid(b)) => a == b,
        _ => false,
    }
}
