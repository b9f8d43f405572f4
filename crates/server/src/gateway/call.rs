//! A call from its bytes to its answer's: decode, the door, encode.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anabranch_api::handler::{self, Answer, Form, Handler, Served};
use anabranch_api::{AnswerParts, ApiError, BodyStream, Context, Descriptor, RequestParts};
use anabranch_governance::Door;
use anabranch_wire::{Envelope, Malformed, Protocol, Violations, eventstream, restjson};
use bytes::{Bytes, BytesMut};
use http::request::Parts;
use tokio::sync::watch;

use crate::fault::{Faults, Strike};

use super::answer::{AnswerBody, Encoded, Refused};
use super::identify::Asked;
use super::phase::Phase;
use super::{Budget, Exhausted, Reserved, errors};

/// Bytes an answer is begun with: most fit.
const ANSWER_BYTES: usize = 1024;

/// A call that was identified and authenticated.
pub(super) struct Call {
    pub(super) cx: Context,
    pub(super) asked: Asked,
    pub(super) head: Parts,
    pub(super) body: CallBody,
    pub(super) door: Door,
    pub(super) budget: Budget,
    pub(super) faults: Arc<Faults>,
    pub(super) phase: watch::Receiver<Phase>,
    pub(super) begun: Instant,
}

/// The request's body.
pub(super) enum CallBody {
    /// All of it.
    Whole(Bytes),
    /// As it comes.
    Streamed(BodyStream),
}

/// Answers a call.
pub(super) async fn answer(handler: &dyn Handler, call: Call) -> Result<Encoded, Refused> {
    let Call { cx, asked, head, body, door, budget, faults, phase, begun } = call;
    let operation = handler.operation();
    let refused = |error| Refused { protocol: asked.protocol, service: Some(asked.service), error };
    if operation.form == Form::Feed && matches!(asked.protocol, Protocol::Cbor11 | Protocol::RpcV2Cbor) {
        // As AWS does: frames are JSON, and SDKs that speak CBOR use JSON for these calls.
        return Err(refused(ApiError::internal()));
    }
    let counted = |error: ApiError| {
        // The door counts what gets as far as the door.
        door.metrics().operations().ended(operation.name, begun.elapsed(), Some(&error.code));
        refused(error)
    };
    let (document, stream) = match body {
        CallBody::Whole(document) => (document, None),
        CallBody::Streamed(stream) => (Bytes::new(), Some(stream)),
    };
    let request = match read(handler, &asked, &head, document) {
        Ok(request) => request,
        Err(error) => {
            door.turned_away(operation, &cx, &error).await;
            return Err(counted(error));
        }
    };
    struck(&faults, operation).await.map_err(counted)?;
    match operation.form {
        Form::Unary => unary(&asked, cx, request, &Means { door, budget, faults }).await.map_err(refused),
        Form::Feed | Form::Duplex => {
            let id = cx.request_id.to_string();
            let served = door.call(cx, request, stream).await.map_err(refused)?;
            if operation.form == Form::Feed {
                tokio::time::sleep(FEED_PAUSE).await;
            }
            Ok(frames(&asked, operation, served, &id, phase))
        }
    }
}

/// What a call with one answer is answered by.
struct Means {
    door: Door,
    budget: Budget,
    faults: Arc<Faults>,
}

async fn unary(
    asked: &Asked,
    mut cx: Context,
    mut request: Box<dyn handler::Call>,
    means: &Means,
) -> Result<Encoded, ApiError> {
    let operation = request.operation();
    let spared = means.faults.spare(operation, request.request_mut());
    let id = cx.request_id.to_string();
    let busy = |_| errors::busy();
    let mut reserved = reserve_answer(operation.name, &means.budget).await.map_err(busy)?;
    cx.room = reserved.is_scarce().then(|| reserved.bytes());
    let mut served = means.door.call(cx, request, None).await?;
    spared.put_back(served.answer.output_mut());
    let mut encoded = encode(asked, operation, &*served.answer, &id);
    drop(served);
    if let AnswerBody::Whole(body) = &mut encoded.body {
        match body.len().checked_sub(reserved.bytes()) {
            // What has changed something is answered, whatever that takes.
            Some(more) if more > 0 && operation.read_only => {
                reserved.merge(means.budget.reserve(more).await.map_err(busy)?);
            }
            _ => reserved.shrink_to(body.len()),
        }
        encoded.body = AnswerBody::reserved(std::mem::take(body), reserved);
    }
    Ok(encoded)
}

/// What GetRecords may take: 10 MiB of data (API_GetRecords), and these in base64 with what is around them.
const GET_RECORDS_BYTES_MAX: usize = (10 << 20) * 8 / 3;
/// What any other operation may answer.
const ANSWER_BYTES_MAX: usize = 64 << 10;

