use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anabranch_api::kms::{DataKeySpec, Decrypt, GenerateDataKey};
use anabranch_api::{Endpoint as _, Operation, Remote};
use anabranch_governance::kms::{KEY_BYTES, MasterKey};
use anabranch_wire::Protocol;
use bytes::Bytes;
use bytestring::ByteString;
use zeroize::Zeroizing;

use super::{FILE, Found, KMS_FILE, NoMasterKey};
use crate::client::{
    AuthoritiesError, CallError, HttpEndpoint, HttpVersion, Identity, IdentityError, InvalidTarget, Target,
    from_environment,
};

/// What the encrypted key is bound to: the one pair of its encryption context.
const CONTEXT: (&str, &str) = ("anabranch", "master key");
/// AWS: API_Decrypt: a ciphertext has at most 6,144 bytes. A file that is longer is none.
const CIPHERTEXT_BYTES_MAX: u64 = 6_144 * 4 / 3 + 4;

/// A KMS elsewhere, and the key there that encrypts the master key: the signature is that of the environment, as every AWS tool finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalKms {
    /// Where it answers.
    pub endpoint: Target,
    /// The key's id, ARN or alias.
    pub key: String,
}

/// The KMS did not give the master key.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum KmsRefused {
    #[error(transparent)]
    Endpoint(#[from] InvalidTarget),
    #[error("nobody to sign calls of the master key's KMS as")]
    Identity(#[from] IdentityError),
    #[error(transparent)]
    Authorities(#[from] AuthoritiesError),
    #[error(
        "cannot {doing} the master key with the KMS key {key} at {endpoint}; without it nothing at rest can be read, \
         so the server does not start"
    )]
    Call { doing: &'static str, key: String, endpoint: Target, source: Box<CallError> },
    #[error("the KMS at {endpoint} answered without a key of 32 bytes")]
    NoKey { endpoint: Target },
}

impl ExternalKms {
    /// The master key that is in the directory as this KMS encrypted it, or a new one, which is then there durably.
    pub(super) async fn open(&self, data_dir: &Path) -> Result<Found, NoMasterKey> {
        let path = data_dir.join(KMS_FILE);
        let ciphertext = read(&path)?;
        let own = data_dir.join(FILE);
        if ciphertext.is_none() && own.exists() {
            return Err(NoMasterKey::InFile { path: own });
        }
        let remote = self.remote()?;
        let key = match ciphertext {
            Some(ciphertext) => self.decrypt(&remote, ciphertext).await?,
            None => {
                let (key, ciphertext) = self.make(&remote).await?;
                write(&path, &ciphertext).map_err(|source| NoMasterKey::Io {
                    doing: "write",
                    path: path.clone(),
                    source,
                })?;
                key
            }
        };
        let place = format!("{}, which the KMS key {} at {} opens", path.display(), self.key, self.endpoint);
        Ok(Found { key, place })
    }

    /// Nothing is sent yet.
    fn remote(&self) -> Result<Remote<HttpEndpoint>, KmsRefused> {
        let region = self.key.strip_prefix("arn:").and_then(|rest| rest.split(':').nth(2));
        let identity: Identity = from_environment(&self.endpoint, region)?;
        let authorities =
            std::env::var_os("AWS_CA_BUNDLE").filter(|path| !path.is_empty()).map(PathBuf::from);
        let endpoint =
            HttpEndpoint::new(self.endpoint.clone(), identity, HttpVersion::One, authorities.as_deref())?;
        Ok(Remote::new(endpoint, Protocol::Json11))
    }

    async fn make(&self, remote: &Remote<HttpEndpoint>) -> Result<(MasterKey, Bytes), KmsRefused> {
        let request = GenerateDataKey {
            key_id: self.key.as_str().into(),
            encryption_context: Some(context()),
            key_spec: Some(DataKeySpec::Aes256),
            ..GenerateDataKey::default()
        };
        let made = self.call("make", remote, request).await?;
        let ciphertext = made.ciphertext_blob.ok_or_else(|| self.no_key())?;
        Ok((self.key(made.plaintext)?, ciphertext))
    }

    async fn decrypt(
        &self,
        remote: &Remote<HttpEndpoint>,
        ciphertext: Bytes,
    ) -> Result<MasterKey, KmsRefused> {
        let request = Decrypt {
            key_id: Some(self.key.as_str().into()),
            ciphertext_blob: Some(ciphertext),
            encryption_context: Some(context()),
            ..Decrypt::default()
        };
        self.key(self.call("open", remote, request).await?.plaintext)
    }

    async fn call<Op: Operation>(
        &self,
        doing: &'static str,
        remote: &Remote<HttpEndpoint>,
        request: Op,
    ) -> Result<Op::Output, KmsRefused> {
        let (key, endpoint) = (self.key.clone(), self.endpoint.clone());
        let sent = remote.endpoint().send(remote.request(&request)).await;
        let answer = sent.map_err(CallError::from).and_then(|answer| Ok(remote.answer::<Op>(answer)?));
        answer.map_err(|error| KmsRefused::Call { doing, key, endpoint, source: Box::new(error) })
    }

    fn key(&self, plain: Option<Bytes>) -> Result<MasterKey, KmsRefused> {
        let plain = plain.and_then(|plain| <[u8; KEY_BYTES]>::try_from(&plain[..]).ok()).map(Zeroizing::new);
        plain.map(MasterKey::from_bytes).ok_or_else(|| self.no_key())
    }

    fn no_key(&self) -> KmsRefused {
        KmsRefused::NoKey { endpoint: self.endpoint.clone() }
    }
}

fn context() -> Vec<(ByteString, ByteString)> {
    vec![(CONTEXT.0.into(), CONTEXT.1.into())]
}

/// The ciphertext in the file; none if there is no file.
fn read(path: &Path) -> Result<Option<Bytes>, NoMasterKey> {
    let failed = |source| NoMasterKey::Io { doing: "read", path: path.to_owned(), source };
    let text = match File::open(path) {
        Ok(file) => io::read_to_string(io::Read::take(file, CIPHERTEXT_BYTES_MAX)).map_err(failed)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let decoded = base64_simd::STANDARD.decode_to_vec(text.trim());
    decoded.map(|bytes| Some(bytes.into())).map_err(|_| NoMasterKey::Malformed { path: path.to_owned() })
}

/// Whole and durable when it returns; for its owner alone.
fn write(path: &Path, ciphertext: &[u8]) -> io::Result<()> {
    let dir = path.parent().unwrap_or(Path::new("."));
    let mut draft = tempfile::NamedTempFile::new_in(dir)?;
    writeln!(draft, "{}", base64_simd::STANDARD.encode_to_string(ciphertext))?;
    draft.as_file().sync_all()?;
    draft.persist_noclobber(path)?;
    File::open(dir)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_was_written_is_read_by_its_owner_alone_and_never_replaced() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join(KMS_FILE);
        assert!(matches!(read(&path), Ok(None)));
        write(&path, b"ciphertext").expect("it is written");
        assert_eq!(read(&path).ok().flatten().as_deref(), Some(&b"ciphertext"[..]));
        assert_eq!(path.metadata().expect("it is there").permissions().mode() & 0o7777, 0o600);
        assert!(write(&path, b"another").is_err());
        assert_eq!(dir.path().read_dir().expect("a directory").count(), 1, "nothing else is left");
        std::fs::write(&path, "no base64").expect("it is written");
        assert!(matches!(read(&path), Err(NoMasterKey::Malformed { .. })));
    }
}
