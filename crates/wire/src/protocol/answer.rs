use bytes::{Bytes, BytesMut};

use super::Protocol;
use crate::{Decoder, Encoder, Malformed, cbor, json, query};

/// Whose fault an error is, as Query says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The caller's.
    Sender,
    /// Ours.
    Receiver,
}

/// An error to be written.
#[derive(Clone, Copy, Debug)]
pub struct Refusal<'a> {
    /// The error's shape name, which JSON and CBOR answer.
    pub code: &'a str,
    /// The code that Query answers where the model gives another one.
    pub query_code: Option<&'a str>,
    /// The HTTP status.
    pub status: u16,
    /// Whose fault it is.
    pub fault: Fault,
    /// The sentence; none where AWS sends none.
    pub message: Option<&'a str>,
    /// The key of the sentence in JSON and CBOR: the error shape's member, mostly `message`, in some models `Message`.
    pub message_member: &'a str,
    /// The error's further members, as the inside of a JSON object (`"Item":{…}`); the other protocols leave them out.
    pub members: Option<&'a [u8]>,
    /// The answer's request id.
    pub request_id: &'a str,
}

impl<'a> Refusal<'a> {
    /// The body is not a document of the protocol, or a value in it has the wrong type. Its sentence stands under `Message` with a
    /// capital (kinesalite, test/helpers.js `assertSerialization`).
    pub fn serialization(malformed: &'a Malformed, request_id: &'a str) -> Self {
        Self {
            code: "SerializationException",
            query_code: None,
            status: 400,
            fault: Fault::Sender,
            message: malformed.message.as_deref(),
            message_member: "Message",
            members: None,
            request_id,
        }
    }
}

/// An error as it is sent. The caller adds the request id headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The content type.
    pub content_type: &'static str,
    /// Headers beside it: `x-amzn-ErrorType`, `smithy-protocol`, `x-amzn-query-error`.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Bytes,
}

/// An error that came back from a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RemoteError {
    /// Its code, without namespace.
    pub code: String,
    /// What it says.
    pub message: Option<String>,
}

impl Protocol {
    /// Writes an error as this protocol has it.
    pub fn error(self, refusal: &Refusal<'_>) -> ErrorAnswer {
        let mut headers: Vec<(&'static str, String)> = Vec::new();
        if let Some((name, value)) = self.marker() {
            headers.push((name, value.to_owned()));
        }
        match (self, refusal.query_code) {
            (Protocol::RestJson, _) => headers.push(("x-amzn-ErrorType", refusal.code.to_owned())),
            // For services that once spoke Query only (Smithy, `awsQueryCompatible`).
            (Protocol::Json10 | Protocol::Json11 | Protocol::RpcV2Cbor, Some(code))
                if code != refusal.code =>
            {
                headers.push(("x-amzn-query-error", format!("{code};{}", refusal.fault.word())));
            }
            _ => {}
        }
        let body = match self {
            Protocol::Query => query::error(refusal),
            Protocol::Cbor11 | Protocol::RpcV2Cbor => {
                let mut encoder = cbor::Encoder::new(self.dialect(), BytesMut::new());
                write_error(refusal, &mut encoder);
                encoder.finish()
            }
            Protocol::Json10 | Protocol::Json11 | Protocol::RestJson => {
                let mut encoder = json::Encoder::new(BytesMut::new());
                write_error(refusal, &mut encoder);
                with_members(encoder.finish(), refusal.members)
            }
        };
        ErrorAnswer {
            status: refusal.status,
            content_type: self.answer_content_type(),
            headers,
            body: body.freeze(),
        }
    }

    /// Reads an error that a server answered, for our own clients. `error_type` is the answer's `x-amzn-ErrorType` header, if any. A body that cannot be read
    /// leaves the message away.
    pub fn read_error(self, error_type: Option<&str>, body: Bytes) -> RemoteError {
        let mut seen = RemoteError::default();
        let read = match self {
            Protocol::Query => query::XmlDecoder::error(&body).and_then(|mut d| seen.read(&mut d)),
            Protocol::Cbor11 | Protocol::RpcV2Cbor => {
                seen.read(&mut cbor::Decoder::new(self.dialect(), body))
            }
            _ => seen.read(&mut json::Decoder::new(body)),
        };
        if read.is_err() {
            seen.message = None;
        }
        if let Some(error_type) = error_type {
            seen.code = error_type.to_owned();
        }
        // `namespace#Code:url` (Smithy, AWS restJson1, "Operation error serialization").
        let bare = seen.code.split(':').next().unwrap_or_default();
        seen.code = bare.rsplit('#').next().unwrap_or_default().to_owned();
        seen
    }
}

impl Fault {
    /// Query's word for it.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Fault::Sender => "Sender",
            Fault::Receiver => "Receiver",
        }
    }
}

impl RemoteError {
    fn read(&mut self, d: &mut impl Decoder) -> Result<(), Malformed> {
        d.begin_structure()?;
        while let Some(member) = d.next_member(&["__type", "Code", "code", "message", "Message"])? {
            let said = d.string()?;
            match member {
                0..=2 => self.code = said.to_string(),
                _ => self.message = Some(said.to_string()),
            }
        }
        Ok(())
    }
}

/// The object with further members at its end; it has one already.
fn with_members(mut object: BytesMut, members: Option<&[u8]>) -> BytesMut {
    if let (Some(members), Some(b'}')) = (members, object.last()) {
        object.truncate(object.len() - 1);
        object.extend_from_slice(b",");
        object.extend_from_slice(members);
        object.extend_from_slice(b"}");
    }
    object
}

fn write_error(refusal: &Refusal<'_>, e: &mut impl Encoder) {
    e.begin_map(1 + usize::from(refusal.message.is_some()));
    e.key("__type");
    e.string(refusal.code);
    if let Some(message) = refusal.message {
        e.key(refusal.message_member);
        e.string(message);
    }
    e.end_map();
}