/// Sets memory aside for an answer before it is known.
async fn reserve_answer(operation: &str, budget: &Budget) -> Result<Reserved, Exhausted> {
    if operation.ends_with(".GetRecords") {
        budget.reserve_up_to(GET_RECORDS_BYTES_MAX).await
    } else {
        budget.reserve(ANSWER_BYTES_MAX).await
    }
}

/// How long the answer that opens a feed waits. The SDK for Go closes a request's body as soon as it is answered; if Go's own HTTP
/// client has not yet noticed by then that it wrote all of it, it takes that for a failed request and closes the connection, feed and
/// all (smithy-go 1.28.8, transport/http/client.go). An answer within 0.2 ms was too early in one of ten cases.
const FEED_PAUSE: Duration = Duration::from_millis(3);

/// Delays the call, or ends it, where a fault on purpose strikes it.
async fn struck(faults: &Faults, operation: &Descriptor) -> Result<(), ApiError> {
    let Strike { latency, refusal } = faults.strike(operation);
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    refusal.map_or(Ok(()), Err)
}

/// Reads a request. All that it breaks of its model is told at once.
fn read(
    handler: &dyn Handler,
    asked: &Asked,
    head: &Parts,
    body: Bytes,
) -> Result<Box<dyn handler::Call>, ApiError> {
    let mut violations = Violations::default();
    let read = read_noting(handler, asked, head, body, &mut violations);
    let request = read.map_err(|malformed| errors::serialization(asked.protocol, &malformed))?;
    if violations.is_empty() {
        return Ok(request);
    }
    Err(errors::validation(handler.operation().service, asked.protocol, &violations))
}

/// The same, with what REST puts in the path, the query and the headers.
fn read_noting(
    handler: &dyn Handler,
    asked: &Asked,
    head: &Parts,
    body: Bytes,
    violations: &mut Violations,
) -> Result<Box<dyn handler::Call>, Malformed> {
    let document = if handler.operation().raw_body { Bytes::new() } else { body.clone() };
    if asked.protocol != Protocol::RestJson {
        return handler.read(asked.protocol, document, None, violations);
    }
    let query = restjson::query(head.uri.query().unwrap_or_default())?;
    let headers = restjson::headers(&head.headers);
    let parts = RequestParts { labels: &asked.labels, query: &query, headers: &headers, body };
    handler.read(asked.protocol, document, Some(&parts), violations)
}

/// Writes an answer.
fn encode(asked: &Asked, operation: &Descriptor, answer: &dyn Answer, request_id: &str) -> Encoded {
    let protocol = asked.protocol;
    let mut headers: Vec<(&'static str, String)> = Vec::new();
    headers.extend(protocol.marker().map(|(name, value)| (name, value.to_owned())));
    let mut parts = AnswerParts { status: operation.status, ..AnswerParts::default() };
    if protocol == Protocol::RestJson {
        answer.unbind(&mut parts);
        headers.append(&mut parts.headers);
    }
    let body = match parts.payload {
        Some(payload) => payload,
        None => document(asked, operation, answer, request_id),
    };
    let content_type = protocol.answer_content_type();
    Encoded { status: parts.status, content_type, headers, body: AnswerBody::Whole(body) }
}

/// The answer's document; nothing for operations without output, except where the protocol wraps even that.
fn document(asked: &Asked, operation: &Descriptor, answer: &dyn Answer, request_id: &str) -> Bytes {
    if !operation.has_output && asked.protocol != Protocol::Query {
        return Bytes::new();
    }
    let envelope = Envelope {
        operation: asked.operation.name,
        namespace: asked.service.xml_namespace.unwrap_or_default(),
        version: asked.service.api_version,
        request_id,
    };
    answer.write(asked.protocol, &envelope, BytesMut::with_capacity(ANSWER_BYTES)).freeze()
}

/// An answer whose body is frames, the initial response first.
fn frames(
    asked: &Asked,
    operation: &Descriptor,
    served: Served,
    request_id: &str,
    phase: watch::Receiver<Phase>,
) -> Encoded {
    let mut encoded = encode(asked, operation, &*served.answer, request_id);
    let document = match encoded.body {
        AnswerBody::Whole(document) => document,
        AnswerBody::Frames(_) => Bytes::new(),
    };
    // REST puts the members of the initial response into headers; the others send it as a frame of its own.
    let first = (asked.protocol != Protocol::RestJson).then(|| {
        eventstream::initial_response(errors::FRAME_DOCUMENT_TYPE, |mut out| {
            out.extend_from_slice(&document);
            out
        })
    });
    encoded.content_type = eventstream::CONTENT_TYPE;
    let frames = served.frames.unwrap_or_else(|| Box::pin(futures_util::stream::empty()));
    encoded.body = AnswerBody::frames(first, frames, phase);
    encoded
}
