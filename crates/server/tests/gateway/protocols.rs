use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Version};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use anabranch_server::run::Server;

use crate::harness::{Ask, parse, settings, start};

const CALLER: &[u8] = b"Action=GetCallerIdentity&Version=2011-06-15";
const FORM: &[(&str, &str)] = &[("content-type", "application/x-www-form-urlencoded")];

fn who_am_i() -> Ask<'static> {
    Ask { service: "sts", headers: FORM, body: CALLER, ..Ask::default() }
}

/// Asks over HTTP/2 whatever connection there is.
async fn ask_by_http2(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    uri: &str,
) -> (u16, Bytes) {
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .expect("the server speaks HTTP/2");
    tokio::spawn(connection);
    let ask = who_am_i();
    let mut request = Request::builder().method("POST").uri(uri).version(Version::HTTP_2);
    for (name, value) in &ask.headers() {
        if name != http::header::HOST {
            request = request.header(name, value);
        }
    }
    let request = request.body(Full::new(Bytes::from_static(CALLER))).expect("a legal request");
    let answer = sender.send_request(request).await.expect("it is answered");
    let status = answer.status().as_u16();
    (status, answer.into_body().collect().await.expect("a body").to_bytes())
}

/// A TLS connection that trusts this certificate alone and offers this protocol.
async fn tls(
    address: SocketAddr,
    certificate: &std::path::Path,
    name: &str,
    alpn: &[u8],
) -> TlsStream<TcpStream> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(certificate).expect("a certificate")).expect("it can be trusted");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the library's versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![alpn.to_vec()];
    let stream = TcpStream::connect(address).await.expect("the server listens");
    let name = ServerName::try_from(name.to_owned()).expect("a legal name");
    TlsConnector::from(Arc::new(config)).connect(name, stream).await.expect("a handshake")
}

#[tokio::test]
async fn one_port_speaks_every_protocol() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let data_dir = dir.path().display().to_string();
    let settings = settings(&["--listen", "127.0.0.1:0", "--data-dir", &data_dir], &[]);
    let server = Server::start(settings).await.expect("the server starts");
    let address = server.addresses()[0];
    let certificate = dir.path().join("tls/development.pem");
    assert!(!certificate.exists(), "it is made when it is needed");

    let answer = who_am_i().send(address).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let plain = TcpStream::connect(address).await.expect("the server listens");
    assert_eq!(ask_by_http2(plain, "http://localhost/").await.0, 200, "HTTP/2 with prior knowledge");

    // Any first byte of a handshake has the certificate made.
    let mut hello = TcpStream::connect(address).await.expect("the server listens");
    hello.write_all(&[0x16, 3, 1, 0, 5, 1, 2, 3, 4, 5]).await.expect("it is sent");
    // It is no handshake, so the server ends the connection, by an alert or a reset.
    drop(hello.read_to_end(&mut Vec::new()).await);
    assert!(certificate.exists());

    for name in ["localhost", "127.0.0.1"] {
        let stream = tls(address, &certificate, name, b"h2").await;
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        let (status, body) = ask_by_http2(stream, "https://localhost/").await;
        assert_eq!(status, 200, "{name}");
        assert!(String::from_utf8_lossy(&body).contains("<Account>123456789012</Account>"));
    }
    let mut stream = tls(address, &certificate, "localhost", b"http/1.1").await;
    stream.write_all(&who_am_i().bytes()).await.expect("it is sent");
    let mut all = Vec::new();
    stream.read_to_end(&mut all).await.expect("it is answered");
    assert_eq!(parse(&all).status, 200);
    server.drain().await.expect("it stops");
}

#[tokio::test]
async fn required_means_that_plain_text_is_sent_away() {
    let (_server, address) = start(&["--tls", "required"], &[]).await;
    let answer = who_am_i().send(address).await;
    assert_eq!(answer.status, 400);
    assert!(answer.text().contains("TLS only"), "{}", answer.text());
}

#[tokio::test]
async fn a_connection_takes_one_request_after_the_other_and_bodies_in_pieces() {
    let (_server, address) = start(&[], &[]).await;
    let mut stream = TcpStream::connect(address).await.expect("the server listens");
    let once = String::from_utf8(who_am_i().bytes()).expect("text").replace("connection: close\r\n", "");
    // The second is sent in chunks, with a client that waits to be told to go on.
    let (head, body) = once.split_once("\r\n\r\n").expect("a head");
    let head = head.replace(&format!("content-length: {}", body.len()), "transfer-encoding: chunked");
    stream.write_all(once.as_bytes()).await.expect("it is sent");
    read_until(&mut stream, "</GetCallerIdentityResponse>").await;
    stream.write_all(format!("{head}\r\nexpect: 100-continue\r\n\r\n").as_bytes()).await.expect("it is sent");
    read_until(&mut stream, "HTTP/1.1 100 Continue\r\n\r\n").await;
    let (first, second) = body.split_at(10);
    let chunks = format!("a\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\n\r\n", second.len());
    stream.write_all(chunks.as_bytes()).await.expect("it is sent");
    let answer = read_until(&mut stream, "</GetCallerIdentityResponse>").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
}

async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut all = Vec::new();
    while !String::from_utf8_lossy(&all).contains(end) {
        assert_ne!(
            stream.read_buf(&mut all).await.expect("it is answered"),
            0,
            "{}",
            String::from_utf8_lossy(&all)
        );
    }
    String::from_utf8_lossy(&all).into_owned()
}

#[tokio::test]
async fn a_presigned_query_calls_as_a_header_does() {
    use anabranch_wire::sigv4::{Credentials, Payload, SignedRequest, Signer, sha256};
    let (_server, address) = start(&[], &[crate::harness::ROOT_KEY]).await;
    let (access_key, secret) = crate::harness::ROOT;
    let credentials = Credentials { access_key, secret, token: None };
    let now = anabranch_types::Clock::machine_now();
    let signer = Signer { credentials, region: "us-east-1", service: "sts", now };
    let mut headers = http::HeaderMap::new();
    headers.insert("host", http::HeaderValue::from_static("localhost"));
    let sum = sha256(b"");
    let query = "Action=GetCallerIdentity&Version=2011-06-15";
    let payload = Payload::Sha256(&sum);
    let request =
        SignedRequest { method: "GET", path: "/", query, headers: &headers, authority: None, payload };
    let target = format!("/?{}", signer.presign(&request));
    let answer = crate::harness::plain(address, "GET", &target, &[], "").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.text().contains("arn:aws:iam::111122223333:root"), "{}", answer.text());
    let forged = target.replace("2011-06-15&X", "2011-06-15&Y=1&X");
    assert_eq!(crate::harness::plain(address, "GET", &forged, &[], "").await.status, 403);
}
