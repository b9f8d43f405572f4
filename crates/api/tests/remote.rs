//! The typed client, against an endpoint that keeps what it was sent and answers what it is told.

use std::future::Future;
use std::pin::pin;
use std::sync::Mutex;
use std::task::{Context as TaskContext, Poll, Waker};

use anabranch_api::{
    ApiError, Context, Endpoint, EventFrame, Fault, Operation, Principal, Remote, RemoteAnswer,
    RemoteRequest, RequestId, Serve, cloudwatch, echo, kinesis, sts,
};
use anabranch_types::{AccountId, Region, SequenceNumber, StreamName, Timestamp};
use anabranch_wire::{Protocol, Violations, eventstream};
use bytes::Bytes;

struct Told {
    answer: Result<(u16, Bytes), &'static str>,
    sent: Mutex<Option<RemoteRequest>>,
}

impl Endpoint for Told {
    type Error = &'static str;

    async fn send(&self, request: RemoteRequest) -> Result<RemoteAnswer, &'static str> {
        *self.sent.lock().expect("no test panicked") = Some(request);
        self.answer.clone().map(|(status, body)| RemoteAnswer { status, error_type: None, body })
    }
}

fn context() -> Context {
    Context {
        secure_transport: false,
        ..Context::inside(
            Principal::Service("test"),
            AccountId::DEVELOPMENT,
            Region::parse("us-east-1").expect("a region"),
            RequestId::from_random(0),
            Timestamp::from_millis(0),
        )
    }
}

/// Calls the operation; the endpoint answers at once.
fn call<Op: Operation + Sync>(
    protocol: Protocol,
    request: Op,
    answer: Result<(u16, &'static str), &'static str>,
) -> (RemoteRequest, Result<Op::Output, ApiError>) {
    let answer = answer.map(|(status, body)| (status, Bytes::from_static(body.as_bytes())));
    let remote = Remote::new(Told { answer, sent: Mutex::new(None) }, protocol);
    let cx = context();
    let result = {
        let mut serving = pin!(remote.serve(&cx, request));
        match serving.as_mut().poll(&mut TaskContext::from_waker(Waker::noop())) {
            Poll::Ready(result) => result.map_err(Into::into),
            Poll::Pending => panic!("the endpoint answers at once"),
        }
    };
    let sent = remote.endpoint().sent.lock().expect("no test panicked").take().expect("it was sent");
    (sent, result)
}

fn put() -> kinesis::PutRecord {
    kinesis::PutRecord {
        stream_name: StreamName::parse("s"),
        data: Bytes::from_static(b"abc"),
        partition_key: Some("k".into()),
        ..Default::default()
    }
}

#[test]
fn a_request_is_written_in_the_protocol_of_its_service() {
    let (sent, result) = call(Protocol::Json11, kinesis::CreateStream::default(), Ok((200, "")));
    assert_eq!((sent.method, &*sent.path_and_query, sent.signing_name), ("POST", "/", "kinesis"));
    assert!(sent.headers.contains(&("x-amz-target", "Kinesis_20131202.CreateStream".to_owned())));
    assert!(sent.headers.contains(&("content-type", "application/x-amz-json-1.1".to_owned())));
    assert_eq!(result, Ok(kinesis::CreateStreamOutput {}));
    let (sent, _) = call(Protocol::Json11, sts::GetCallerIdentity::default(), Ok((200, "")));
    assert_eq!(&sent.body[..], b"Action=GetCallerIdentity&Version=2011-06-15");
    let (sent, _) = call(Protocol::RpcV2Cbor, cloudwatch::PutMetricData::default(), Ok((200, "")));
    assert_eq!(sent.path_and_query, "/service/GraniteServiceVersion20100801/operation/PutMetricData");
    let request = echo::EchoMember {
        name: "ab".into(),
        rest: "x/y z".into(),
        mode: echo::Mode::Loud,
        body: Some(Bytes::from_static(b"body")),
        ..Default::default()
    };
    let (sent, _) = call(Protocol::Json11, request, Ok((201, "")));
    assert_eq!((sent.method, &*sent.path_and_query), ("PUT", "/echo/ab/members/x/y%20z?mode=LOUD"));
    assert_eq!(&sent.body[..], b"body");
}

#[test]
fn an_answer_is_read() {
    let number = "49590338271490256608559692538361571095921575989136588898";
    let body = r#"{"SequenceNumber":"49590338271490256608559692538361571095921575989136588898","ShardId":"shardId-000000000000","New":1}"#;
    let (_, result) = call(Protocol::Json11, put(), Ok((200, body)));
    let output = result.expect("it was stored");
    assert_eq!(output.sequence_number.to_string(), number);
}

#[test]
fn an_error_is_the_services_own() {
    let body = r#"{"__type":"com.amazonaws.kinesis.v20131202#ResourceNotFoundException","message":"Stream s under account 1 not found."}"#;
    let (_, result) = call(Protocol::Json11, put(), Ok((400, body)));
    let error = result.expect_err("there is no stream");
    assert_eq!((&*error.code, error.fault), ("ResourceNotFoundException", Fault::Client));
    assert_eq!(error.message.as_deref(), Some("Stream s under account 1 not found."));
    let (_, result) = call(Protocol::Json11, put(), Err("cannot connect"));
    let error = result.expect_err("nobody is there");
    assert_eq!((&*error.code, error.status), ("ServiceUnavailable", 503));
    assert_eq!(error.message.as_deref(), Some("cannot connect"));
    let (_, result) = call(Protocol::Json11, put(), Ok((200, "[")));
    assert_eq!(&*result.expect_err("that is no answer").code, "ServiceUnavailable");
}

#[test]
fn an_event_is_framed_and_read_back() {
    let event = kinesis::SubscribeToShardEvent {
        continuation_sequence_number: Some(SequenceNumber::default()),
        millis_behind_latest: 5,
        ..Default::default()
    };
    let frame = EventFrame::of(&event);
    let mut reader = eventstream::Reader::default();
    reader.push(&frame.0);
    let message = reader.next_message().expect("the frame is whole").expect("there is one");
    assert_eq!(message.text(":event-type"), Some("SubscribeToShardEvent"));
    assert_eq!(message.text(":content-type"), Some("application/x-amz-json-1.1"));
    let read = Protocol::Json11.decode(message.payload, &mut Violations::default());
    assert_eq!(read, Ok(event));
}
