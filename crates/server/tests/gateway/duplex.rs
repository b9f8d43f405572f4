//! The third form of operations, from a client's bytes to its frames, while its body still comes.

use std::net::SocketAddr;
use std::sync::Arc;

use anabranch_api::echo::{
    self, EchoEnd, EchoFrame, EchoFrames, EchoFramesEvent, EchoFramesOutput, EchoMember, EchoMemberOutput,
};
use anabranch_api::{BodyStream, Context, Event, EventFrame, Feed, Serve, ServeDuplex};
use anabranch_governance::EndpointPolicies;
use anabranch_governance::audit::NoAudit;
use anabranch_governance::iam::Credentials;
use anabranch_governance::kms::MasterKey;
use anabranch_log::local::Durability;
use anabranch_server::config::TlsMode;
use anabranch_server::fault::Faults;
use anabranch_server::gateway::{Acceptor, Gateway, Guard, Parts, PeerCounters, PeerLimits, Peers, Tls};
use anabranch_server::test_clock::KeptClock;
use anabranch_server::world::{Recipe, World};
use anabranch_types::{Clock, Region, Rng};
use anabranch_wire::eventstream::{self, Message, Reader};
use anabranch_wire::json;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::harness::Ask;

/// Sends each chunk of a body back as a frame, and at the end how many bytes there were.
struct Echo;

impl ServeDuplex<EchoFrames> for Echo {
    async fn open(
        &self,
        _: &Context,
        request: EchoFrames,
        body: BodyStream,
    ) -> Result<Feed<EchoFramesOutput>, echo::Error> {
        if &*request.title == "refused" {
            return Err(echo::Error::EchoException("not that title".into()));
        }
        let frames =
            futures_util::stream::unfold((body, 0_i64, false), |(mut body, bytes, ended)| async move {
                if ended {
                    return None;
                }
                match body.next().await {
                    Some(Ok(chunk)) => {
                        let bytes = bytes + chunk.len() as i64;
                        Some((
                            Ok(frame(&EchoFramesEvent::EchoFrame(EchoFrame { payload: chunk }))),
                            (body, bytes, false),
                        ))
                    }
                    Some(Err(_)) => None,
                    None => {
                        Some((Ok(frame(&EchoFramesEvent::EchoEnd(EchoEnd { bytes }))), (body, bytes, true)))
                    }
                }
            });
        Ok(Feed { output: EchoFramesOutput { title: Some(request.title) }, frames: Box::pin(frames) })
    }
}

impl Serve<EchoMember> for Echo {
    async fn serve(&self, _: &Context, request: EchoMember) -> Result<EchoMemberOutput, echo::Error> {
        Ok(EchoMemberOutput { name: Some(request.name), status: None, body: request.body })
    }
}

fn frame(event: &EchoFramesEvent) -> EventFrame {
    EventFrame(eventstream::event(event.event_type(), "application/json", 64, |out: BytesMut| {
        let mut encoder = json::Encoder::new(out);
        event.encode_payload(&mut encoder);
        encoder.finish()
    }))
}

async fn start() -> SocketAddr {
    let clock = KeptClock::machine(None).expect("it needs no directory");
    let recipe = Recipe {
        data_dir: None,
        durability: Durability::Memory,
        tail_bytes_max: 1 << 20,
        clock: Clock::machine(),
        region: Region::parse("us-east-1").expect("a region"),
        web_identities: Arc::default(),
        credentials: Arc::new(Credentials::none()),
        audit: Arc::new(NoAudit),
        audit_key: None,
        audit_heads: None,
        audit_heads_role: None,
        blobs: None,
        master_key: Arc::new(MasterKey::random(&Rng::system())),
        master_key_place: String::new(),
        streams: anabranch_streams::Settings::default(),
        initial_streams: None,
        endpoint_policies: EndpointPolicies::new(),
        alarm_targets: Vec::new(),
        alarm_role: None,
        peer_counters: PeerCounters::default(),
    };
    let mut world = World::open(recipe).await.expect("the stores open");
    echo::register_forms(&Arc::new(Echo), &mut world.handlers);
    let gateway = Gateway::new(Parts {
        world,
        guard: Guard::default(),
        faults: Faults::new(Vec::new(), None),
        clock,
        memory_bytes_max: 64 << 20,
        peers: Peers::new(PeerLimits::default(), PeerCounters::default()),
    });
    let region = Region::parse("us-east-1").expect("a region");
    let tls = Arc::new(Tls::development(None, &region, None).expect("it reads no file"));
    let connections = Acceptor::permits();
    let acceptor = Acceptor { gateway, mode: TlsMode::On, tls, connections, endpoint: None };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("its address");
    tokio::spawn(acceptor.accept(listener));
    address
}

