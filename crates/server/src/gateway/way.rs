//! The way of a request, the same for every API.

use std::sync::Arc;
use std::time::Instant;

use anabranch_api::handler::Form;
use anabranch_api::{ApiError, Context, RequestId};
use anabranch_governance::iam::Identity;
use anabranch_wire::Protocol;
use bytes::Bytes;
use futures_util::StreamExt;
use http::header::{ORIGIN, USER_AGENT};
use http::request::Parts;
use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyStream as Frames;
use hyper::body::Incoming;

use super::answer::{self, AnswerBody, Refused};
use super::authenticate;
use super::body::{self, NoBody};
use super::call::{self, Call, CallBody};
use super::connection::Peer;
use super::identify::{self, Asked, Head};
use super::{Gateway, cors, errors, own, turned_away};
use crate::world::World;

/// Answers a request: the guard, our own paths, then the APIs.
pub(super) async fn answer(
    gateway: &Arc<Gateway>,
    peer: Peer,
    request: Request<Incoming>,
) -> Response<AnswerBody> {
    let (head, body) = request.into_parts();
    if let Some(stranger) = gateway.guard_of_open().and_then(|guard| guard.check(&head).err()) {
        return answer::sentence(StatusCode::FORBIDDEN, stranger.sentence());
    }
    if let Some(preflight) = cors::preflight(gateway.guard(), &head) {
        return preflight;
    }
    let origin = head.headers.get(ORIGIN).cloned();
    let mut answer = match own::Path::of(head.uri.path()) {
        Some(path) if !path.is_for_watching() && gateway.peers().request_from(peer.address).is_err() => {
            answer::sentence(StatusCode::TOO_MANY_REQUESTS, errors::RATE_EXCEEDED)
        }
        Some(path) => own::answer(gateway, peer, path, head, body).await,
        None => {
            let id = gateway.request_id();
            let world = gateway.world();
            match way(gateway, &world, peer, id, head, body).await {
                Ok(answer) => answer,
                Err(Turned::Undetermined) => answer::undetermined(id),
                Err(Turned::Refused(refused)) => answer::refusal(&refused, id),
            }
        }
    };
    cors::allow(gateway.guard(), origin.as_ref(), answer.headers_mut());
    answer
}

/// Why a request ends before it is served.
enum Turned {
    /// Neither its protocol nor its operation can be made out.
    Undetermined,
    /// An error in its protocol's form.
    Refused(Refused),
}

/// From a request's head and body to its answer: identify → well-formed? → authenticate → decode, the door, encode.
async fn way(
    gateway: &Gateway,
    world: &World,
    peer: Peer,
    id: RequestId,
    head: Parts,
    body: Incoming,
) -> Result<Response<AnswerBody>, Turned> {
    let (asked, mut body) = identify(gateway, &head, body).await?;
    let (service, operation, begun) = (asked.service, asked.operation.full_name, Instant::now());
    let counters = world.door.metrics().operations();
    let refused = |error: ApiError| {
        // The door counts what gets as far as the door.
        counters.ended(operation, begun.elapsed(), Some(&error.code));
        Turned::Refused(Refused { protocol: asked.protocol, service: Some(service), error })
    };

    let throttled = |_| refused(errors::throttled(asked.protocol));
    gateway.peers().request_from(peer.address).map_err(throttled)?;
    let handler = world.handlers.get(operation);
    let streamed = handler.is_some_and(|handler| handler.operation().form == Form::Duplex);
    if !streamed {
        body.read(gateway, &head, errors::body_bytes_max(service.signing_name)).await.map_err(refused)?;
    }
    let not_built = || refused(errors::not_built(asked.protocol, asked.operation.name));
    let handler = handler.ok_or_else(not_built)?;
    if !streamed && !handler.operation().raw_body {
        let malformed = |malformed| refused(errors::serialization(asked.protocol, &malformed));
        asked.protocol.well_formed(&body.document(&head)).map_err(malformed)?;
    }

    let caller = match authenticate::caller(world, &asked, &head, body.whole.as_ref()) {
        Ok(caller) => caller,
        Err(error) => {
            turned_away::note(gateway, world, (peer, id), handler.operation(), &head, &error).await;
            return Err(refused(error));
        }
    };
    gateway.peers().request_of(&caller.principal).map_err(throttled)?;
    let cx = context(gateway, peer, id, caller, &head);
    tracing::debug!(operation, request = %id, "a call");

    let document = body.document(&head);
    let bytes_in = document.len() as u64;
    let Arrived { stream, reserved, plain, .. } = body;
    let body = stream.map_or(CallBody::Whole(document), |stream| CallBody::Streamed(chunks(stream)));
    let call = Call {
        cx,
        asked,
        head,
        body,
        door: world.door.clone(),
        budget: gateway.budget().clone(),
        faults: Arc::clone(&gateway.faults),
        phase: world.feeds(),
        begun,
    };
    let encoded = call::answer(handler, call).await.map_err(Turned::Refused)?;
    drop((reserved, plain));
    counters.transferred(operation, bytes_in, encoded.body.bytes());
    Ok(answer::success(encoded, service, id))
}

