//! One HTTP/1.1 connection that carries one signed request after the other, with as little of its own work as can be.

use anabranch_governance::iam::Secret;
use anabranch_types::Clock;
use anabranch_wire::Protocol;
use anabranch_wire::sigv4::{Credentials, Payload, SignedRequest, Signer, sha256};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderValue, Method, Request};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::task::AbortHandle;

use super::super::Failure;
use super::server::Server;
use crate::client::{Identity, Target};

/// On so many connections a request is tried that none of them has taken.
const CONNECTIONS_PER_REQUEST_MAX: usize = 3;

/// A connection to a server.
pub(super) struct Wire {
    sender: SendRequest<Full<Bytes>>,
    driver: AbortHandle,
    target: Target,
    identity: Identity,
}

/// A request that is signed and can be sent.
pub(super) struct Ready(Request<Full<Bytes>>);

/// What a request is of: the name in its signature's scope, and what stands before the operation in its target.
#[derive(Clone, Copy, Debug)]
pub(super) struct Api {
    service: &'static str,
    target: &'static str,
}

pub(super) const KINESIS: Api = Api { service: "kinesis", target: "Kinesis_20131202" };
pub(super) const DYNAMODB: Api = Api { service: "dynamodb", target: "DynamoDB_20120810" };

impl Wire {
    pub(super) async fn connect(server: &Server) -> Result<Self, Failure> {
        let target = server.target.clone();
        if target.is_tls() {
            return Err(
                format!("{target}: a benchmark speaks plain HTTP; measure TLS with another tool").into()
            );
        }
        let (sender, driver) = connect(&target).await?;
        Ok(Self { sender, driver, target, identity: server.identity.clone() })
    }

    /// Signs a request of Kinesis.
    pub(super) fn sign(&self, protocol: Protocol, operation: &str, body: Bytes) -> Result<Ready, Failure> {
        self.sign_as(KINESIS, protocol, operation, body)
    }

    /// Signs a request. Nothing of a signature is kept for the next.
    pub(super) fn sign_as(
        &self,
        api: Api,
        protocol: Protocol,
        operation: &str,
        body: Bytes,
    ) -> Result<Ready, Failure> {
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert(HOST, HeaderValue::from_str(self.target.authority())?);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(protocol.content_type()));
        headers.insert("x-amz-target", HeaderValue::try_from(format!("{}.{operation}", api.target))?);
        let signer = Signer {
            credentials: Credentials {
                access_key: &self.identity.access_key,
                secret: self.identity.secret.expose(),
                token: self.identity.session_token.as_ref().map(Secret::expose),
            },
            region: self.identity.region.as_str(),
            service: api.service,
            now: Clock::machine_now(),
        };
        let unsigned = SignedRequest {
            method: "POST",
            path: "/",
            query: "",
            headers: &headers,
            authority: None,
            payload: Payload::Sha256(&sha256(&body)),
        };
        let signature = signer.sign(&unsigned).ok_or("the access key cannot stand in a header")?;
        headers.extend(signature);
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.headers_mut() = headers;
        Ok(Ready(request))
    }

    /// Sends a request; its answer's body, or a failure that tells the server's refusal. Where the server has closed the connection
    /// since the last answer, on a new one.
    pub(super) async fn send(&mut self, ready: Ready) -> Result<Bytes, Failure> {
        let mut request = ready.0;
        let mut left = CONNECTIONS_PER_REQUEST_MAX;
        let answer = loop {
            if self.sender.ready().await.is_err() {
                self.driver.abort();
                (self.sender, self.driver) = connect(&self.target).await?;
            }
            left -= 1;
            match self.sender.try_send_request(request).await {
                Ok(answer) => break answer,
                Err(mut error) => match error.take_message().filter(|_| left > 0) {
                    Some(unsent) => request = unsent,
                    None => return Err(error.into_error().into()),
                },
            }
        };
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        match status.is_success() {
            true => Ok(body),
            false => {
                Err(Failure::from(format!("HTTP {}: {}", status.as_u16(), String::from_utf8_lossy(&body))))
            }
        }
    }

    /// One call of Kinesis in JSON, for what prepares a load.
    pub(super) async fn call(&mut self, operation: &str, request: &Value) -> Result<Value, Failure> {
        self.call_as(KINESIS, Protocol::Json11, operation, request).await
    }

    /// One call in JSON.
    pub(super) async fn call_as(
        &mut self,
        api: Api,
        protocol: Protocol,
        operation: &str,
        request: &Value,
    ) -> Result<Value, Failure> {
        let ready = self.sign_as(api, protocol, operation, Bytes::from(request.to_string()))?;
        let body = self.send(ready).await.map_err(|failure| format!("{operation}: {failure}"))?;
        if body.is_empty() { Ok(Value::Null) } else { Ok(serde_json::from_slice(&body)?) }
    }
}

async fn connect(target: &Target) -> Result<(SendRequest<Full<Bytes>>, AbortHandle), Failure> {
    let authority = target.authority();
    let has_port = authority.rsplit(':').next().is_some_and(|port| port.parse::<u16>().is_ok());
    let address = if has_port { authority.to_owned() } else { format!("{authority}:80") };
    let stream =
        TcpStream::connect(address).await.map_err(|error| format!("cannot connect to {target}: {error}"))?;
    stream.set_nodelay(true)?;
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    Ok((sender, tokio::spawn(connection).abort_handle()))
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.driver.abort();
    }
}
