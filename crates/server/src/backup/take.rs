use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anabranch_catalog::{CatalogError, SqliteCatalog};
use anabranch_log::LogError;
use anabranch_log::disk::RealDisk;
use anabranch_log::local::{Copied, LocalLog};
use anabranch_types::Clock;
use tokio::sync::oneshot;

use super::{FORMAT, Manifest, files};
use crate::test_clock;
use crate::world::{CATALOG_FILE, LOG_DIR};

/// Whoever is not the owner may not write into a backup's directory.
const OTHERS_WRITE: u32 = 0o022;

/// What is backed up.
#[derive(Clone)]
pub struct Source {
    /// The data directory.
    pub data_dir: PathBuf,
    /// Its catalog.
    pub catalog: Arc<SqliteCatalog>,
    /// Its log.
    pub log: Arc<LocalLog>,
    /// Where the master key is, in words.
    pub master_key: String,
}

/// A backup was not taken.
#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    /// The path is relative.
    #[error("the directory {} is not named by an absolute path", dir.display())]
    Relative {
        /// The path.
        dir: PathBuf,
    },
    /// There is no such directory where the server runs, or it may not look.
    #[error("the server cannot use the directory {}", dir.display())]
    Unusable {
        /// The directory.
        dir: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Somebody else could read or change the backup.
    #[error(
        "the directory {} must belong to the user that the server runs as, and nobody else may write into it",
        dir.display()
    )]
    NotOurs {
        /// The directory.
        dir: PathBuf,
    },
    /// There is something in it.
    #[error("the directory {} is not empty", dir.display())]
    NotEmpty {
        /// The directory.
        dir: PathBuf,
    },
    /// It lies among what is to be copied.
    #[error("the directory {} lies in the record log itself", dir.display())]
    Within {
        /// The directory.
        dir: PathBuf,
    },
    /// The catalog could not be copied.
    #[error("cannot copy the catalog")]
    Catalog(#[from] CatalogError),
    /// The log could not be copied.
    #[error("cannot copy the record log")]
    Log(#[from] LogError),
    /// Something else could not be written.
    #[error("cannot write the backup")]
    Write(#[from] io::Error),
}

/// The directory a backup may be written into: absolute, there, empty, ours, and closed to others. So nobody who may only talk to
/// the server makes it write where he could read it, or over anything.
pub fn check_destination(dir: &Path, data_dir: &Path) -> Result<PathBuf, TakeError> {
    let dir = dir.to_owned();
    if !dir.is_absolute() {
        return Err(TakeError::Relative { dir });
    }
    let looked = fs::canonicalize(&dir).and_then(|real| Ok((fs::metadata(&real)?, real)));
    let (found, real) = match looked {
        Ok(looked) => looked,
        Err(source) => return Err(TakeError::Unusable { dir, source }),
    };
    if found.uid() != rustix::process::geteuid().as_raw() || found.mode() & OTHERS_WRITE != 0 {
        return Err(TakeError::NotOurs { dir });
    }
    if real.starts_with(data_dir.join(LOG_DIR)) {
        return Err(TakeError::Within { dir });
    }
    match files::is_empty(&real) {
        Ok(true) => Ok(real),
        Ok(false) => Err(TakeError::NotEmpty { dir }),
        Err(source) => Err(TakeError::Unusable { dir, source }),
    }
}

/// Writes a backup into a directory that [`check_destination`] gave; tells how many bytes of how many are copied. First the catalog,
/// then, before anything further is committed there, the log's position: together they are a state that a crash could have left,
/// which a start brings to order. Records go on being taken meanwhile.
pub async fn take(
    source: Source,
    into: PathBuf,
    told: impl FnMut(u64, u64) + Send + 'static,
) -> Result<Manifest, TakeError> {
    let begun = source.log.begin_backup().await;
    let (fixed, position) = oneshot::channel();
    let fix = move || drop(fixed.send(begun.fix()));
    source.catalog.copy_into(into.join(CATALOG_FILE), fix).await?;
    let backup = position.await.map_err(|_| LogError::ShutDown)?.ready().await?;
    let log_dir = into.join(LOG_DIR);
    let copying = tokio::task::spawn_blocking(move || -> Result<Copied, TakeError> {
        let mut told = told;
        Ok(backup.copy_to(&RealDisk::open(log_dir)?, &mut told)?)
    });
    let Copied { files, bytes, place, unreadable } = copying.await.map_err(io::Error::other)??;
    files::copy_if_there(&source.data_dir.join(test_clock::FILE), &into.join(test_clock::FILE))?;
    let manifest = Manifest {
        format: FORMAT,
        anabranch: env!("CARGO_PKG_VERSION").to_owned(),
        taken: Clock::machine_now().to_string(),
        files,
        bytes,
        place,
        unreadable,
        master_key: source.master_key,
    };
    manifest.write(&into)?;
    Ok(manifest)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_backup_goes_into_an_empty_directory_of_ours_alone() {
        let place = tempfile::tempdir().expect("a temporary directory");
        let data_dir = place.path().join("data");
        let make = |name: &str, mode| {
            let dir = place.path().join(name);
            fs::create_dir_all(&dir).expect("made");
            fs::set_permissions(&dir, fs::Permissions::from_mode(mode)).expect("ours");
            dir
        };
        let full = make("full", 0o700);
        fs::write(full.join("x"), "").expect("written");
        let cases = [
            (make("good", 0o700), "good"),
            (make("readable", 0o755), "good"),
            (make("open", 0o777), "NotOurs"),
            (make("group", 0o770), "NotOurs"),
            (full, "NotEmpty"),
            (make("data/log/inside", 0o700), "Within"),
            (place.path().join("nowhere"), "Unusable"),
            (PathBuf::from("relative"), "Relative"),
        ];
        for (dir, expected) in cases {
            let said = match check_destination(&dir, &data_dir) {
                Ok(_) => "good".to_owned(),
                Err(error) => format!("{error:?}"),
            };
            assert!(said.starts_with(expected), "{}: {said}", dir.display());
        }
    }
}