/// A body on its way in.
#[derive(Default)]
struct Arrived {
    /// As it was sent, which is what was signed.
    whole: Option<Bytes>,
    /// What that holds, where it was compressed.
    plain: Option<(Bytes, super::Reserved)>,
    stream: Option<Incoming>,
    reserved: Option<super::Reserved>,
}

/// Finds the operation; of a form the body is read for it.
async fn identify(gateway: &Gateway, head: &Parts, body: Incoming) -> Result<(Asked, Arrived), Turned> {
    let mut body = Arrived { stream: Some(body), ..Arrived::default() };
    let refused = |protocol, service, error| Turned::Refused(Refused { protocol, service, error });
    match identify::from_head(head) {
        Head::Asked(asked) => Ok((asked, body)),
        Head::NoSuchOperation(protocol, service) => {
            let read = body.read(gateway, head, errors::BODY_BYTES_MAX).await;
            let error = read.err().unwrap_or_else(|| errors::no_such_operation(protocol));
            Err(refused(protocol, service, error))
        }
        Head::Nothing => Err(Turned::Undetermined),
        Head::Form(candidates) => {
            let query = |error| refused(Protocol::Query, None, error);
            body.read(gateway, head, errors::FORM_BODY_BYTES_MAX).await.map_err(query)?;
            let form = body.document(head);
            let form = std::str::from_utf8(&form).unwrap_or_default();
            let asked = identify::from_form(candidates, form).map_err(|unknown| {
                query(errors::no_such_action(unknown.action.as_deref(), unknown.version.as_deref()))
            })?;
            Ok((asked, body))
        }
    }
}

impl Arrived {
    /// Reads the body, unless that is done.
    async fn read(&mut self, gateway: &Gateway, head: &Parts, bytes_max: usize) -> Result<(), ApiError> {
        let Some(stream) = self.stream.take() else { return Ok(()) };
        let (whole, reserved) =
            body::read_whole(stream, bytes_max, gateway.budget()).await.map_err(unread)?;
        self.reserved = reserved;
        if body::is_compressed(&head.headers) {
            let (plain, reserved) =
                body::uncompressed(&whole, bytes_max, gateway.budget()).await.map_err(unread)?;
            self.plain = Some((plain, reserved));
        }
        self.whole = Some(whole);
        Ok(())
    }

    /// What is decoded: the body, or the query of a GET, where presigned calls have their form.
    fn document(&self, head: &Parts) -> Bytes {
        if let Some((plain, _)) = &self.plain {
            return plain.clone();
        }
        match (&self.whole, head.uri.query()) {
            (Some(whole), Some(query)) if whole.is_empty() && head.method == Method::GET => {
                Bytes::copy_from_slice(query.as_bytes())
            }
            (Some(whole), _) => whole.clone(),
            (None, _) => Bytes::new(),
        }
    }
}

fn unread(why: NoBody) -> ApiError {
    match why {
        NoBody::TooLarge => errors::too_large(),
        NoBody::Silent | NoBody::Broken => errors::silent(),
        NoBody::Busy => errors::busy(),
        NoBody::Garbled => errors::garbled(),
    }
}

/// The chunks of a streamed body.
fn chunks(body: Incoming) -> anabranch_api::BodyStream {
    Box::pin(Frames::new(body).filter_map(|frame| async {
        match frame {
            Ok(frame) => frame.into_data().ok().map(Ok),
            Err(error) => Some(Err(std::io::Error::other(error))),
        }
    }))
}

pub(super) fn context(
    gateway: &Gateway,
    peer: Peer,
    id: RequestId,
    caller: Identity,
    head: &Parts,
) -> Context {
    let user_agent = head.headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
    Context {
        principal: caller.principal,
        account: caller.account,
        partition: caller.region.partition(),
        region: caller.region,
        access_key: caller.access_key,
        session: caller.session,
        source: Some(peer.address),
        user_agent: user_agent.map(Arc::from),
        endpoint: peer.endpoint,
        secure_transport: peer.secure,
        request_id: id,
        received: gateway.clock().now(),
        room: None,
    }
}