/// Reads frames off a chunked answer by HTTP/1.1.
struct Frames {
    stream: TcpStream,
    raw: BytesMut,
    reader: Reader,
}

impl Frames {
    async fn head(&mut self) -> String {
        loop {
            if let Some(end) = self.raw.windows(4).position(|w| w == b"\r\n\r\n") {
                return String::from_utf8_lossy(&self.raw.split_to(end + 4)).into_owned();
            }
            assert_ne!(self.stream.read_buf(&mut self.raw).await.expect("it is answered"), 0);
        }
    }

    async fn next(&mut self) -> Message {
        loop {
            if let Some(message) = self.reader.next_message().expect("the frames are whole") {
                return message;
            }
            let chunk = self.chunk().await;
            self.reader.push(&chunk);
        }
    }

    async fn chunk(&mut self) -> Bytes {
        loop {
            if let Some(end) = self.raw.windows(2).position(|w| w == b"\r\n") {
                let length =
                    usize::from_str_radix(&String::from_utf8_lossy(&self.raw[..end]), 16).expect("a length");
                if self.raw.len() >= end + 2 + length + 2 {
                    let _ = self.raw.split_to(end + 2);
                    let chunk = self.raw.split_to(length).freeze();
                    let _ = self.raw.split_to(2);
                    return chunk;
                }
            }
            assert_ne!(self.stream.read_buf(&mut self.raw).await.expect("it is answered"), 0);
        }
    }
}

async fn open(address: SocketAddr, title: &str) -> Frames {
    let headers = [("x-echo-title", title), ("x-amz-content-sha256", "UNSIGNED-PAYLOAD")];
    let signed = Ask {
        target: "/echo/frames",
        service: "echo",
        headers: &headers,
        is_body_signed: false,
        ..Ask::default()
    };
    let mut head = "POST /echo/frames HTTP/1.1\r\ntransfer-encoding: chunked\r\n".to_owned();
    for (name, value) in &signed.headers() {
        head += &format!("{name}: {}\r\n", value.to_str().expect("text"));
    }
    let mut stream = TcpStream::connect(address).await.expect("the server listens");
    stream.write_all(format!("{head}\r\n").as_bytes()).await.expect("it is sent");
    Frames { stream, raw: BytesMut::new(), reader: Reader::default() }
}

#[tokio::test]
async fn frames_go_out_while_the_body_still_comes_in() {
    let mut frames = open(start().await, "echoes").await;
    let head = frames.head().await;
    assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
    assert!(
        head.contains("x-echo-title: echoes") && head.contains("application/vnd.amazon.eventstream"),
        "{head}"
    );
    for text in ["first", "second"] {
        let chunk = format!("{:x}\r\n{text}\r\n", text.len());
        frames.stream.write_all(chunk.as_bytes()).await.expect("it is sent");
        // It is here before anything more is sent.
        let message = frames.next().await;
        assert_eq!(message.text(":event-type"), Some("EchoFrame"));
        let payload: serde_json::Value = serde_json::from_slice(&message.payload).expect("JSON");
        let encoded = base64_simd::STANDARD.encode_to_string(text);
        assert_eq!(payload["Payload"], encoded.as_str());
    }
    frames.stream.write_all(b"0\r\n\r\n").await.expect("it is sent");
    let end = frames.next().await;
    assert_eq!((end.text(":event-type"), &end.payload[..]), (Some("EchoEnd"), &br#"{"Bytes":11}"#[..]));
}

#[tokio::test]
async fn a_refusal_before_the_first_frame_is_an_ordinary_error() {
    let address = start().await;
    let head = open(address, "refused").await.head().await;
    assert!(head.starts_with("HTTP/1.1 418") && head.contains("EchoException"), "{head}");
    let head = open(address, "NOT LEGAL").await.head().await;
    assert!(head.starts_with("HTTP/1.1 400") && head.contains("ValidationException"), "{head}");
}
