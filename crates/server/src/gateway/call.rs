//! A call from its bytes to its answer's: decode, the door, encode. One function for each form of operation.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anabranch_api::{
    AnswerParts, ApiError, BodyStream, Context, DuplexOperation, Feed, FeedOperation, Operation,
    RequestParts, Serve, ServeDuplex, ServeFeed,
};
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

/// Answers an operation with one answer.
pub(super) async fn unary<Op: Operation, S: Serve<Op>>(
    service: Arc<S>,
    call: Call,
) -> Result<Encoded, Refused> {
    let Call { mut cx, asked, head, body, door, budget, faults, begun, .. } = call;
    let refused = |error| Refused { protocol: asked.protocol, service: Some(asked.service), error };
    let mut request: Op = decode(&asked, &head, body.whole(), &door, begun).map_err(refused)?;
    struck::<Op>(&faults, &door, begun).await.map_err(refused)?;
    let spared = faults.spare(&mut request);
    let id = cx.request_id.to_string();
    let busy = |_| refused(errors::busy());
    let mut reserved = reserve_answer(Op::NAME, &budget).await.map_err(busy)?;
    cx.room = reserved.is_scarce().then(|| reserved.bytes());
    let mut output = door.unary(cx, &service, request).await.map_err(refused)?;
    spared.put_back(&mut output);
    let mut encoded = encode::<Op>(&asked, &output, &id);
    drop(output);
    if let AnswerBody::Whole(body) = &mut encoded.body {
        match body.len().checked_sub(reserved.bytes()) {
            // What has changed something is answered, whatever that takes.
            Some(more) if more > 0 && Op::READ_ONLY => {
                reserved.merge(budget.reserve(more).await.map_err(busy)?);
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

/// Answers an operation with frames.
pub(super) async fn feed<Op: FeedOperation, S: ServeFeed<Op>>(
    service: Arc<S>,
    call: Call,
) -> Result<Encoded, Refused> {
    let Call { cx, asked, head, body, door, faults, phase, begun, .. } = call;
    let refused = |error| Refused { protocol: asked.protocol, service: Some(asked.service), error };
    if matches!(asked.protocol, Protocol::Cbor11 | Protocol::RpcV2Cbor) {
        // As AWS does: frames are JSON, and SDKs that speak CBOR use JSON for these calls.
        return Err(refused(ApiError::internal()));
    }
    let request: Op = decode(&asked, &head, body.whole(), &door, begun).map_err(refused)?;
    struck::<Op>(&faults, &door, begun).await.map_err(refused)?;
    let id = cx.request_id.to_string();
    let feed = door.feed(cx, &service, request).await.map_err(refused)?;
    tokio::time::sleep(FEED_PAUSE).await;
    Ok(frames::<Op>(&asked, feed, &id, phase))
}

/// Answers an operation with frames while its body still comes.
pub(super) async fn duplex<Op: DuplexOperation, S: ServeDuplex<Op>>(
    service: Arc<S>,
    call: Call,
) -> Result<Encoded, Refused> {
    let Call { cx, asked, head, body, door, faults, phase, begun, .. } = call;
    let refused = |error| Refused { protocol: asked.protocol, service: Some(asked.service), error };
    let request: Op = decode(&asked, &head, Bytes::new(), &door, begun).map_err(refused)?;
    struck::<Op>(&faults, &door, begun).await.map_err(refused)?;
    let id = cx.request_id.to_string();
    let feed = door.duplex(cx, &service, request, body.streamed()).await.map_err(refused)?;
    Ok(frames::<Op>(&asked, feed, &id, phase))
}

/// Delays the call, or ends it, where a fault on purpose strikes it.
async fn struck<Op: Operation>(faults: &Faults, door: &Door, begun: Instant) -> Result<(), ApiError> {
    let Strike { latency, refusal } = faults.strike::<Op>();
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    match refusal {
        None => Ok(()),
        Some(error) => {
            door.metrics().operations().ended(Op::NAME, begun.elapsed(), Some(&error.code));
            Err(error)
        }
    }
}

/// Reads a request, or counts why it cannot be taken to the door.
fn decode<Op: Operation>(
    asked: &Asked,
    head: &Parts,
    body: Bytes,
    door: &Door,
    begun: Instant,
) -> Result<Op, ApiError> {
    read(asked, head, body)
        .inspect_err(|error| door.metrics().operations().ended(Op::NAME, begun.elapsed(), Some(&error.code)))
}

/// Reads a request. All that it breaks of its model is told at once.
fn read<Op: Operation>(asked: &Asked, head: &Parts, body: Bytes) -> Result<Op, ApiError> {
    let mut violations = Violations::default();
    let malformed = |malformed| errors::serialization(asked.protocol, &malformed);
    let document = if Op::RAW_BODY { Bytes::new() } else { body.clone() };
    let mut request = Op::read(asked.protocol, document, &mut violations).map_err(malformed)?;
    if asked.protocol == Protocol::RestJson {
        bind(&mut request, asked, head, body, &mut violations).map_err(malformed)?;
    }
    request.check(&mut violations);
    if violations.is_empty() { Ok(request) } else { Err(errors::validation(asked.protocol, &violations)) }
}

/// Takes what REST puts in the path, the query and the headers.
fn bind<Op: Operation>(
    request: &mut Op,
    asked: &Asked,
    head: &Parts,
    body: Bytes,
    violations: &mut Violations,
) -> Result<(), Malformed> {
    let query = restjson::query(head.uri.query().unwrap_or_default())?;
    let headers = restjson::headers(&head.headers);
    request.bind(&RequestParts { labels: &asked.labels, query: &query, headers: &headers, body }, violations)
}

/// Writes an answer.
fn encode<Op: Operation>(asked: &Asked, output: &Op::Output, request_id: &str) -> Encoded {
    let protocol = asked.protocol;
    let mut headers: Vec<(&'static str, String)> = Vec::new();
    headers.extend(protocol.marker().map(|(name, value)| (name, value.to_owned())));
    let mut parts = AnswerParts { status: Op::STATUS, ..AnswerParts::default() };
    if protocol == Protocol::RestJson {
        Op::unbind(output, &mut parts);
        headers.append(&mut parts.headers);
    }
    let body = match parts.payload {
        Some(payload) => payload,
        None => document::<Op>(asked, output, request_id),
    };
    let content_type = protocol.answer_content_type();
    Encoded { status: parts.status, content_type, headers, body: AnswerBody::Whole(body) }
}

/// The answer's document; nothing for operations without output, except where the protocol wraps even that.
fn document<Op: Operation>(asked: &Asked, output: &Op::Output, request_id: &str) -> Bytes {
    if !Op::HAS_OUTPUT && asked.protocol != Protocol::Query {
        return Bytes::new();
    }
    let envelope = Envelope {
        operation: asked.operation.name,
        namespace: asked.service.xml_namespace.unwrap_or_default(),
        version: asked.service.api_version,
        request_id,
    };
    Op::write(output, asked.protocol, &envelope, BytesMut::with_capacity(ANSWER_BYTES)).freeze()
}

/// An answer whose body is frames, the initial response first.
fn frames<Op: Operation>(
    asked: &Asked,
    feed: Feed<Op::Output>,
    request_id: &str,
    phase: watch::Receiver<Phase>,
) -> Encoded {
    let mut encoded = encode::<Op>(asked, &feed.output, request_id);
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
    encoded.body = AnswerBody::frames(first, feed.frames, phase);
    encoded
}

impl CallBody {
    fn whole(self) -> Bytes {
        match self {
            CallBody::Whole(bytes) => bytes,
            CallBody::Streamed(_) => Bytes::new(),
        }
    }

    fn streamed(self) -> BodyStream {
        match self {
            CallBody::Streamed(stream) => stream,
            CallBody::Whole(bytes) => Box::pin(futures_util::stream::once(std::future::ready(Ok(bytes)))),
        }
    }
}
