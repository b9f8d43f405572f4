//! TLS for the gateway: the owner's certificate, or one for development made at the first TLS connection.

use std::fs;
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anabranch_types::Region;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, SanType};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::sync::OnceCell;
use tokio_rustls::TlsAcceptor;

/// What clients and we agree on by ALPN.
const ALPN: [&[u8]; 2] = [b"h2", b"http/1.1"];
/// Beneath the data directory: the development certificate, for `AWS_CA_BUNDLE`, and its key.
const CERTIFICATE_FILE: &str = "tls/development.pem";
const KEY_FILE: &str = "tls/development.key";

/// What the APIs' hosts begin with on AWS, and what we call ourselves.
const HOSTS: [&str; 8] =
    ["anabranch", "kinesis", "sts", "monitoring", "lambda", "logs", "stream-logs", "streaming-logs"];
/// What SDKs make of `localhost` for StartLiveTail, those of before April 2026 the second, unless they are told not to (docs/clients.md).
const STREAM_HOSTS: [&str; 2] = ["stream-localhost", "streaming-localhost"];

/// The certificate and key that connections are accepted with.
#[derive(Debug)]
pub struct Tls {
    /// Where a development certificate is kept; none for one that lives as long as the process.
    development_dir: Option<PathBuf>,
    /// The names that it has.
    names: Vec<String>,
    clients: Clients,
    acceptor: OnceCell<Arc<ServerConfig>>,
}

/// Who must have signed the certificates of clients; none if they need none.
type Clients = Option<Arc<RootCertStore>>;

