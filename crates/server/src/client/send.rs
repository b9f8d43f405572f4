use std::error::Error as _;
use std::path::Path;
use std::time::Duration;

use anabranch_api::{Endpoint, RemoteAnswer, RemoteRequest};
use anabranch_governance::iam::Secret;
use anabranch_types::Clock;
use anabranch_wire::sigv4::{Credentials, Payload, SignedRequest, Signer, sha256};
use bytes::Bytes;
use http::header::USER_AGENT;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::{AuthoritiesError, Identity, Target, tls};

/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an answer may take to begin. The SDKs of AWS wait a minute.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
/// AWS: API_GetRecords answers at most 10 MiB of records, a third more in base64; nothing else is longer.
const ANSWER_BYTES_MAX: usize = 32 * 1_048_576;
const OUR_USER_AGENT: &str = concat!("anabranch/", env!("CARGO_PKG_VERSION"));
/// How often a quiet HTTP/2 connection is asked whether it is alive, and how long it may take to say so.
const PING_INTERVAL: Duration = Duration::from_secs(20);
const PING_TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes of one answer, and of all answers of a connection, that may be on their way unread (HTTP/2 flow control).
const STREAM_WINDOW_BYTES: u32 = 4 * 1_048_576;
const CONNECTION_WINDOW_BYTES: u32 = 32 * 1_048_576;

/// Which HTTP is spoken on plain text. On TLS the server chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpVersion {
    /// HTTP/1.1, which everybody speaks.
    One,
    /// HTTP/2 with prior knowledge: one connection for everything.
    Two,
}

/// A server at the other end of HTTP. Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct HttpEndpoint {
    target: Target,
    identity: Identity,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// No connection came about.
    #[error("cannot connect to {target}: {cause}")]
    Unreachable {
        /// Whom.
        target: Target,
        /// The innermost reason, as the system words it.
        cause: String,
    },
    /// The connection broke before an answer began.
    #[error("{target} gave no answer: {cause}")]
    Broken {
        /// Who.
        target: Target,
        /// The innermost reason.
        cause: String,
    },
    /// The answer ended in the middle, or is too long, or makes no sense.
    #[error("the answer of {target} broke off: {cause}")]
    BrokenOff {
        /// Whose.
        target: Target,
        /// Why.
        cause: String,
    },
    /// It took too long.
    #[error("{target} gave no answer within {} s", ANSWER_TIMEOUT.as_secs())]
    Late {
        /// Who.
        target: Target,
    },
    /// The request cannot be sent at all.
    #[error("the request cannot be written: {0}")]
    Unwritable(#[from] http::Error),
    /// A character of the access key or session token cannot stand in a header.
    #[error("the access key or session token holds a character that none can hold")]
    UnwritableKey,
}

impl HttpEndpoint {
    /// The server at `target`, spoken to as `identity`. On TLS it must show a certificate of the authorities in the PEM file
    /// `authorities`, or of Mozilla's list without one. Connects at the first request.
    pub fn new(
        target: Target,
        identity: Identity,
        version: HttpVersion,
        authorities: Option<&Path>,
    ) -> Result<Self, AuthoritiesError> {
        let mut plain = HttpConnector::new();
        plain.enforce_http(false);
        plain.set_nodelay(true);
        plain.set_connect_timeout(Some(CONNECT_TIMEOUT));
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls::client_config(authorities)?)
            .https_or_http()
            .enable_all_versions()
            .wrap_connector(plain);
        let client = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .http2_only(version == HttpVersion::Two && !target.is_tls())
            .http2_initial_stream_window_size(STREAM_WINDOW_BYTES)
            .http2_initial_connection_window_size(CONNECTION_WINDOW_BYTES)
            .http2_keep_alive_interval(PING_INTERVAL)
            .http2_keep_alive_timeout(PING_TIMEOUT)
            .build(connector);
        Ok(Self { target, identity, client })
    }

    /// Where it is.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// As whom it is spoken to.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Signs the request and sends it; done when the answer's head is here. Whatever the server answered, its errors too, is an answer.
    pub async fn open(&self, request: RemoteRequest) -> Result<Response<Incoming>, SendError> {
        let request = self.signed(request)?;
        match tokio::time::timeout(ANSWER_TIMEOUT, self.client.request(request)).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) if error.is_connect() => {
                Err(SendError::Unreachable { target: self.target.clone(), cause: innermost(&error) })
            }
            Ok(Err(error)) => {
                Err(SendError::Broken { target: self.target.clone(), cause: innermost(&error) })
            }
            Err(_) => Err(SendError::Late { target: self.target.clone() }),
        }
    }
}

impl HttpEndpoint {
    fn signed(&self, request: RemoteRequest) -> Result<Request<Full<Bytes>>, SendError> {
        let RemoteRequest { method, path_and_query, body, signing_name, .. } = request;
        let mut headers = HeaderMap::new();
        headers.insert(USER_AGENT, HeaderValue::from_static(OUR_USER_AGENT));
        for (name, value) in request.headers {
            headers.insert(
                HeaderName::from_static(name),
                HeaderValue::try_from(value).map_err(http::Error::from)?,
            );
        }
        let (path, query) = path_and_query.split_once('?').unwrap_or((&path_and_query, ""));
        let signer = Signer {
            credentials: Credentials {
                access_key: &self.identity.access_key,
                secret: self.identity.secret.expose(),
                token: self.identity.session_token.as_ref().map(Secret::expose),
            },
            region: self.identity.region.as_str(),
            service: signing_name,
            now: Clock::machine_now(),
        };
        let unsigned = SignedRequest {
            method,
            path,
            query,
            headers: &headers,
            authority: Some(self.target.authority()),
            payload: Payload::Sha256(&sha256(&body)),
        };
        let signature = signer.sign(&unsigned).ok_or(SendError::UnwritableKey)?;
        headers.extend(signature);
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path_and_query}", self.target))
            .body(Full::new(body))?;
        *request.headers_mut() = headers;
        Ok(request)
    }
}

impl Endpoint for HttpEndpoint {
    type Error = SendError;

    async fn send(&self, request: RemoteRequest) -> Result<RemoteAnswer, SendError> {
        read(self.open(request).await?, &self.target).await
    }
}

/// Reads the rest of an answer.
pub(super) async fn read(response: Response<Incoming>, target: &Target) -> Result<RemoteAnswer, SendError> {
    let status = response.status().as_u16();
    let error_type =
        response.headers().get("x-amzn-errortype").and_then(|v| v.to_str().ok()).map(str::to_owned);
    let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX)
        .collect()
        .await
        .map_err(|error| SendError::BrokenOff { target: target.clone(), cause: error.to_string() })?;
    Ok(RemoteAnswer { status, error_type, body: body.to_bytes() })
}

fn innermost(error: &hyper_util::client::legacy::Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        said = error.to_string();
        cause = error.source();
    }
    said
}
