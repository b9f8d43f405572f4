use std::future::Future;
use std::pin::Pin;

use anabranch_wire::{Decode, Encode, Envelope, Malformed, Protocol, Violations, eventstream, json};
use bytes::{Bytes, BytesMut};
use futures_util::Stream;

use crate::rest::{AnswerParts, BoundParts, RequestParts};
use crate::service::Service;
use crate::{ApiError, Context};

/// One API operation, known by its request type. Implemented by generated code.
pub trait Operation: Decode + Encode + Send + 'static {
    /// The service it is of.
    const SERVICE: &'static Service;
    /// Target prefix and name: `Kinesis_20131202.PutRecords`.
    const NAME: &'static str;
    /// The action a policy names: `kinesis:PutRecords`.
    const ACTION: &'static str;
    /// Whether it changes nothing (no state, no record): such a call may be dropped when its client hangs up.
    const READ_ONLY: bool;
    /// Whether the model gives it an answer; without one the body is empty (in Query, a response without a result).
    const HAS_OUTPUT: bool;
    /// REST: whether a blob is the whole of the request's body, so that there is no document to decode.
    const RAW_BODY: bool = false;
    /// The HTTP status of an answer.
    const STATUS: u16 = 200;
    /// The kind of resource that CloudTrail's data events of it are about (`AWS::Kinesis::Stream`); none for an operation whose events are
    /// management events (CT logging-data-events-with-cloudtrail).
    const DATA_TYPE: Option<&'static str> = None;
    /// The answer.
    type Output: Decode + Encode + Send + 'static;
    /// The service's errors.
    type Error: Into<ApiError> + From<ApiError> + Send + 'static;

    /// Reads a request in one of the service's protocols. Compiled here, once, for these protocols alone.
    fn read(protocol: Protocol, body: Bytes, violations: &mut Violations) -> Result<Self, Malformed>;
    /// Appends an answer to `out` in one of the service's protocols. Compiled as [`Operation::read`] is.
    fn write(output: &Self::Output, protocol: Protocol, envelope: &Envelope<'_>, out: BytesMut) -> BytesMut;
    /// The request written down for an account of calls ([`anabranch_wire::transcript::of`]). Compiled here.
    fn parameters(&self) -> Option<Bytes>;
    /// The same of an answer.
    fn elements(output: &Self::Output) -> Option<Bytes>;
    /// Notes every length, range and pattern of the model that the request breaks.
    fn check(&self, violations: &mut Violations);
    /// What the call is about, by the data in `models/authorization.toml`.
    fn resources(&self, cx: &Context) -> Resources;

    /// The condition keys that the request gives, by the same data.
    fn condition_keys(&self) -> ConditionKeys {
        ConditionKeys::new()
    }

    /// REST: takes the members bound to the path, the query, headers and the raw body, after the document was decoded (an empty one if [`Operation::RAW_BODY`]).
    fn bind(&mut self, _parts: &RequestParts<'_>, _violations: &mut Violations) -> Result<(), Malformed> {
        Ok(())
    }

    /// REST, for clients: gives the members that `bind` takes.
    fn parts(&self, _parts: &mut BoundParts) {}

    /// REST: gives the members bound to the status, headers and the raw body.
    fn unbind(_output: &Self::Output, _answer: &mut AnswerParts) {}
}

/// An operation whose answer is followed by frames: SubscribeToShard, GetMedia.
pub trait FeedOperation: Operation {
    /// What a frame carries.
    type Event: Event;
}

/// An operation that reads headers and a body without end and answers frames meanwhile: PutMedia.
pub trait DuplexOperation: Operation {
    /// What a frame carries.
    type Event: Event;
}

/// A member of an event stream's union. Implemented by generated code.
pub trait Event: Send + 'static {
    /// The `:content-type` header.
    const CONTENT_TYPE: &'static str;
    /// The `:event-type` header.
    fn event_type(&self) -> &'static str;
    /// Writes the payload's document.
    fn encode_payload<E: anabranch_wire::Encoder>(&self, e: &mut E);
}

