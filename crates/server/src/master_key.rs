//! Where the key that seals everything at rest is had from, before anything is opened.

mod kms;

use std::io;
use std::path::{Path, PathBuf};

use anabranch_governance::kms::{MasterKey, MasterKeyError};
use anabranch_types::Rng;

pub use kms::{ExternalKms, KmsRefused};

use crate::config::Secret;

/// Beneath the data directory: the key itself, unless a flag or a variable names another.
const FILE: &str = "master.key";
/// Beneath the data directory: the key as another KMS encrypted it.
const KMS_FILE: &str = "master.key.kms";

/// What was said of where the master key is.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// `ANABRANCH_MASTER_KEY`: the key itself.
    pub value: Option<Secret>,
    /// `--master-key-file`
    pub file: Option<PathBuf>,
    /// `--master-key-kms` and `--master-key-kms-endpoint`
    pub kms: Option<ExternalKms>,
}

/// A master key, and in words where it is.
pub struct Found {
    /// The key.
    pub key: MasterKey,
    /// Where whoever keeps it finds it.
    pub place: String,
}

/// There is no master key to work with.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum NoMasterKey {
    #[error("ANABRANCH_MASTER_KEY is not base64 of 32 bytes: `openssl rand -base64 32` makes one")]
    NotAKey,
    #[error(transparent)]
    File(#[from] MasterKeyError),
    #[error(transparent)]
    Kms(#[from] KmsRefused),
    #[error(
        "the master key of this directory is in {}, and only the KMS key that encrypted it opens it: name that with \
         --master-key-kms and --master-key-kms-endpoint",
        path.display()
    )]
    InKms { path: PathBuf },
    #[error(
        "this directory has a master key of its own, {}: --master-key-kms is for directories without one, or a backup \
         restored into an empty one",
        path.display()
    )]
    InFile { path: PathBuf },
    #[error("--master-key-kms needs a data directory to keep the encrypted key in")]
    NoDirectory,
    #[error("cannot {doing} the encrypted master key {}", path.display())]
    Io { doing: &'static str, path: PathBuf, source: io::Error },
    #[error("the encrypted master key {} is not base64", path.display())]
    Malformed { path: PathBuf },
}

impl Choice {
    /// The master key of a data directory; made at the first start, and one that is nowhere else if there is no directory. The caller holds
    /// the directory. Costs a call to the KMS that was named.
    pub async fn open(&self, data_dir: Option<&Path>) -> Result<Found, NoMasterKey> {
        if let Some(kms) = &self.kms {
            return kms.open(data_dir.ok_or(NoMasterKey::NoDirectory)?).await;
        }
        if let Some(path) = data_dir.map(|dir| dir.join(KMS_FILE)).filter(|path| path.exists()) {
            return Err(NoMasterKey::InKms { path });
        }
        if let Some(value) = &self.value {
            let key = MasterKey::from_base64(value.reveal()).ok_or(NoMasterKey::NotAKey)?;
            return Ok(Found { key, place: "ANABRANCH_MASTER_KEY".to_owned() });
        }
        let own = data_dir.map(|dir| dir.join(FILE));
        match self.file.clone().or(own) {
            Some(path) => {
                let key = MasterKey::load_or_make(&path, &Rng::system())?;
                Ok(Found { key, place: path.display().to_string() })
            }
            None => Ok(Found { key: MasterKey::random(&Rng::system()), place: "nowhere".to_owned() }),
        }
    }
}
