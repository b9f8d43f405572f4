//! Whom a client on TLS believes.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use hyper_rustls::ConfigBuilderExt;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

/// Why a file of certificates was refused.
#[derive(Debug, thiserror::Error)]
pub enum AuthoritiesError {
    /// It cannot be read.
    #[error("cannot read the certificates in `{path}`")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It is not what it should be.
    #[error("`{path}` is no PEM file with certificates of authorities")]
    Malformed {
        /// The file.
        path: PathBuf,
    },
}

/// TLS by the authorities of Mozilla's list, or only by those in `authorities` (PEM) where given: what AWS_CA_BUNDLE means, and how
/// the development certificate of a server of ours is believed.
pub(crate) fn client_config(authorities: Option<&Path>) -> Result<ClientConfig, AuthoritiesError> {
    let builder = ClientConfig::builder();
    Ok(match authorities {
        None => builder.with_webpki_roots().with_no_client_auth(),
        Some(path) => builder.with_root_certificates(read(path)?).with_no_client_auth(),
    })
}

fn read(path: &Path) -> Result<RootCertStore, AuthoritiesError> {
    let text = fs::read(path).map_err(|source| AuthoritiesError::Read { path: path.to_owned(), source })?;
    let malformed = || AuthoritiesError::Malformed { path: path.to_owned() };
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&text) {
        store.add(certificate.map_err(|_| malformed())?).map_err(|_| malformed())?;
    }
    if store.is_empty() { Err(malformed()) } else { Ok(store) }
}
