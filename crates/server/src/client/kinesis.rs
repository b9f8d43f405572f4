use anabranch_api::kinesis::{SubscribeToShard, SubscribeToShardEvent};
use anabranch_api::{ApiError, Fault, Operation};
use anabranch_wire::{Envelope, Malformed, Protocol, Violations};
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Method, Response, header};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;

use super::{HttpEndpoint, Outgoing, SendError, Subscription};

/// AWS: API_GetRecords answers at most 10 MiB of records, a third more in base64; nothing else is longer.
const ANSWER_BYTES_MAX: usize = 32 * 1_048_576;

/// Kinesis Data Streams at the other end of HTTP, spoken to in JSON.
#[derive(Clone)]
pub struct Kinesis {
    endpoint: HttpEndpoint,
}

/// Why a call has no result.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// There is no answer.
    #[error(transparent)]
    Send(#[from] SendError),
    /// The server refused.
    #[error(transparent)]
    Refused(#[from] ApiError),
    /// The answer ended in the middle, or is too long.
    #[error("the answer to {operation} broke off: {cause}")]
    BrokenOff {
        /// The operation.
        operation: &'static str,
        /// Why.
        cause: String,
    },
    /// The answer is not what the operation answers.
    #[error("the answer to {operation} cannot be read: {cause}")]
    Unreadable {
        /// The operation.
        operation: &'static str,
        /// What is wrong with it.
        cause: String,
    },
}

impl CallError {
    /// The error's name, if the server refused.
    pub fn code(&self) -> Option<&str> {
        match self {
            CallError::Refused(error) => Some(&error.code),
            _ => None,
        }
    }

    /// Whether nobody listens there.
    pub fn is_unreachable(&self) -> bool {
        matches!(self, CallError::Send(SendError::Unreachable { .. }))
    }

    /// Whether the same call may succeed at once or a little later. A call without answer may nevertheless have been done.
    pub fn is_passing(&self) -> bool {
        match self {
            CallError::Send(SendError::Broken { .. } | SendError::Late { .. })
            | CallError::BrokenOff { .. } => true,
            CallError::Send(_) => false,
            CallError::Refused(error) => error.status >= 500 || is_passing(&error.code),
            CallError::Unreadable { .. } => false,
        }
    }
}

/// Whether a request, or a record in one, that was refused with this code may be taken later.
pub fn is_passing(code: &str) -> bool {
    matches!(
        code,
        "ProvisionedThroughputExceededException"
            | "LimitExceededException"
            | "ThrottlingException"
            | "KMSThrottlingException"
            | "InternalFailure"
            | "InternalFailureException"
            | "ServiceUnavailable"
            | "ServiceUnavailableException"
    )
}

impl Kinesis {
    /// Kinesis at this endpoint.
    pub fn new(endpoint: HttpEndpoint) -> Self {
        Self { endpoint }
    }

    /// Where requests go.
    pub fn endpoint(&self) -> &HttpEndpoint {
        &self.endpoint
    }

    /// One call; done with the whole answer.
    pub async fn call<Op: Operation>(&self, request: Op) -> Result<Op::Output, CallError> {
        let response = self.send(request).await?;
        let body = read_body(response, operation_name(Op::NAME)).await?;
        // Operations without an answer send nothing at all.
        let body = if body.is_empty() { Bytes::from_static(b"{}") } else { body };
        decode(|violations| Protocol::Json11.decode_answer(body, violations), operation_name(Op::NAME))
    }

    /// Opens a subscription; done when the server accepted it.
    pub async fn subscribe(&self, request: SubscribeToShard) -> Result<Subscription, CallError> {
        Ok(Subscription::new(self.send(request).await?.into_body()))
    }

    /// Sends the request; an answer that is an error is read and told as one.
    async fn send<Op: Operation>(&self, request: Op) -> Result<Response<Incoming>, CallError> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(Protocol::Json11.content_type()));
        headers.insert("x-amz-target", HeaderValue::from_static(Op::NAME));
        headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
        let body = Protocol::Json11.encode_request(&request, &NO_ENVELOPE, BytesMut::new()).freeze();
        let response = self
            .endpoint
            .send(Outgoing {
                method: Method::POST,
                path_and_query: "/".to_owned(),
                headers,
                body,
                signing_name: "kinesis",
            })
            .await?;
        if response.status().is_success() {
            return Ok(response);
        }
        Err(CallError::Refused(read_error(response, operation_name(Op::NAME)).await?))
    }
}

const USER_AGENT: &str = concat!("anabranch/", env!("CARGO_PKG_VERSION"));
/// JSON has none.
const NO_ENVELOPE: Envelope<'static> = Envelope { operation: "", namespace: "", version: "", request_id: "" };

/// An event of a subscription.
pub(super) fn decode_event(payload: Bytes) -> Result<SubscribeToShardEvent, CallError> {
    decode(|violations| Protocol::Json11.decode_answer(payload, violations), "SubscribeToShard")
}

fn decode<T>(
    read: impl FnOnce(&mut Violations) -> Result<T, Malformed>,
    operation: &'static str,
) -> Result<T, CallError> {
    let mut violations = Violations::default();
    let unreadable = |cause: String| CallError::Unreadable { operation, cause };
    let value = read(&mut violations).map_err(|m| unreadable(format!("{m:?}")))?;
    if violations.is_empty() { Ok(value) } else { Err(unreadable(violations.to_string())) }
}

async fn read_body(response: Response<Incoming>, operation: &'static str) -> Result<Bytes, CallError> {
    Limited::new(response.into_body(), ANSWER_BYTES_MAX)
        .collect()
        .await
        .map(|body| body.to_bytes())
        .map_err(|e| CallError::BrokenOff { operation, cause: e.to_string() })
}

async fn read_error(response: Response<Incoming>, operation: &'static str) -> Result<ApiError, CallError> {
    let status = response.status().as_u16();
    let error_type =
        response.headers().get("x-amzn-errortype").and_then(|v| v.to_str().ok()).map(str::to_owned);
    let body = read_body(response, operation).await?;
    let error = Protocol::Json11.read_error(error_type.as_deref(), body);
    let code = if error.code.is_empty() { format!("HTTP status {status}") } else { error.code };
    Ok(ApiError {
        code: code.into(),
        query_code: None,
        status,
        fault: if status >= 500 { Fault::Server } else { Fault::Client },
        message: error.message.map(Into::into),
    })
}

/// `Kinesis_20131202.PutRecords` is PutRecords.
fn operation_name(target: &'static str) -> &'static str {
    target.rsplit('.').next().unwrap_or(target)
}
