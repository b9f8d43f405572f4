//! A server in this process, and requests written by hand.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anabranch_log::local::OpenError as LogOpenError;
use anabranch_server::cli::Cli;
use anabranch_server::config::{Settings, resolve};
use anabranch_server::run::{RunError, Server};
use anabranch_server::world::OpenError;
use anabranch_types::{Clock, Timestamp};
use anabranch_wire::sigv4::{Credentials, Payload, SignedRequest, Signer, sha256};
use clap::CommandFactory;
use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The root key of closed servers here.
pub const ROOT_KEY: (&str, &str) = ("ANABRANCH_ROOT_KEY", "AKIAROOT:root/secret:111122223333");
/// Who signs for a closed server's root.
pub const ROOT: (&str, &str) = ("AKIAROOT", "root/secret");
/// Who signs for an open server.
pub const ANYBODY: (&str, &str) = ("123456789012", "anything");

/// What `anabranch serve ARGUMENTS` with these variables runs with.
pub fn settings(arguments: &[&str], variables: &[(&str, &str)]) -> Settings {
    let line = ["anabranch", "serve"].iter().chain(arguments);
    let matches = Cli::command().try_get_matches_from(line).expect("the arguments parse");
    let variables: BTreeMap<&str, &str> = variables.iter().copied().collect();
    let serve = matches.subcommand_matches("serve").expect("it is `serve`");
    resolve(serve, &|name| variables.get(name).map(OsString::from)).expect("the settings hold")
}

/// How long a server that stopped in this process may hold its log.
const RELEASED_WITHIN: Duration = Duration::from_secs(20);

/// Starts a server on a directory that a server of this same process may just have left: its last tasks hold the log for a moment.
pub async fn start_again(arguments: &[&str], variables: &[(&str, &str)]) -> Result<Server, RunError> {
    let give_up = Instant::now() + RELEASED_WITHIN;
    loop {
        match Server::start(settings(arguments, variables)).await {
            Err(RunError::World(OpenError::Log(LogOpenError::Locked))) if Instant::now() < give_up => {
                tokio::task::yield_now().await;
            }
            started => return started,
        }
    }
}

/// Starts an ephemeral server on a free port.
pub async fn start(arguments: &[&str], variables: &[(&str, &str)]) -> (Server, SocketAddr) {
    let mut all = vec!["--listen", "127.0.0.1:0", "--ephemeral"];
    all.extend(arguments);
    let server = Server::start(settings(&all, variables)).await.expect("the server starts");
    let address = server.addresses()[0];
    (server, address)
}

/// A request to be signed and sent.
#[derive(Clone)]
pub struct Ask<'a> {
    pub method: &'a str,
    pub target: &'a str,
    pub service: &'a str,
    pub headers: &'a [(&'a str, &'a str)],
    pub body: &'a [u8],
    pub signer: (&'a str, &'a str),
    pub now: Timestamp,
    pub host: &'a str,
    pub is_body_signed: bool,
}

impl Default for Ask<'_> {
    fn default() -> Self {
        Self {
            method: "POST",
            target: "/",
            service: "kinesis",
            headers: &[],
            body: b"",
            signer: ANYBODY,
            now: Clock::machine_now(),
            host: "localhost",
            is_body_signed: true,
        }
    }
}

impl Ask<'_> {
    /// The headers with their signature.
    pub fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(http::header::HOST, HeaderValue::from_str(self.host).expect("a legal host"));
        for (name, value) in self.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a legal name");
            headers.insert(name, HeaderValue::from_str(value).expect("a legal value"));
        }
        let (access_key, secret) = self.signer;
        let credentials = Credentials { access_key, secret, token: None };
        let signer = Signer { credentials, region: "eu-west-1", service: self.service, now: self.now };
        let (path, query) = self.target.split_once('?').unwrap_or((self.target, ""));
        let sum = sha256(self.body);
        let payload = if self.is_body_signed { Payload::Sha256(&sum) } else { Payload::Unsigned };
        let request =
            SignedRequest { method: self.method, path, query, headers: &headers, authority: None, payload };
        let added = signer.sign(&request).expect("it can be signed");
        headers.extend(added);
        headers
    }

    /// The request as HTTP/1.1 has it, after which the connection ends.
    pub fn bytes(&self) -> Vec<u8> {
        let mut text = format!("{} {} HTTP/1.1\r\n", self.method, self.target);
        for (name, value) in &self.headers() {
            text += &format!("{name}: {}\r\n", value.to_str().expect("text"));
        }
        text += &format!("connection: close\r\ncontent-length: {}\r\n\r\n", self.body.len());
        let mut bytes = text.into_bytes();
        bytes.extend_from_slice(self.body);
        bytes
    }

    /// Sends it and reads the answer.
    pub async fn send(&self, to: SocketAddr) -> Answer {
        exchange(to, &self.bytes()).await
    }
}

/// An answer by HTTP/1.1.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// Writes bytes and reads until the server ends the connection.
pub async fn exchange(to: SocketAddr, bytes: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(to).await.expect("the server listens");
    stream.write_all(bytes).await.expect("it is sent");
    let mut all = Vec::new();
    stream.read_to_end(&mut all).await.expect("it is answered");
    parse(&all)
}

/// Takes an answer apart; a chunked body is put together.
pub fn parse(all: &[u8]) -> Answer {
    let split = all.windows(4).position(|w| w == b"\r\n\r\n").expect("a head");
    let head = String::from_utf8_lossy(&all[..split]).into_owned();
    let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).expect("a status");
    let mut answer = Answer { status, head, body: all[split + 4..].to_vec() };
    if answer.header("transfer-encoding") == Some("chunked") {
        answer.body = unchunked(&answer.body);
    }
    answer
}

fn unchunked(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = rest.windows(2).position(|w| w == b"\r\n") {
        let length = std::str::from_utf8(&rest[..end]).expect("a length");
        let length = usize::from_str_radix(length, 16).expect("a length in hexadecimal");
        body.extend_from_slice(&rest[end + 2..end + 2 + length]);
        rest = &rest[end + 2 + length + 2..];
        if length == 0 {
            break;
        }
    }
    body
}

/// A request without signature, as a browser or curl sends it.
pub async fn plain(
    to: SocketAddr,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let mut text =
        format!("{method} {target} HTTP/1.1\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        text += "host: localhost\r\n";
    }
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    exchange(to, format!("{text}\r\n{body}").as_bytes()).await
}
