use anabranch_api::kinesis::SubscribeToShardEvent;
use anabranch_api::{ApiError, Fault};
use anabranch_wire::eventstream::{Message, Reader};
use anabranch_wire::{Protocol, Violations};
use http_body_util::BodyExt;
use hyper::body::Incoming;

use super::{CallError, SendError, Target};

/// The events of one SubscribeToShard.
pub struct Subscription {
    target: Target,
    body: Incoming,
    reader: Reader,
}

impl Subscription {
    pub(super) fn new(target: Target, body: Incoming) -> Self {
        Self { target, body, reader: Reader::default() }
    }

    /// The next event; none when the server ended the subscription, as it does after five minutes and at a shard's end (AWS:
    /// API_SubscribeToShard). May be dropped and called again without losing anything.
    pub async fn next_event(&mut self) -> Result<Option<SubscribeToShardEvent>, CallError> {
        loop {
            while let Some(message) = self.reader.next_message().map_err(|e| self.broken_off(e))? {
                match open(message) {
                    Opened::Event(event) => return Ok(Some(event)),
                    Opened::Refusal(error) => return Err(CallError::Refused(error)),
                    Opened::Unreadable(cause) => return Err(self.broken_off(cause)),
                    Opened::Nothing => {}
                }
            }
            match self.body.frame().await {
                None if self.reader.is_complete() => return Ok(None),
                None => return Err(self.broken_off("a message is cut off")),
                Some(Err(error)) => return Err(self.broken_off(error)),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.reader.push(&data);
                    }
                }
            }
        }
    }

    fn broken_off(&self, cause: impl ToString) -> CallError {
        CallError::Send(SendError::BrokenOff { target: self.target.clone(), cause: cause.to_string() })
    }
}

/// What a message says.
enum Opened {
    Event(SubscribeToShardEvent),
    /// The server ends the subscription with an error.
    Refusal(ApiError),
    Unreadable(String),
    /// The initial response, or an event that our model does not know.
    Nothing,
}

fn open(message: Message) -> Opened {
    match (message.text(":message-type"), message.text(":event-type")) {
        (Some("event"), Some("SubscribeToShardEvent")) => {
            let mut violations = Violations::default();
            match Protocol::Json11.decode_answer(message.payload, &mut violations) {
                Ok(event) => Opened::Event(event),
                Err(malformed) => Opened::Unreadable(malformed.to_string()),
            }
        }
        (Some("event"), _) => Opened::Nothing,
        _ => {
            let code =
                message.text(":exception-type").or_else(|| message.text(":error-code")).map(str::to_owned);
            let error = Protocol::Json11.read_error(code.as_deref(), message.payload);
            let is_ours = error.code.starts_with("Internal");
            Opened::Refusal(ApiError {
                code: error.code.into(),
                query_code: None,
                status: if is_ours { 500 } else { 400 },
                fault: if is_ours { Fault::Server } else { Fault::Client },
                message: error.message.map(Into::into),
                members: None,
            })
        }
    }
}
