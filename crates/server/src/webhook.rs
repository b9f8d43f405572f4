//! Posting to addresses that the configuration names.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use crate::client::client_config;

/// How long an answer may take (SNS: an endpoint that has not answered after 15 seconds failed).
const ANSWER_TIMEOUT: Duration = Duration::from_secs(15);
/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// What of an answer is read, so that its connection can be used again.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// Longest address.
const URL_BYTES_MAX: usize = 2_048;

/// A client that posts. Redirections are not followed: they would lead elsewhere. On TLS an address must show a certificate of Mozilla's list.
pub(crate) struct Poster {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

impl Poster {
    /// None if TLS cannot be set up.
    pub fn new() -> Option<Self> {
        let mut plain = HttpConnector::new();
        plain.enforce_http(false);
        plain.set_connect_timeout(Some(CONNECT_TIMEOUT));
        let tls = client_config(None).ok()?;
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(plain);
        Some(Self { client: Client::builder(TokioExecutor::new()).build(connector) })
    }

    /// Sends a request, and answers the status that came back; or why none did.
    pub async fn send(&self, request: Request<Full<Bytes>>) -> Result<StatusCode, String> {
        let answered = async {
            let response = self.client.request(request).await.map_err(|error| error.to_string())?;
            let status = response.status();
            // Read for the connection's sake; what it says does not matter.
            let _ = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await;
            Ok(status)
        };
        let answered = tokio::time::timeout(ANSWER_TIMEOUT, answered).await;
        answered.unwrap_or_else(|_| Err("no answer in time".to_owned()))
    }
}

/// An address that can be posted to: `http` or `https`, with a host and without a user.
pub(crate) fn address(text: &str) -> Result<Uri, String> {
    let invalid = || format!("`{text}` is no address: write http://HOST/PATH or https://HOST/PATH");
    let url: Uri = text.parse().map_err(|_| invalid())?;
    let is_http = matches!(url.scheme_str(), Some("http" | "https"));
    let names_user = url.authority().is_none_or(|authority| authority.as_str().contains('@'));
    if !is_http || names_user || url.host().is_none_or(str::is_empty) || text.len() > URL_BYTES_MAX {
        return Err(invalid());
    }
    Ok(url)
}
