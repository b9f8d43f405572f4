//! Connections: which protocol they speak is told by what arrives.

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anabranch_api::VpcEndpoint;
use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::patience::Patient;
use super::{Gateway, Tls, own, way};
use crate::config::TlsMode;

/// Streams of one HTTP/2 connection: the KCL and Flink put hundreds of subscriptions on one.
const STREAMS_MAX: u32 = 2_000;
/// Bytes that the system takes for a connection beyond those on their way; more would be made ready, a few MiB by default, for a peer that
/// may never take it.
const UNSENT_BYTES_MAX: u32 = 512 * 1024;
/// How long a TLS handshake may take.
const HANDSHAKE_MAX: Duration = Duration::from_secs(10);
/// How long a connection may wait for its next request, and a request's head may take.
const HEAD_MAX: Duration = Duration::from_secs(75);
/// Bytes of a request's head.
const HEAD_BYTES_MAX: u32 = 64 << 10;
/// HTTP/2 flow control, a stream: what a client may send before we read. Bodies of 16 MiB should not wait for round trips.
const STREAM_WINDOW_BYTES: u32 = 1 << 20;
/// The same for a connection.
const CONNECTION_WINDOW_BYTES: u32 = 8 << 20;
/// HTTP/2 pings, so that dead peers are noticed.
const PING_EVERY: Duration = Duration::from_secs(60);
/// What is read of a client that is sent away.
const REFUSED_BYTES_MAX: u64 = 1 << 20;
/// After this pause accepting is tried again when the system refused it (no more files).
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// The first byte of a TLS handshake record (RFC 8446, 5.1).
const TLS_HANDSHAKE: u8 = 0x16;

/// What the connection says about its caller.
#[derive(Clone, Debug)]
pub(super) struct Peer {
    /// Its address.
    pub(super) address: IpAddr,
    /// Whether the connection is on TLS.
    pub(super) secure: bool,
    /// The VPC endpoint it came in by.
    pub(super) endpoint: Option<Arc<VpcEndpoint>>,
}

/// Takes the connections of a listener.
#[derive(Clone)]
pub struct Acceptor {
    /// What answers.
    pub gateway: Arc<Gateway>,
    /// Which connections are taken.
    pub mode: TlsMode,
    /// The certificate.
    pub tls: Arc<Tls>,
    /// A permit per connection; all are back once every connection has ended.
    pub connections: Arc<Semaphore>,
    /// The VPC endpoint that the listener is.
    pub endpoint: Option<Arc<VpcEndpoint>>,
}

impl Acceptor {
    /// Most connections at once; further ones wait to be accepted.
    pub const CONNECTIONS_MAX: usize = 20_000;

    /// Permits for as many connections as there may be.
    pub fn permits() -> Arc<Semaphore> {
        Arc::new(Semaphore::new(Self::CONNECTIONS_MAX))
    }

