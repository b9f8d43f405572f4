use anabranch_api::kinesis::SubscribeToShardEvent;
use anabranch_api::{ApiError, Fault};
use anabranch_wire::Protocol;
use bytes::BytesMut;
use http_body_util::BodyExt;
use hyper::body::Incoming;

use super::frames::{self, Damaged, Message};
use super::{CallError, kinesis};

/// The events of one SubscribeToShard.
pub struct Subscription {
    body: Incoming,
    unread: BytesMut,
}

impl Subscription {
    pub(super) fn new(body: Incoming) -> Self {
        Self { body, unread: BytesMut::new() }
    }

    /// The next event; none when the server ended the subscription, as it does after five minutes and at a shard's end (AWS:
    /// API_SubscribeToShard). May be dropped and called again without losing anything.
    pub async fn next_event(&mut self) -> Result<Option<SubscribeToShardEvent>, CallError> {
        loop {
            while let Some(message) = frames::next_message(&mut self.unread).map_err(damaged)? {
                if let Some(event) = open(message)? {
                    return Ok(Some(event));
                }
            }
            match self.body.frame().await {
                None if self.unread.is_empty() => return Ok(None),
                None => return Err(broken_off("a message is cut off")),
                Some(Err(error)) => return Err(broken_off(error)),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.unread.extend_from_slice(&data);
                    }
                }
            }
        }
    }
}

/// The event in a message; none in the initial response.
fn open(message: Message) -> Result<Option<SubscribeToShardEvent>, CallError> {
    match (&*message.message_type, &*message.kind) {
        ("event", "SubscribeToShardEvent") => kinesis::decode_event(message.payload).map(Some),
        ("event", _) => Ok(None),
        _ => {
            let error = Protocol::Json11.read_error(Some(&message.kind), message.payload);
            let fault = if error.code.starts_with("Internal") { Fault::Server } else { Fault::Client };
            Err(CallError::Refused(ApiError {
                code: error.code.into(),
                query_code: None,
                status: if fault == Fault::Server { 500 } else { 400 },
                fault,
                message: error.message.map(Into::into),
            }))
        }
    }
}

fn damaged(Damaged(cause): Damaged) -> CallError {
    CallError::Unreadable { operation: "SubscribeToShard", cause: cause.to_owned() }
}

fn broken_off(cause: impl ToString) -> CallError {
    CallError::BrokenOff { operation: "SubscribeToShard", cause: cause.to_string() }
}
