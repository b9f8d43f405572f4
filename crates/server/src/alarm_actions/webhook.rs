//! Posting a notification as SNS posts one to an HTTP endpoint.

use std::time::Duration;

use anabranch_cloudwatch::Notification;
use anabranch_wire::sigv4::sha256;
use bytes::Bytes;
use http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::json;

use super::Attempt;
use crate::client::client_config;

/// SNS: an endpoint that has not answered after 15 seconds failed.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(15);
/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// What of an answer is read, so that its connection can be used again.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// A client of the addresses that the configuration names. Redirections are not followed: they would lead elsewhere.
pub(super) struct Webhooks {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

impl Webhooks {
    /// On TLS an address must show a certificate of Mozilla's list.
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

    pub async fn post(&self, url: &Uri, notification: &Notification) -> Attempt {
        let id = message_id(notification);
        let request = Request::post(url)
            .header("content-type", "text/plain; charset=UTF-8")
            .header("user-agent", "Amazon Simple Notification Service Agent")
            .header("x-amz-sns-message-type", "Notification")
            .header("x-amz-sns-message-id", &id)
            .header("x-amz-sns-topic-arn", &notification.action)
            .body(Full::new(body(notification, &id).into()));
        let request = match request {
            Ok(request) => request,
            Err(error) => return Attempt::GivenUp(format!("the request cannot be written: {error}")),
        };
        let answered = async {
            let response = self.client.request(request).await.map_err(|error| error.to_string())?;
            let status = response.status();
            // Read for the connection's sake; what it says does not matter.
            let _ = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await;
            Ok::<_, String>(status)
        };
        match tokio::time::timeout(ANSWER_TIMEOUT, answered).await {
            Ok(Ok(status)) => outcome(status),
            Ok(Err(error)) => Attempt::Again(error),
            Err(_) => Attempt::Again("no answer in time".to_owned()),
        }
    }
}

/// SNS, message delivery retries: answers of 4xx are for good, but for 429; we try again after a 408, too.
fn outcome(status: StatusCode) -> Attempt {
    match status {
        status if status.is_success() => Attempt::Taken,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => Attempt::Again(status.to_string()),
        status if status.is_server_error() => Attempt::Again(status.to_string()),
        status => Attempt::GivenUp(format!("the target answered {status}")),
    }
}

/// SNS, parsing message formats. There is no signature: its certificates are Amazon's.
fn body(notification: &Notification, id: &str) -> String {
    json!({
        "Type": "Notification",
        "MessageId": id,
        "TopicArn": notification.action,
        "Subject": notification.subject,
        "Message": notification.message,
        "Timestamp": notification.at.to_string(),
    })
    .to_string()
}

/// The same for each delivery of a notification, so that its receiver can tell.
fn message_id(notification: &Notification) -> String {
    let hex: String = sha256(&notification.key).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_answer_means() {
        let told = |status: u16| match outcome(StatusCode::from_u16(status).unwrap()) {
            Attempt::Taken => "taken",
            Attempt::Again(_) => "again",
            Attempt::GivenUp(_) => "given up",
        };
        let cases = [
            (200, "taken"),
            (204, "taken"),
            (301, "given up"),
            (404, "given up"),
            (429, "again"),
            (503, "again"),
        ];
        for (status, expected) in cases {
            assert_eq!(told(status), expected, "{status}");
        }
    }
}