    /// Accepts connections until the server drains.
    pub async fn accept(self, listener: TcpListener) {
        loop {
            let accepted = tokio::select! {
                accepted = self.next(&listener) => accepted,
                () = self.gateway.draining() => return,
            };
            match accepted {
                Ok((stream, address, permit)) => {
                    let acceptor = self.clone();
                    tokio::spawn(async move {
                        acceptor.serve(stream, address).await;
                        drop(permit);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    async fn next(
        &self,
        listener: &TcpListener,
    ) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
        let permit = Arc::clone(&self.connections).acquire_owned().await.map_err(io::Error::other)?;
        let (stream, address) = listener.accept().await?;
        Ok((stream, address, permit))
    }

    async fn serve(&self, mut stream: TcpStream, address: SocketAddr) {
        let address = address.ip().to_canonical();
        let Ok(_connected) = self.gateway.peers().connect(address) else {
            return tracing::debug!(%address, "an address has as many connections as one may have");
        };
        prepare(&stream);
        let Some(first) = self.first_byte(&stream).await else { return };
        match (first == TLS_HANDSHAKE, self.mode) {
            (true, TlsMode::On | TlsMode::Required) => self.serve_tls(stream, address).await,
            (false, TlsMode::On | TlsMode::Off) => self.serve_http(stream, self.peer(address, false)).await,
            (false, TlsMode::Required) => refuse_plain_text(&mut stream).await,
            (true, TlsMode::Off) => tracing::debug!("a TLS connection came, but --tls is off"),
        }
    }

    /// Looks at the first byte without taking it; none if the client says nothing, goes, or the server drains before.
    async fn first_byte(&self, stream: &TcpStream) -> Option<u8> {
        let mut first = [0];
        tokio::select! {
            read = timeout(HEAD_MAX, stream.peek(&mut first)) => match read {
                Ok(Ok(1)) => Some(first[0]),
                _ => None,
            },
            () = self.gateway.draining() => None,
        }
    }

    async fn serve_tls(&self, stream: TcpStream, address: IpAddr) {
        let acceptor = match self.tls.acceptor().await {
            Ok(acceptor) => acceptor,
            Err(error) => return tracing::error!(error = &error as &dyn std::error::Error, "no TLS"),
        };
        match timeout(HANDSHAKE_MAX, acceptor.accept(stream)).await {
            Ok(Ok(stream)) => self.serve_http(stream, self.peer(address, true)).await,
            Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
            Err(_) => tracing::debug!("a TLS handshake took too long"),
        }
    }

    fn peer(&self, address: IpAddr, secure: bool) -> Peer {
        Peer { address, secure, endpoint: self.endpoint.clone() }
    }

    /// HTTP/1.1 or 2, until the client goes or the server drains; what was begun is finished.
    async fn serve_http(&self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, peer: Peer) {
        let gateway = Arc::clone(&self.gateway);
        let service = service_fn(move |request: Request<Incoming>| {
            let (gateway, peer) = (Arc::clone(&gateway), peer.clone());
            async move { Ok::<_, Infallible>(way::answer(&gateway, peer, request).await) }
        });
        let server = http_server();
        let connection =
            server.serve_connection(TokioIo::new(Patient::new(stream, self.gateway.is_scarce())), service);
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = self.gateway.draining() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection ended early");
        }
    }
}

/// Sets a connection's options; it works without them, too.
fn prepare(stream: &TcpStream) {
    // Answers are written whole: nothing is gained by waiting for more.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot set TCP_NODELAY");
    }
    if let Err(error) = SockRef::from(stream).set_tcp_notsent_lowat(UNSENT_BYTES_MAX) {
        tracing::debug!(%error, "cannot set TCP_NOTSENT_LOWAT");
    }
}

/// Serves nothing but `/metrics`, to everybody who reaches this listener, until the server drains.
pub async fn serve_metrics(gateway: Arc<Gateway>, listener: TcpListener) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = gateway.draining() => return,
        };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let gateway = Arc::clone(&gateway);
        let is_scarce = gateway.is_scarce();
        let service = service_fn(move |request: Request<Incoming>| {
            let answer = own::answer_metrics(&gateway, request.uri().path());
            async move { Ok::<_, Infallible>(answer) }
        });
        tokio::spawn(async move {
            let server = http_server();
            let connection = server.serve_connection(TokioIo::new(Patient::new(stream, is_scarce)), service);
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection for metrics ended early");
            }
        });
    }
}

fn http_server() -> auto::Builder<TokioExecutor> {
    let mut server = auto::Builder::new(TokioExecutor::new());
    server.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_MAX);
    server
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(HEAD_BYTES_MAX)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .keep_alive_interval(PING_EVERY);
    server
}

/// Says by HTTP/1.1 that only TLS is spoken. What the client still sends is read, since a connection that is closed over unread bytes is reset
/// and the answer lost.
async fn refuse_plain_text(stream: &mut TcpStream) {
    let says = "This port speaks TLS only; use https.\n";
    let answer = format!(
        "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{says}",
        says.len()
    );
    let told = async {
        stream.write_all(answer.as_bytes()).await?;
        stream.shutdown().await?;
        tokio::io::copy(&mut stream.take(REFUSED_BYTES_MAX), &mut tokio::io::sink()).await
    };
    if let Ok(Err(error)) = timeout(HANDSHAKE_MAX, told).await {
        tracing::debug!(%error, "a client in plain text went away");
    }
}
