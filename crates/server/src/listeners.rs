//! The listeners of a server: its own, those that are VPC endpoints, the one for metrics.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::announce;
use crate::config::{Settings, TlsMode};
use crate::endpoints;
use crate::gateway::{self, Acceptor, Gateway, Tls, TlsError};

/// A listener cannot be opened.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum ListenError {
    #[error("cannot listen on {address}: is another server there? --listen names another address")]
    Address { address: SocketAddr, source: io::Error },
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// What is listened on.
pub(crate) struct Listeners {
    connections: Arc<Semaphore>,
    bound: Vec<SocketAddr>,
    /// In the order of `--vpc-endpoint`.
    endpoints: Vec<SocketAddr>,
    metrics: Option<SocketAddr>,
    /// The certificate that clients have to be told to believe.
    authority: Option<PathBuf>,
}

/// The certificates of the server's own listeners, ready.
pub(crate) struct Certificates {
    tls: Tls,
    authority: Option<PathBuf>,
}

impl Certificates {
    /// Reads them, or makes those of development.
    pub(crate) async fn open(settings: &Settings, data_dir: Option<&Path>) -> Result<Self, TlsError> {
        let tls = tls_of(settings, data_dir, settings.flags.tls_client_ca.as_deref())?;
        let mut authority = None;
        if settings.flags.tls == TlsMode::Required {
            // Whoever is told where it is finds it there, also before the first connection.
            tls.acceptor().await?;
            authority = tls.authority();
        }
        Ok(Self { tls, authority })
    }
}

impl Listeners {
    /// Listens on every address of the settings and hands connections to the gateway. Must run inside a Tokio runtime.
    pub(crate) async fn open(
        settings: &Settings,
        data_dir: Option<&Path>,
        certificates: Certificates,
        gateway: &Arc<Gateway>,
    ) -> Result<Self, ListenError> {
        let Certificates { tls, authority } = certificates;
        let acceptor = Acceptor {
            gateway: Arc::clone(gateway),
            mode: settings.flags.tls,
            tls: Arc::new(tls),
            connections: Acceptor::permits(),
            endpoint: None,
        };
        let mut bound = Vec::new();
        for address in &settings.flags.listen {
            let (listener, address) = listen(*address).await?;
            bound.push(address);
            tokio::spawn(acceptor.clone().accept(listener));
        }
        let mut endpoints = Vec::new();
        for flag in &settings.flags.vpc_endpoint {
            let acceptor = match &flag.client_ca {
                Some(client_ca) => {
                    let tls = tls_of(settings, data_dir, Some(client_ca))?;
                    // Made now: two that make the development certificate at the same time would each keep the half of it.
                    tls.acceptor().await?;
                    Acceptor { mode: TlsMode::Required, tls: Arc::new(tls), ..acceptor.clone() }
                }
                None => acceptor.clone(),
            };
            let (listener, address) = listen(flag.address).await?;
            endpoints.push(address);
            let endpoint = Some(Arc::new(endpoints::vpc_endpoint(flag)));
            tokio::spawn(Acceptor { endpoint, ..acceptor }.accept(listener));
        }
        let mut metrics = None;
        if let Some(address) = settings.flags.metrics_listen {
            let (listener, address) = listen(address).await?;
            metrics = Some(address);
            tokio::spawn(gateway::serve_metrics(Arc::clone(gateway), listener));
        }
        Ok(Self { connections: acceptor.connections, bound, endpoints, metrics, authority })
    }

    /// The server's own addresses, in the order they were given.
    pub(crate) fn addresses(&self) -> &[SocketAddr] {
        &self.bound
    }

    /// The address of `--metrics-listen`.
    pub(crate) fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics
    }

    /// The certificate that clients have to be told to believe, if there is one.
    pub(crate) fn authority(&self) -> Option<&Path> {
        self.authority.as_deref()
    }

    /// The URLs of the VPC endpoints, by their ids.
    pub(crate) fn endpoint_urls<'a>(&self, settings: &'a Settings) -> BTreeMap<&'a str, String> {
        let bound = settings.flags.vpc_endpoint.iter().zip(&self.endpoints);
        bound
            .map(|(flag, address)| {
                let always_tls = settings.flags.tls == TlsMode::Required || flag.client_ca.is_some();
                (&*flag.id, announce::url(*address, always_tls))
            })
            .collect()
    }

    /// Whether every connection ended within so long.
    pub(crate) async fn connections_ended(&self, within: Duration) -> bool {
        let all = u32::try_from(Acceptor::CONNECTIONS_MAX).unwrap_or(u32::MAX);
        timeout(within, self.connections.acquire_many(all)).await.is_ok()
    }
}

fn tls_of(settings: &Settings, data_dir: Option<&Path>, client_ca: Option<&Path>) -> Result<Tls, TlsError> {
    match (&settings.flags.tls_cert, &settings.flags.tls_key) {
        (Some(certificate), Some(key)) if settings.flags.tls != TlsMode::Off => {
            Tls::own(certificate, key, client_ca)
        }
        _ => Tls::development(data_dir.map(Path::to_owned), &settings.flags.region, client_ca),
    }
}

async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), ListenError> {
    let refused = |source| ListenError::Address { address, source };
    let listener = TcpListener::bind(address).await.map_err(refused)?;
    let bound = listener.local_addr().map_err(refused)?;
    Ok((listener, bound))
}