/// One frame of an event stream, encoded once and shared by everybody it goes to.
#[derive(Clone, Debug)]
pub struct EventFrame(pub Bytes);

impl EventFrame {
    /// The frame of an event, its payload being JSON whatever the request spoke, as AWS has it.
    pub fn of<T: Event>(event: &T) -> Self {
        Self::sized(event, 512)
    }

    /// The same, in a buffer made for a payload of about `payload_bytes`.
    pub fn sized<T: Event>(event: &T, payload_bytes: usize) -> Self {
        Self(eventstream::event(event.event_type(), T::CONTENT_TYPE, payload_bytes, |out| {
            let mut encoder = json::Encoder::new(out);
            event.encode_payload(&mut encoder);
            encoder.finish()
        }))
    }
}

/// The frames of a feed. An error is written as an exception frame, after which the stream ends.
pub type Frames = Pin<Box<dyn Stream<Item = Result<EventFrame, ApiError>> + Send>>;

/// An answer and the frames that follow it.
pub struct Feed<Output> {
    /// The initial response.
    pub output: Output,
    /// The frames.
    pub frames: Frames,
}

/// The body of a duplex request.
pub type BodyStream = Pin<Box<dyn Stream<Item = Result<Bytes, std::io::Error>> + Send>>;

/// A service that answers `Op`. One file of the service holds one `impl` of this.
pub trait Serve<Op: Operation>: Send + Sync + 'static {
    /// Who calls, where nothing but the request itself says so: that of an operation whose requests are not signed.
    fn identify(&self, _cx: &mut Context, _request: &Op) -> Result<(), Op::Error> {
        Ok(())
    }
    /// What the call is about. Overridden where the resource is inside a token.
    fn resources(&self, cx: &Context, request: &Op) -> Result<Resources, Op::Error> {
        Ok(request.resources(cx))
    }
    /// What the request gives to conditions. Overridden where only the service can tell: which of an item's attributes is its key.
    fn condition_keys(&self, _cx: &Context, request: &Op) -> ConditionKeys {
        request.condition_keys()
    }
    /// Answers the call.
    fn serve(&self, cx: &Context, request: Op) -> impl Future<Output = Result<Op::Output, Op::Error>> + Send;
}

/// A service that answers `Op` with a feed. Refusals before the first frame are ordinary errors.
pub trait ServeFeed<Op: FeedOperation>: Send + Sync + 'static {
    /// What the call is about. Overridden where the resource is inside a token.
    fn resources(&self, cx: &Context, request: &Op) -> Result<Resources, Op::Error> {
        Ok(request.resources(cx))
    }
    /// Opens the feed.
    fn open(
        &self,
        cx: &Context,
        request: Op,
    ) -> impl Future<Output = Result<Feed<Op::Output>, Op::Error>> + Send;
}

/// A service that answers `Op` while its body is still coming.
pub trait ServeDuplex<Op: DuplexOperation>: Send + Sync + 'static {
    /// What the call is about.
    fn resources(&self, cx: &Context, request: &Op) -> Result<Resources, Op::Error> {
        Ok(request.resources(cx))
    }
    /// Opens the feed; `body` is read as it comes.
    fn open(
        &self,
        cx: &Context,
        request: Op,
        body: BodyStream,
    ) -> impl Future<Output = Result<Feed<Op::Output>, Op::Error>> + Send;
}

/// One resource of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// The action asked for on it; mostly the operation's own.
    pub action: &'static str,
    /// Its ARN, or `*` for actions without a resource.
    pub arn: String,
}

/// What a call is about: mostly one resource.
pub type Resources = Vec<Resource>;

/// What a request says about itself that a policy's conditions may ask for: keys in lower case (`aws:requesttag/team`, `aws:tagkeys`)
/// with their values.
pub type ConditionKeys = Vec<(String, Vec<String>)>;
