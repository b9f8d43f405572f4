//! Answers on their way out: heads, errors in each protocol's form, frames.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use anabranch_api::{ApiError, Fault, Frames, RequestId, Service};
use anabranch_wire::{self as wire, ErrorAnswer, Protocol, Refusal};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::watch;

use super::frames::FrameBody;
use super::phase::Phase;
use super::{Reserved, errors};

/// The header with the request's id, in every answer of an API.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
/// A second, opaque id beside it, in every answer of [`ID_2_SERVICES`]: here the same one.
const ID_2: HeaderName = HeaderName::from_static("x-amz-id-2");
/// Services whose every answer carries [`ID_2`] (kinesalite, test/connection.js).
const ID_2_SERVICES: &[&str] = &["kinesis"];
/// The header with the body's CRC-32, in decimal.
const CRC32: HeaderName = HeaderName::from_static("x-amz-crc32");
/// Services whose every answer, errors included, carries [`CRC32`]; SDKs verify it (facts of the DynamoDB API).
const CRC32_SERVICES: &[&str] = &["dynamodb"];

/// The body of an answer.
pub(super) enum AnswerBody {
    /// All of it.
    Whole(Bytes),
    /// Frames as they come.
    Frames(FrameBody),
}

/// A successful answer before it has a request id.
pub(super) struct Encoded {
    /// The HTTP status.
    pub(super) status: u16,
    /// The body's content type; none with an empty body of an operation without output.
    pub(super) content_type: &'static str,
    /// Further headers.
    pub(super) headers: Vec<(&'static str, String)>,
    /// The body.
    pub(super) body: AnswerBody,
}

/// What a request was refused with, and in whose form that is told.
#[derive(Debug)]
pub(super) struct Refused {
    /// The protocol.
    pub(super) protocol: Protocol,
    /// The service, as far as it is known.
    pub(super) service: Option<&'static Service>,
    /// The error.
    pub(super) error: ApiError,
}

/// Puts a successful answer together.
pub(super) fn success(encoded: Encoded, service: &Service, id: RequestId) -> Response<AnswerBody> {
    let mut answer = Response::new(encoded.body);
    *answer.status_mut() = StatusCode::from_u16(encoded.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    // Smithy RPC v2 CBOR: an answer without output has no content type.
    let untyped = encoded.content_type == Protocol::RpcV2Cbor.answer_content_type()
        && matches!(answer.body(), AnswerBody::Whole(body) if body.is_empty());
    if !untyped {
        put(&mut answer, CONTENT_TYPE, encoded.content_type);
    }
    put_all(&mut answer, encoded.headers);
    identify(&mut answer, Some(service), id);
    answer
}

/// Writes an error in its protocol's form.
pub(super) fn refusal(refused: &Refused, id: RequestId) -> Response<AnswerBody> {
    let request_id = id.to_string();
    let error = &refused.error;
    let told = refused.protocol.error(&Refusal {
        code: &error.code,
        query_code: error.query_code,
        status: error.status,
        fault: match error.fault {
            Fault::Client => wire::Fault::Sender,
            Fault::Server => wire::Fault::Receiver,
        },
        message: error.message.as_deref(),
        message_member: errors::message_member(&error.code),
        members: error.members.as_deref(),
        request_id: &request_id,
    });
    let ErrorAnswer { status, content_type, headers, body } = told;
    let mut answer = Response::new(AnswerBody::Whole(body));
    *answer.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    put(&mut answer, CONTENT_TYPE, content_type);
    put_all(&mut answer, headers);
    identify(&mut answer, refused.service, id);
    answer
}

/// What Kinesis answers to a request whose service and operation it cannot make out (kinesalite, test/connection.js).
pub(super) fn undetermined(id: RequestId) -> Response<AnswerBody> {
    let body = "<AccessDeniedException>\n  <Message>Unable to determine service/operation name to be authorized</Message>\n\
                </AccessDeniedException>\n";
    let mut answer = Response::new(AnswerBody::Whole(Bytes::from_static(body.as_bytes())));
    *answer.status_mut() = StatusCode::FORBIDDEN;
    identify(&mut answer, None, id);
    // Kinesis sends it here, too (kinesalite, index.js).
    put(&mut answer, ID_2, &id.to_string());
    answer
}

/// An answer of our own, outside every API: a JSON document.
pub(super) fn plain(
    status: StatusCode,
    content_type: &'static str,
    body: impl Into<Bytes>,
) -> Response<AnswerBody> {
    let mut answer = Response::new(AnswerBody::Whole(body.into()));
    *answer.status_mut() = status;
    put(&mut answer, CONTENT_TYPE, content_type);
    answer
}

/// A sentence of our own as JSON.
pub(super) fn sentence(status: StatusCode, says: &str) -> Response<AnswerBody> {
    plain(status, "application/json", serde_json::json!({ "message": says }).to_string())
}

fn identify(answer: &mut Response<AnswerBody>, service: Option<&Service>, id: RequestId) {
    let told = id.to_string();
    put(answer, REQUEST_ID, &told);
    if service.is_some_and(|service| ID_2_SERVICES.contains(&service.name)) {
        put(answer, ID_2, &told);
    }
    let summed = service.is_some_and(|service| CRC32_SERVICES.contains(&service.name));
    if let (true, AnswerBody::Whole(body)) = (summed, answer.body()) {
        let sum = crc_fast::checksum(crc_fast::CrcAlgorithm::Crc32IsoHdlc, body);
        put(answer, CRC32, &sum.to_string());
    }
}

fn put_all(answer: &mut Response<AnswerBody>, headers: Vec<(&'static str, String)>) {
    for (name, value) in headers {
        // Names come from the models in the models' capitals.
        match HeaderName::from_bytes(name.as_bytes()) {
            Ok(name) => put(answer, name, &value),
            Err(_) => tracing::error!(name, "a model's header has a name that is none"),
        }
    }
}

/// Sets a header; a value that cannot stand in one is left out.
fn put(answer: &mut Response<AnswerBody>, name: HeaderName, value: &str) {
    match HeaderValue::from_str(value) {
        Ok(value) => drop(answer.headers_mut().insert(name, value)),
        Err(_) => tracing::error!(%name, "an answer's header has a value that cannot be sent"),
    }
}

impl AnswerBody {
    /// An answer whose bytes stay reserved until they are sent.
    pub(super) fn reserved(body: Bytes, reserved: Reserved) -> Self {
        AnswerBody::Whole(reserved.tie_to(body))
    }

    /// How many bytes are known to be sent; frames are yet to come.
    pub(super) fn bytes(&self) -> u64 {
        match self {
            AnswerBody::Whole(bytes) => bytes.len() as u64,
            AnswerBody::Frames(_) => 0,
        }
    }

    /// Frames behind an initial response.
    pub(super) fn frames(first: Option<Bytes>, frames: Frames, phase: watch::Receiver<Phase>) -> Self {
        AnswerBody::Frames(FrameBody::new(first, frames, phase))
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let data = match &mut *self {
            AnswerBody::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            AnswerBody::Whole(bytes) => Poll::Ready(Some(std::mem::take(bytes))),
            AnswerBody::Frames(frames) => frames.poll(task),
        };
        data.map(|data| data.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        match self {
            AnswerBody::Whole(bytes) => bytes.is_empty(),
            AnswerBody::Frames(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            AnswerBody::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            AnswerBody::Frames(_) => SizeHint::default(),
        }
    }
}
