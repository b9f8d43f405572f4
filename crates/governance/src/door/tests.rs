use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use anabranch_api::{
    ApiError, BodyStream, ConditionKeys, Context, Descriptor, DuplexOperation, Event, EventFrame, Feed,
    FeedOperation, Operation, Principal, Resource, Resources, Serve, ServeDuplex, ServeFeed, Service as Api,
};
use anabranch_wire::{Decode, Decoder, Encode, Encoder, Envelope, Malformed, Path, Protocol, Violations};
use bytes::{Bytes, BytesMut};
use futures_util::stream::{self, StreamExt};
use tokio::sync::Notify;

use super::Door;
use crate::audit::{AuditEvent, AuditSink};
use crate::authorize::{Authorize, Lasting};
use crate::metrics::Metrics;
use crate::testing::authority;

/// What a request makes the service do.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Behave {
    #[default]
    Answer,
    Refuse,
    Panic,
    Wait,
}

/// A document without members, which is all the operations here need.
macro_rules! bare {
    ($($shape:ty => $value:expr),*) => {$(
        impl Decode for $shape {
            fn decode<D: Decoder>(d: &mut D, _: &Path<'_>, _: &mut Violations) -> Result<Self, Malformed> {
                d.begin_structure()?;
                while d.next_member(&[])?.is_some() {}
                Ok($value)
            }
        }
        impl Encode for $shape {
            fn encode<E: Encoder>(&self, e: &mut E) {
                e.begin_structure();
                e.end_structure();
            }
        }
    )*};
}

/// The service these operations are of.
const TEST: Api = Api {
    name: "test",
    signing_name: "test",
    target_prefix: Some("Test_20261121"),
    api_version: "2026-11-21",
    protocols: &[Protocol::Json11],
    rpc_service_name: None,
    xml_namespace: None,
    violation_code: None,
    operations: &[],
};