/// There is no certificate to speak TLS with.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A PEM file cannot be read.
    #[error("cannot read `{}`", path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: pem::Error,
    },
    /// The key does not fit the certificate, or the library cannot use them.
    #[error("the certificate and its key cannot be used")]
    Unusable(#[source] rustls::Error),
    /// Nobody could be believed.
    #[error("`{}` holds no certificate that can sign others", .0.display())]
    NoAuthority(PathBuf),
    /// The development certificate cannot be made.
    #[error("cannot make a certificate for localhost")]
    Make(#[source] rcgen::Error),
    /// The development certificate cannot be kept.
    #[error("cannot keep the development certificate in `{}`", path.display())]
    Keep {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl Tls {
    /// With the owner's certificate chain and key, read now. With `client_ca` clients need a certificate that somebody in this file signed.
    pub fn own(certificate: &Path, key: &Path, client_ca: Option<&Path>) -> Result<Self, TlsError> {
        let clients = client_ca.map(authorities).transpose()?;
        let config = from_files(certificate, key, &clients)?;
        let acceptor = OnceCell::new_with(Some(Arc::new(config)));
        Ok(Self { development_dir: None, names: Vec::new(), clients, acceptor })
    }

    /// With a certificate for localhost and the APIs' hosts of a region beneath it, made when first needed and kept beneath `data_dir`, if
    /// there is one. `client_ca` as with [`Tls::own`].
    pub fn development(
        data_dir: Option<PathBuf>,
        region: &Region,
        client_ca: Option<&Path>,
    ) -> Result<Self, TlsError> {
        let clients = client_ca.map(authorities).transpose()?;
        Ok(Self { development_dir: data_dir, names: names(region), clients, acceptor: OnceCell::new() })
    }

    /// The development certificate's file, for `AWS_CA_BUNDLE`; none with the owner's certificate and where nothing is kept. It is there once
    /// [`Tls::acceptor`] was asked for.
    pub fn authority(&self) -> Option<PathBuf> {
        self.development_dir.as_ref().map(|dir| dir.join(CERTIFICATE_FILE))
    }

    /// What accepts TLS connections.
    pub async fn acceptor(&self) -> Result<TlsAcceptor, TlsError> {
        let dir = self.development_dir.as_deref();
        let make = || async { development(dir, &self.names, &self.clients).map(Arc::new) };
        let config = self.acceptor.get_or_try_init(make).await?;
        Ok(TlsAcceptor::from(Arc::clone(config)))
    }
}

/// The development certificate kept beneath `dir`, made if there is none.
fn development(dir: Option<&Path>, names: &[String], clients: &Clients) -> Result<ServerConfig, TlsError> {
    let Some(dir) = dir else {
        let made = make(names)?;
        let key = PrivateKeyDer::try_from(made.key.serialize_der())
            .map_err(|why| TlsError::Unusable(rustls::Error::General(why.to_owned())))?;
        return config(vec![made.certificate.der().clone()], key, clients);
    };
    let (certificate, key) = (dir.join(CERTIFICATE_FILE), dir.join(KEY_FILE));
    if !(certificate.exists() && key.exists()) {
        let made = make(names)?;
        keep(&key, made.key.serialize_pem().as_bytes())?;
        keep(&certificate, made.certificate.pem().as_bytes())?;
    }
    from_files(&certificate, &key, clients)
}

struct Made {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

/// The names in the development certificate: `localhost`, and beneath it `HOST` and `HOST.REGION` of each API. One by one, since a wildcard
/// that begins a name of two labels, `*.localhost`, fits nothing for rustls and for browsers (RFC 6125, 7.2, leaves that to them).
fn names(region: &Region) -> Vec<String> {
    let of_host = |host: &&str| [format!("{host}.localhost"), format!("{host}.{region}.localhost")];
    let here = ["localhost"].into_iter().chain(STREAM_HOSTS).map(str::to_owned);
    here.chain(HOSTS.iter().flat_map(of_host)).collect()
}

/// A certificate for names that stay on this machine, signed by itself.
fn make(names: &[String]) -> Result<Made, TlsError> {
    let mut parameters = CertificateParams::new(names).map_err(TlsError::Make)?;
    let addresses = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
    parameters.subject_alt_names.extend(addresses.map(SanType::IpAddress));
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, "Anabranch development certificate");
    parameters.distinguished_name = name;
    let key = KeyPair::generate().map_err(TlsError::Make)?;
    let certificate = parameters.self_signed(&key).map_err(TlsError::Make)?;
    Ok(Made { certificate, key })
}

/// Writes a file only its owner can read, whole or not at all.
fn keep(path: &Path, bytes: &[u8]) -> Result<(), TlsError> {
    let write = || -> io::Result<()> {
        let dir = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(dir)?;
        let mut file = tempfile::NamedTempFile::new_in(dir)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path).map(drop).map_err(|e| e.error)
    };
    write().map_err(|source| TlsError::Keep { path: path.to_owned(), source })
}

fn from_files(certificate: &Path, key: &Path, clients: &Clients) -> Result<ServerConfig, TlsError> {
    let key = PrivateKeyDer::from_pem_file(key).map_err(unreadable(key))?;
    config(chain(certificate)?, key, clients)
}

/// Every certificate in a file.
fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(unreadable(path))
}

fn authorities(path: &Path) -> Result<Arc<RootCertStore>, TlsError> {
    let mut roots = RootCertStore::empty();
    let (believed, _) = roots.add_parsable_certificates(chain(path)?);
    if believed == 0 {
        return Err(TlsError::NoAuthority(path.to_owned()));
    }
    Ok(Arc::new(roots))
}

fn unreadable(path: &Path) -> impl FnOnce(pem::Error) -> TlsError {
    let path = path.to_owned();
    move |source| TlsError::Pem { path, source }
}

fn config(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    clients: &Clients,
) -> Result<ServerConfig, TlsError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = match clients {
        Some(roots) => WebPkiClientVerifier::builder_with_provider(Arc::clone(roots), Arc::clone(&provider))
            .build()
            .map_err(|why| TlsError::Unusable(rustls::Error::General(why.to_string())))?,
        None => WebPkiClientVerifier::no_client_auth(),
    };
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_client_cert_verifier(verifier).with_single_cert(chain, key))
        .map_err(TlsError::Unusable)?;
    config.alpn_protocols = ALPN.iter().map(|name| name.to_vec()).collect();
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_development_certificate_is_made_once_and_kept_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().expect("a temporary directory");
        development_in(Some(dir.path())).acceptor().await.expect("it is made");
        let read = || fs::read(dir.path().join(CERTIFICATE_FILE)).expect("it is kept");
        let first = read();
        development_in(Some(dir.path())).acceptor().await.expect("it is found");
        assert_eq!(first, read());
        let mode = fs::metadata(dir.path().join(KEY_FILE)).expect("the key is kept").permissions().mode();
        assert_eq!(mode & 0o077, 0);
        development_in(None).acceptor().await.expect("it needs no directory");
    }

    fn region() -> Region {
        Region::parse("eu-central-1").expect("a region")
    }

    fn development_in(dir: Option<&Path>) -> Tls {
        Tls::development(dir.map(Path::to_owned), &region(), None).expect("no file is read")
    }

    /// As rustls believes it, which the SDKs for Rust and `anabranch put` use.
    async fn handshake(tls: &Tls, authority: &CertificateDer<'static>, host: &str) -> Result<(), String> {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(authority.clone()).expect("it can be believed");
        let config = rustls::ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the usual versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let (near, far) = tokio::io::duplex(1 << 16);
        let acceptor = tls.acceptor().await.expect("there is a certificate");
        let accepted = tokio::spawn(async move { acceptor.accept(far).await.map(drop) });
        let host = host.to_owned().try_into().expect("a name");
        let connected = tokio_rustls::TlsConnector::from(Arc::new(config)).connect(host, near).await;
        let _ = accepted.await;
        connected.map(drop).map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn each_name_that_the_development_certificate_has_is_believed_and_no_other_is() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let tls = development_in(Some(dir.path()));
        tls.acceptor().await.expect("it is made");
        let authority = CertificateDer::from_pem_file(dir.path().join(CERTIFICATE_FILE)).expect("it is kept");
        for host in [
            "localhost",
            "127.0.0.1",
            "::1",
            "kinesis.localhost",
            "sts.eu-central-1.localhost",
            "stream-localhost",
            "streaming-localhost",
        ] {
            assert_eq!(handshake(&tls, &authority, host).await, Ok(()), "{host}");
        }
        for host in ["example.org", "other.localhost", "kinesis.us-east-1.localhost", "127.0.0.2"] {
            assert!(handshake(&tls, &authority, host).await.is_err(), "{host}");
        }
    }

    #[test]
    fn a_certificate_that_cannot_be_read_is_refused_by_its_path() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("absent.pem");
        let refusal = Tls::own(&path, &path, None).err().map(|e| e.to_string()).unwrap_or_default();
        assert!(refusal.contains("absent.pem"), "{refusal}");
    }

    /// A certificate for a client and its key, signed by an authority that is written to `dir`.
    fn client(dir: &Path) -> (PathBuf, CertificateDer<'static>, PrivateKeyDer<'static>) {
        let (key, ca_key) = (KeyPair::generate().expect("a key"), KeyPair::generate().expect("a key"));
        let mut ca = CertificateParams::new([]).expect("no name is wrong");
        ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let path = dir.join("ca.pem");
        fs::write(&path, ca.self_signed(&ca_key).expect("it signs itself").pem()).expect("it is written");
        let issuer = rcgen::Issuer::new(ca, ca_key);
        let signed = CertificateParams::new(["client".to_owned()])
            .and_then(|parameters| parameters.signed_by(&key, &issuer))
            .expect("it is signed");
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        (path, signed.der().clone(), key)
    }

    #[tokio::test]
    async fn a_client_needs_a_certificate_that_the_authority_signed() {
        use tokio::io::AsyncReadExt as _;
        let (dir, elsewhere) = (tempfile::tempdir().expect("one"), tempfile::tempdir().expect("another"));
        let (ca, known, key) = client(dir.path());
        let (_, stranger, strangers_key) = client(elsewhere.path());
        let tls = Tls::development(None, &region(), Some(&ca)).expect("the authority is read");
        for (client, may) in
            [(Some((known, key)), true), (Some((stranger, strangers_key)), false), (None, false)]
        {
            let config = rustls::ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
                .with_safe_default_protocol_versions()
                .expect("the usual versions")
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(Anybody));
            let config = match client {
                Some((certificate, key)) => {
                    config.with_client_auth_cert(vec![certificate], key).expect("they fit")
                }
                None => config.with_no_client_auth(),
            };
            let (near, far) = tokio::io::duplex(1 << 16);
            let acceptor = tls.acceptor().await.expect("there is a certificate");
            let accepted = tokio::spawn(async move { acceptor.accept(far).await.map(drop) });
            let host = "localhost".try_into().expect("a name");
            let connected = tokio_rustls::TlsConnector::from(Arc::new(config)).connect(host, near).await;
            if let Ok(mut stream) = connected {
                // Version 1.3 tells a client that it is refused after its own handshake is done.
                let _ = stream.read(&mut [0]).await;
            }
            assert_eq!(accepted.await.expect("it does not panic").is_ok(), may);
        }
    }

    /// Believes every server.
    #[derive(Debug)]
    struct Anybody;

    impl rustls::client::danger::ServerCertVerifier for Anybody {
        fn verify_server_cert(
            &self,
            _: &CertificateDer<'_>,
            _: &[CertificateDer<'_>],
            _: &rustls::pki_types::ServerName<'_>,
            _: &[u8],
            _: rustls::pki_types::UnixTime,
        ) -> Result<rustls::client::danger::ServerCertVerified, rustls::Error> {
            Ok(rustls::client::danger::ServerCertVerified::assertion())
        }
        fn verify_tls12_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &rustls::DigitallySignedStruct,
        ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
            Ok(rustls::client::danger::HandshakeSignatureValid::assertion())
        }
        fn verify_tls13_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &rustls::DigitallySignedStruct,
        ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
            Ok(rustls::client::danger::HandshakeSignatureValid::assertion())
        }
        fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
            aws_lc_rs::default_provider().signature_verification_algorithms.supported_schemes()
        }
    }

    #[test]
    fn a_file_without_an_authority_is_refused() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("none.pem");
        fs::write(&path, "").expect("it is written");
        let refusal = Tls::development(None, &region(), Some(&path)).err().map(|e| e.to_string());
        assert!(refusal.as_ref().is_some_and(|told| told.contains("none.pem")), "{refusal:?}");
    }
}
