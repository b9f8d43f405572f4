use std::fmt;
use std::future::Future;

use anabranch_wire::restjson::{Template, write_query};
use anabranch_wire::{Envelope, Protocol, Violations};
use bytes::{Bytes, BytesMut};

use crate::rest::BoundParts;
use crate::service::OperationEntry;
use crate::{ApiError, Context, Fault, Operation, Serve};

/// Whatever carries bytes to a server that speaks AWS's protocols, signed as AWS wants it, and brings its answer back.
pub trait Endpoint: Send + Sync + 'static {
    /// Why there is no answer.
    type Error: fmt::Display + Send;

    /// Signs and sends a request; done when the whole answer is here. Whatever the server answered, its errors too, is an answer.
    fn send(&self, request: RemoteRequest) -> impl Future<Output = Result<RemoteAnswer, Self::Error>> + Send;
}

/// A request before it is signed.
#[derive(Clone, Debug)]
pub struct RemoteRequest {
    /// The method.
    pub method: &'static str,
    /// Path and query, percent-encoded.
    pub path_and_query: String,
    /// Headers beside the host and those of the signature.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Bytes,
    /// The service in the signature's scope.
    pub signing_name: &'static str,
}

/// A server's answer.
#[derive(Clone, Debug)]
pub struct RemoteAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The `x-amzn-ErrorType` header, if any.
    pub error_type: Option<String>,
    /// The body.
    pub body: Bytes,
}

/// The operations of another server, typed: it answers what the service there answers.
#[derive(Clone, Debug)]
pub struct Remote<E> {
    endpoint: E,
    /// What to speak; where the service does not, its own first protocol.
    preferred: Protocol,
}

/// The code of the error that stands for no answer.
const UNANSWERED: &str = "ServiceUnavailable";

impl<E: Endpoint> Remote<E> {
    /// The server behind `endpoint`, spoken to in `preferred` where the service knows it.
    pub fn new(endpoint: E, preferred: Protocol) -> Self {
        Self { endpoint, preferred }
    }

    /// The endpoint.
    pub fn endpoint(&self) -> &E {
        &self.endpoint
    }

    /// The protocol that is spoken to the service of `Op`.
    pub fn protocol<Op: Operation>(&self) -> Protocol {
        let spoken = Op::SERVICE.protocols;
        let first = spoken.first().copied().unwrap_or(self.preferred);
        if spoken.contains(&self.preferred) { self.preferred } else { first }
    }

    /// `request` as it is sent, for callers that read the answer as it comes.
    pub fn request<Op: Operation>(&self, request: &Op) -> RemoteRequest {
        let protocol = self.protocol::<Op>();
        let entry = entry::<Op>();
        let mut parts = BoundParts::default();
        request.parts(&mut parts);
        let mut headers = vec![("content-type", protocol.content_type().to_owned())];
        headers.extend(protocol.marker().map(|(name, value)| (name, value.to_owned())));
        if matches!(protocol, Protocol::Json10 | Protocol::Json11 | Protocol::Cbor11) {
            headers.push(("x-amz-target", Op::NAME.to_owned()));
        }
        headers.append(&mut parts.headers);
        let is_rest = protocol == Protocol::RestJson;
        let body = match parts.payload.take() {
            Some(payload) => payload,
            None if is_rest && entry.http_method == "GET" => Bytes::new(),
            None => protocol.encode_request(request, &envelope::<Op>(), BytesMut::new()).freeze(),
        };
        let path_and_query = match protocol {
            Protocol::RestJson => rest_path(entry.http_uri, &parts),
            Protocol::RpcV2Cbor => {
                let service = Op::SERVICE.rpc_service_name.unwrap_or_default();
                format!("/service/{service}/operation/{}", entry.name)
            }
            _ => "/".to_owned(),
        };
        let method = if is_rest { entry.http_method } else { "POST" };
        RemoteRequest { method, path_and_query, headers, body, signing_name: Op::SERVICE.signing_name }
    }

    /// What the server's answer means.
    pub fn answer<Op: Operation>(&self, answer: RemoteAnswer) -> Result<Op::Output, ApiError> {
        let protocol = self.protocol::<Op>();
        if !(200..300).contains(&answer.status) {
            return Err(refusal(protocol, answer));
        }
        let body = match (Op::HAS_OUTPUT, answer.body.is_empty(), protocol) {
            (true, false, _) => answer.body,
            // An answer without members: an empty document.
            (_, _, Protocol::Cbor11 | Protocol::RpcV2Cbor) => Bytes::from_static(&[0xa0]),
            (_, _, Protocol::Query) => Bytes::from_static(b"<Response><Result/></Response>"),
            _ => Bytes::from_static(b"{}"),
        };
        // A newer server may answer what our model does not know: only a document of the wrong shape is an error.
        let mut violations = Violations::default();
        protocol
            .decode_answer(body, &mut violations)
            .map_err(|malformed| unanswered(format!("the answer cannot be read: {malformed}")))
    }
}

impl<E: Endpoint, Op: Operation + Sync> Serve<Op> for Remote<E> {
    async fn serve(&self, _cx: &Context, request: Op) -> Result<Op::Output, Op::Error> {
        let sent = self.endpoint.send(self.request(&request)).await;
        let answer = sent.map_err(|e| unanswered(e.to_string()))?;
        Ok(self.answer::<Op>(answer)?)
    }
}

fn entry<Op: Operation>() -> &'static OperationEntry {
    let found = Op::SERVICE.operations.iter().find(|o| o.full_name == Op::NAME);
    found.expect("an operation stands in the table of its service")
}

fn envelope<Op: Operation>() -> Envelope<'static> {
    Envelope {
        operation: entry::<Op>().name,
        namespace: Op::SERVICE.xml_namespace.unwrap_or_default(),
        version: Op::SERVICE.api_version,
        request_id: "",
    }
}

fn refusal(protocol: Protocol, answer: RemoteAnswer) -> ApiError {
    let error = protocol.read_error(answer.error_type.as_deref(), answer.body);
    let fault = if answer.status >= 500 { Fault::Server } else { Fault::Client };
    let message = error.message.map(Into::into);
    ApiError {
        code: error.code.into(),
        query_code: None,
        status: answer.status,
        fault,
        message,
        members: None,
    }
}

fn unanswered(message: String) -> ApiError {
    let message = Some(message.into());
    ApiError {
        code: UNANSWERED.into(),
        query_code: None,
        status: 503,
        fault: Fault::Server,
        message,
        members: None,
    }
}

/// The path and the query of a REST request; the template's own path where a label is missing or empty, which the server then refuses.
fn rest_path(template: &'static str, parts: &BoundParts) -> String {
    let label =
        |name: &str| parts.labels.iter().find(|(label, _)| *label == name).map(|(_, value)| value.as_str());
    let (mut path, mut query) =
        Template::new(template).fill(label).unwrap_or_else(|| (template.to_owned(), String::new()));
    for (name, value) in &parts.query {
        write_query(&mut query, name, value);
    }
    if !query.is_empty() {
        path.push('?');
        path.push_str(&query);
    }
    path
}