/// An operation with a behaviour and the account of its resource.
macro_rules! operation {
    ($name:ident, $action:literal, $read_only:literal) => {
        operation!($name, $action, $read_only, None);
    };
    ($name:ident, $action:literal, $read_only:literal, $data:expr) => {
        #[derive(Debug)]
        struct $name(Behave, &'static str);
        bare!($name => $name(Behave::Answer, ""));
        impl Operation for $name {
            const SERVICE: &'static Api = &TEST;
            const NAME: &'static str = concat!("Test_20261121.", stringify!($name));
            const ACTION: &'static str = $action;
            const READ_ONLY: bool = $read_only;
            const HAS_OUTPUT: bool = true;
            const DATA_TYPE: Option<&'static str> = $data;
            type Output = Done;
            type Error = ApiError;
            fn read(protocol: Protocol, body: Bytes, violations: &mut Violations) -> Result<Self, Malformed> {
                protocol.decode(body, violations)
            }
            fn write(output: &Done, protocol: Protocol, envelope: &Envelope<'_>, out: BytesMut) -> BytesMut {
                protocol.encode(output, envelope, out)
            }
            fn parameters(&self) -> Option<Bytes> {
                Some(format!(r#"{{"account":"{}"}}"#, self.1).into())
            }
            fn elements(output: &Done) -> Option<Bytes> {
                Some(format!(r#"{{"done":{}}}"#, output.0).into())
            }
            fn check(&self, _: &mut Violations) {}
            fn resources(&self, _: &Context) -> Resources {
                let arn = format!("arn:aws:kinesis:us-east-1:{}:stream/s", self.1);
                vec![Resource { action: $action, arn }]
            }
        }
    };
}

#[derive(Debug, PartialEq)]
struct Done(usize);
bare!(Done => Done(0));
operation!(Describe, "kinesis:Describe", true);
operation!(Change, "kinesis:Change", false);
operation!(PutRecords, "kinesis:PutRecords", false, Some("AWS::Kinesis::Stream"));
operation!(Subscribe, "kinesis:SubscribeToShard", true, Some("AWS::Kinesis::StreamConsumer"));
operation!(PutMedia, "kinesisvideo:PutMedia", false);

struct Chunk;
impl Event for Chunk {
    const CONTENT_TYPE: &'static str = "application/json";
    fn event_type(&self) -> &'static str {
        "Chunk"
    }
    fn encode_payload<E: Encoder>(&self, e: &mut E) {
        e.begin_structure();
        e.end_structure();
    }
}
impl FeedOperation for Subscribe {
    type Event = Chunk;
}
impl DuplexOperation for PutMedia {
    type Event = Chunk;
}

/// Counts what it finished; waits for `go` where told to.
#[derive(Default)]
struct Service {
    finished: AtomicUsize,
    reached: Notify,
    go: Notify,
}

impl Service {
    async fn behave(&self, behave: Behave) -> Result<Done, ApiError> {
        match behave {
            Behave::Answer => {}
            Behave::Refuse => return Err(ApiError::client("ResourceInUseException", "Busy.")),
            Behave::Panic => panic!("a service's mistake, made on purpose"),
            Behave::Wait => {
                self.reached.notify_one();
                self.go.notified().await;
            }
        }
        Ok(Done(self.finished.fetch_add(1, Ordering::SeqCst) + 1))
    }
}

macro_rules! serves {
    ($($operation:ty),*) => {$(
        impl Serve<$operation> for Service {
            async fn serve(&self, _: &Context, request: $operation) -> Result<Done, ApiError> {
                self.behave(request.0).await
            }
        }
    )*};
}
serves!(Describe, Change, PutRecords);

impl ServeFeed<Subscribe> for Service {
    async fn open(&self, _: &Context, request: Subscribe) -> Result<Feed<Done>, ApiError> {
        let fails_later = request.0 == Behave::Panic;
        let output = if fails_later { Done(0) } else { self.behave(request.0).await? };
        let frames = (0..3).map(move |n| {
            assert!(!(fails_later && n == 1), "a feed's mistake, made on purpose");
            Ok(EventFrame(Bytes::from_static(b"frame")))
        });
        Ok(Feed { output, frames: Box::pin(stream::iter(frames)) })
    }
}

impl ServeDuplex<PutMedia> for Service {
    async fn open(&self, _: &Context, request: PutMedia, body: BodyStream) -> Result<Feed<Done>, ApiError> {
        let output = self.behave(request.0).await?;
        let frames = body.map(|piece| piece.map(EventFrame).map_err(|_| ApiError::internal()));
        Ok(Feed { output, frames: Box::pin(frames) })
    }
}

/// Keeps the events in memory.
#[derive(Default)]
struct Kept {
    events: Mutex<Vec<AuditEvent>>,
    came: Notify,
    /// Whose data calls it wants to know of.
    asks_for: Mutex<Option<&'static str>>,
}

impl AuditSink for Arc<Kept> {
    fn asks_for_data(&self) -> bool {
        self.asks_for.lock().unwrap().is_some()
    }

    fn selects(&self, _: &Descriptor, _: &Context, about: &Resources) -> bool {
        let wanted = *self.asks_for.lock().unwrap();
        about.iter().any(|resource| wanted.is_some_and(|account| resource.arn.contains(account)))
    }

    fn record(&self, event: AuditEvent) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.events.lock().unwrap().push(event);
        self.came.notify_one();
        Box::pin(std::future::ready(()))
    }
}

/// Lets everybody do everything.
struct Anybody;

impl Authorize for Anybody {
    fn authorize(&self, _: &Context, _: &[Resource], _: &ConditionKeys) -> Result<(), ApiError> {
        Ok(())
    }

    fn authorize_via(&self, _: &Context, _: &Resource, _: &ConditionKeys) -> Result<Lasting, ApiError> {
        Ok(Lasting::UntilChange)
    }

    fn revision(&self) -> u64 {
        0
    }
}

struct Fixture {
    door: Door,
    service: Arc<Service>,
    audit: Arc<Kept>,
}

impl Fixture {
    fn new() -> Self {
        let audit = Arc::new(Kept::default());
        let door = Door::new(authority(), Arc::new(Arc::clone(&audit)), Metrics::new(|_| {}));
        Self { door, service: Arc::default(), audit }
    }

    /// The operation and error code of each event.
    fn audited(&self) -> Vec<(&'static str, Option<String>)> {
        self.audit.events.lock().unwrap().iter().map(|e| (e.name, e.error_code.clone())).collect()
    }

    fn counts(&self, series: &str) -> bool {
        self.door.metrics().scrape().lines().any(|line| line == format!("anabranch_{series}"))
    }
}

const OWN: &str = "111111111111";
const FOREIGN: &str = "222222222222";

fn context() -> Context {
    crate::testing::context(OWN)
}

#[tokio::test]
async fn a_call_is_served_counted_and_audited() {
    let f = Fixture::new();
    let done = f.door.unary(context(), &f.service, Change(Behave::Answer, OWN)).await.unwrap();
    assert_eq!(done, Done(1));
    assert!(f.counts(r#"requests_total{operation="Test_20261121.Change"} 1"#));
    let events = f.audit.events.lock().unwrap();
    let written = record(&events[0]);
    let expected = serde_json::json!({
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "Root",
            "principalId": OWN,
            "arn": "arn:aws:iam::111111111111:root",
            "accountId": OWN,
            "accessKeyId": "AKIATEST"
        },
        "eventTime": "2026-11-21T15:40:00Z",
        "eventSource": "kinesis.amazonaws.com",
        "eventName": "Change",
        "awsRegion": "us-east-1",
        "sourceIPAddress": "127.0.0.1",
        "userAgent": "test/1",
        "requestParameters": {"account": OWN},
        "responseElements": {"done": 1},
        "requestID": "00000000-0000-4000-8000-000000000007",
        "eventID": events[0].id.to_string(),
        "readOnly": false,
        "resources": [{
            "accountId": OWN,
            "type": "AWS::Kinesis::Stream",
            "ARN": "arn:aws:kinesis:us-east-1:111111111111:stream/s"
        }],
        "eventType": "AwsApiCall",
        "managementEvent": true,
        "recipientAccountId": OWN,
        "eventCategory": "Management"
    });
    assert_eq!(written, expected);
}

/// The event as it is written.
fn record(event: &AuditEvent) -> serde_json::Value {
    serde_json::from_slice(&event.to_json()).unwrap()
}

#[tokio::test]
async fn reads_and_refusals_have_no_answer_in_their_events() {
    let f = Fixture::new();
    f.door.unary(context(), &f.service, Describe(Behave::Answer, OWN)).await.unwrap();
    f.door.unary(context(), &f.service, Change(Behave::Refuse, OWN)).await.unwrap_err();
    let events = f.audit.events.lock().unwrap();
    for event in events.iter().map(record) {
        assert_eq!(event["requestParameters"]["account"], OWN);
        assert_eq!(event["responseElements"], serde_json::Value::Null);
    }
}

#[tokio::test]
async fn the_owner_of_what_a_call_was_about_has_an_event_of_its_own() {
    let f = Fixture::new();
    let service = Context { principal: Principal::Service("firehose"), ..context() };
    f.door.unary(service, &f.service, Describe(Behave::Answer, FOREIGN)).await.unwrap();
    assert_eq!(f.audit.events.lock().unwrap().len(), 1, "our own services are of no account");
    f.audit.events.lock().unwrap().clear();
    // The door is kept by somebody who lets everybody in.
    let door = Door::new(Arc::new(Anybody), Arc::new(Arc::clone(&f.audit)), Metrics::new(|_| {}));
    door.unary(context(), &f.service, Describe(Behave::Answer, FOREIGN)).await.unwrap();
    let events: Vec<_> = f.audit.events.lock().unwrap().iter().map(record).collect();
    let [owners, callers] = &events[..] else { panic!("{events:?}") };
    assert_eq!(
        (&owners["recipientAccountId"], &callers["recipientAccountId"]),
        (&FOREIGN.into(), &OWN.into())
    );
    assert_eq!(owners["sharedEventID"], callers["sharedEventID"]);
    assert!(owners["sharedEventID"].is_string() && owners["eventID"] != callers["eventID"]);
    let abroad = serde_json::json!({"type": "AWSAccount", "principalId": OWN, "accountId": OWN});
    assert_eq!((&owners["userIdentity"], &callers["userIdentity"]["type"]), (&abroad, &"Root".into()));
}

#[tokio::test]
async fn data_calls_that_somebody_asks_for_are_audited_without_their_answer() {
    let f = Fixture::new();
    *f.audit.asks_for.lock().unwrap() = Some(OWN);
    f.door.unary(context(), &f.service, PutRecords(Behave::Answer, OWN)).await.unwrap();
    *f.audit.asks_for.lock().unwrap() = Some(FOREIGN);
    f.door.unary(context(), &f.service, PutRecords(Behave::Answer, OWN)).await.unwrap();
    let events: Vec<_> = f.audit.events.lock().unwrap().iter().map(record).collect();
    let [event] = &events[..] else { panic!("{events:?}") };
    assert_eq!((&event["eventCategory"], &event["managementEvent"]), (&"Data".into(), &false.into()));
    assert_eq!(event["requestParameters"]["account"], OWN);
    assert_eq!(event["responseElements"], serde_json::Value::Null);
}

#[tokio::test]
async fn refusals_are_counted_by_code_and_audited_with_their_sentence() {
    let f = Fixture::new();
    let refused = f.door.unary(context(), &f.service, Describe(Behave::Refuse, OWN)).await.unwrap_err();
    assert_eq!(refused.code, "ResourceInUseException");
    assert!(f.counts(r#"errors_total{operation="Test_20261121.Describe",code="ResourceInUseException"} 1"#));
    let events = f.audit.events.lock().unwrap();
    assert_eq!(events[0].error_message.as_deref(), Some("Busy."));
}

#[tokio::test]
async fn nobody_touches_anothers_account() {
    let f = Fixture::new();
    let denied = f.door.unary(context(), &f.service, PutRecords(Behave::Answer, FOREIGN)).await.unwrap_err();
    assert_eq!(
        denied,
        ApiError::client(
            "AccessDeniedException",
            "User: arn:aws:iam::111111111111:root is not authorized to perform: kinesis:PutRecords on \
             resource: arn:aws:kinesis:us-east-1:222222222222:stream/s because no resource-based policy \
             allows the kinesis:PutRecords action"
        )
    );
    assert_eq!(f.service.finished.load(Ordering::SeqCst), 0);
    let service = Context { principal: Principal::Service("firehose"), ..context() };
    assert!(f.door.unary(service, &f.service, Describe(Behave::Answer, FOREIGN)).await.is_ok());
}

#[tokio::test]
async fn data_events_are_audited_only_when_denied() {
    let f = Fixture::new();
    let calls = [(Behave::Answer, OWN), (Behave::Refuse, OWN), (Behave::Answer, FOREIGN)];
    for (behave, account) in calls {
        let _ = f.door.unary(context(), &f.service, PutRecords(behave, account)).await;
    }
    assert_eq!(f.audited(), [("PutRecords", Some("AccessDeniedException".to_owned()))]);
}

#[tokio::test]
async fn what_was_refused_before_the_door_has_an_event_unless_it_is_a_data_call_that_was_not_denied() {
    let f = Fixture::new();
    let (change, put) = (Descriptor::of::<Change>(), Descriptor::of::<PutRecords>());
    let illegible = ApiError::client("SerializationException", "No.");
    let forged = ApiError::client("InvalidSignatureException", "No.");
    for (operation, error) in [(change, &illegible), (put, &illegible), (put, &forged)] {
        f.door.turned_away(operation, &context(), error).await;
    }
    let code = |code: &str| Some(code.to_owned());
    assert_eq!(
        f.audited(),
        [("Change", code("SerializationException")), ("PutRecords", code("InvalidSignatureException"))]
    );
    assert!(f.audit.events.lock().unwrap()[1].denied);
}

#[tokio::test]
async fn a_panic_is_an_internal_failure_and_is_counted() {
    let f = Fixture::new();
    let read = f.door.unary(context(), &f.service, Describe(Behave::Panic, OWN)).await;
    let changed = f.door.unary(context(), &f.service, Change(Behave::Panic, OWN)).await;
    assert_eq!((read, changed), (Err(ApiError::internal()), Err(ApiError::internal())));
    assert!(f.counts("panics_total 2"));
    let failed = || Some("InternalFailure".to_owned());
    assert_eq!(f.audited(), [("Describe", failed()), ("Change", failed())]);
}

#[tokio::test]
async fn a_client_that_hangs_up_neither_stops_a_change_nor_escapes_the_audit() {
    let f = Fixture::new();
    let (door, service) = (f.door.clone(), Arc::clone(&f.service));
    let client =
        tokio::spawn(async move { door.unary(context(), &service, Change(Behave::Wait, OWN)).await });
    f.service.reached.notified().await;
    client.abort();
    assert!(client.await.unwrap_err().is_cancelled());
    f.service.go.notify_one();
    f.audit.came.notified().await;
    assert_eq!(f.service.finished.load(Ordering::SeqCst), 1);
    assert_eq!(f.audited(), [("Change", None)]);
}

#[tokio::test]
async fn a_read_whose_client_hangs_up_is_dropped_and_counted() {
    let f = Fixture::new();
    let (door, service) = (f.door.clone(), Arc::clone(&f.service));
    let client =
        tokio::spawn(async move { door.unary(context(), &service, Describe(Behave::Wait, OWN)).await });
    f.service.reached.notified().await;
    client.abort();
    assert!(client.await.unwrap_err().is_cancelled());
    assert!(f.counts(r#"abandoned_total{operation="Test_20261121.Describe"} 1"#));
    assert_eq!(f.service.finished.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn frames_pass_through_and_are_counted() {
    let f = Fixture::new();
    let feed = f.door.feed(context(), &f.service, Subscribe(Behave::Answer, OWN)).await.unwrap();
    assert_eq!((feed.output, feed.frames.count().await), (Done(1), 3));
    assert!(f.counts(r#"frames_total{operation="Test_20261121.Subscribe"} 3"#));
    let refused = f.door.feed(context(), &f.service, Subscribe(Behave::Refuse, OWN)).await;
    assert_eq!(refused.err().map(|e| e.code), Some("ResourceInUseException".into()));
}

#[tokio::test]
async fn a_panic_between_frames_ends_the_feed_with_an_internal_failure() {
    let f = Fixture::new();
    let feed = f.door.feed(context(), &f.service, Subscribe(Behave::Panic, OWN)).await.unwrap();
    let frames: Vec<_> = feed.frames.map(|frame| frame.map(|f| f.0)).collect().await;
    assert_eq!(frames, [Ok(Bytes::from_static(b"frame")), Err(ApiError::internal())]);
    assert!(f.counts("panics_total 1"));
}

#[tokio::test]
async fn a_duplex_reads_its_body_while_it_answers() {
    let f = Fixture::new();
    let (pieces, body) = tokio::sync::mpsc::channel::<Result<Bytes, std::io::Error>>(1);
    let body = Box::pin(stream::unfold(body, |mut body| async { Some((body.recv().await?, body)) }));
    let mut feed = f.door.duplex(context(), &f.service, PutMedia(Behave::Answer, OWN), body).await.unwrap();
    for piece in [&b"one"[..], b"two"] {
        pieces.send(Ok(Bytes::from_static(piece))).await.unwrap();
        assert_eq!(feed.frames.next().await.unwrap().unwrap().0, piece);
    }
    drop(pieces);
    assert!(feed.frames.next().await.is_none());
    assert!(f.counts(r#"frames_total{operation="Test_20261121.PutMedia"} 2"#));
    assert_eq!(f.audited(), [("PutMedia", None)]);
}
