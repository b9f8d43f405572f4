//! TLS for the gateway: the owner's certificate, or one for development made at the first TLS connection.

use std::fs;
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, SanType};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::sync::OnceCell;
use tokio_rustls::TlsAcceptor;

/// What clients and we agree on by ALPN.
const ALPN: [&[u8]; 2] = [b"h2", b"http/1.1"];
/// Beneath the data directory: the development certificate, for `AWS_CA_BUNDLE`, and its key.
const CERTIFICATE_FILE: &str = "tls/development.pem";
const KEY_FILE: &str = "tls/development.key";

/// The certificate and key that connections are accepted with.
#[derive(Debug)]
pub struct Tls {
    /// Where a development certificate is kept; none for one that lives as long as the process.
    development_dir: Option<PathBuf>,
    acceptor: OnceCell<Arc<ServerConfig>>,
}

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
    /// With the owner's certificate chain and key, read now.
    pub fn own(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let config = from_files(certificate, key)?;
        Ok(Self { development_dir: None, acceptor: OnceCell::new_with(Some(Arc::new(config))) })
    }

    /// With a certificate for localhost that is made when first needed and kept beneath `data_dir`, if there is one.
    pub fn development(data_dir: Option<PathBuf>) -> Self {
        Self { development_dir: data_dir, acceptor: OnceCell::new() }
    }

    /// What accepts TLS connections.
    pub async fn acceptor(&self) -> Result<TlsAcceptor, TlsError> {
        let make = || async { development(self.development_dir.as_deref()).map(Arc::new) };
        let config = self.acceptor.get_or_try_init(make).await?;
        Ok(TlsAcceptor::from(Arc::clone(config)))
    }
}

/// The development certificate kept beneath `dir`, made if there is none.
fn development(dir: Option<&Path>) -> Result<ServerConfig, TlsError> {
    let Some(dir) = dir else {
        let made = make()?;
        let key = PrivateKeyDer::try_from(made.key.serialize_der())
            .map_err(|why| TlsError::Unusable(rustls::Error::General(why.to_owned())))?;
        return config(vec![made.certificate.der().clone()], key);
    };
    let (certificate, key) = (dir.join(CERTIFICATE_FILE), dir.join(KEY_FILE));
    if !(certificate.exists() && key.exists()) {
        let made = make()?;
        keep(&key, made.key.serialize_pem().as_bytes())?;
        keep(&certificate, made.certificate.pem().as_bytes())?;
    }
    from_files(&certificate, &key)
}

struct Made {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

/// A certificate for every name that stays on this machine, signed by itself.
fn make() -> Result<Made, TlsError> {
    let mut parameters = CertificateParams::new(vec!["localhost".to_owned(), "*.localhost".to_owned()])
        .map_err(TlsError::Make)?;
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

fn from_files(certificate: &Path, key: &Path) -> Result<ServerConfig, TlsError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |source| TlsError::Pem { path, source }
    };
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(unreadable(certificate))?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(unreadable(key))?;
    config(chain, key)
}

fn config(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<ServerConfig, TlsError> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
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
        Tls::development(Some(dir.path().to_owned())).acceptor().await.expect("it is made");
        let read = || fs::read(dir.path().join(CERTIFICATE_FILE)).expect("it is kept");
        let first = read();
        Tls::development(Some(dir.path().to_owned())).acceptor().await.expect("it is found");
        assert_eq!(first, read());
        let mode = fs::metadata(dir.path().join(KEY_FILE)).expect("the key is kept").permissions().mode();
        assert_eq!(mode & 0o077, 0);
        Tls::development(None).acceptor().await.expect("it needs no directory");
    }

    #[test]
    fn a_certificate_that_cannot_be_read_is_refused_by_its_path() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("absent.pem");
        let refusal = Tls::own(&path, &path).err().map(|e| e.to_string()).unwrap_or_default();
        assert!(refusal.contains("absent.pem"), "{refusal}");
    }
}
