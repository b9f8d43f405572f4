//! Posting a notification as SNS posts one to an HTTP endpoint.

use anabranch_cloudwatch::Notification;
use anabranch_types::Hyphenated;
use anabranch_wire::sigv4::sha256;
use http::{Request, StatusCode, Uri};
use serde_json::json;

use super::Attempt;
use crate::webhook::Poster;

/// A client of the addresses that the configuration names.
pub(super) struct Webhooks(Poster);

impl Webhooks {
    /// None if TLS cannot be set up.
    pub fn new() -> Option<Self> {
        Poster::new().map(Self)
    }

    pub async fn post(&self, url: &Uri, notification: &Notification) -> Attempt {
        let id = message_id(notification);
        let request = Request::post(url)
            .header("content-type", "text/plain; charset=UTF-8")
            .header("user-agent", "Amazon Simple Notification Service Agent")
            .header("x-amz-sns-message-type", "Notification")
            .header("x-amz-sns-message-id", &id)
            .header("x-amz-sns-topic-arn", &notification.action)
            .body(body(notification, &id).into());
        let request = match request {
            Ok(request) => request,
            Err(error) => return Attempt::GivenUp(format!("the request cannot be written: {error}")),
        };
        match self.0.send(request).await {
            Ok(status) => outcome(status),
            Err(why) => Attempt::Again(why),
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
    let half = sha256(&notification.key).first_chunk().copied().unwrap_or_default();
    Hyphenated(u128::from_be_bytes(half)).to_string()
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
