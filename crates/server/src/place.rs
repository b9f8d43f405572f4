//! The data directory: one process at a time may use it.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Beneath the data directory: locked while a process uses it.
const LOCK_FILE: &str = "anabranch.lock";

/// Beneath the data directory while a backup is restored into it.
pub(crate) const RESTORING: &str = "restoring";

/// A data directory that is ours until this is dropped.
#[derive(Debug)]
pub struct Place {
    dir: PathBuf,
    _lock: File,
}

/// The data directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// There is none.
    #[error(
        "there is no home directory to keep data in: name one with --data-dir, or keep nothing with --ephemeral"
    )]
    Nowhere,
    /// Somebody else has it.
    #[error(
        "another anabranch process uses the data directory {}: stop it first, or name another with --data-dir",
        dir.display()
    )]
    Taken {
        /// The directory.
        dir: PathBuf,
    },
    /// A restore into it broke off.
    #[error(
        "a backup was being restored into {} and that broke off: remove the directory and restore again",
        dir.display()
    )]
    HalfRestored {
        /// The directory.
        dir: PathBuf,
    },
    /// The system says no.
    #[error("cannot use the data directory {}", dir.display())]
    Unusable {
        /// The directory.
        dir: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl Place {
    /// Makes the directory if it is not there, for its owner alone, and locks it.
    pub fn claim(dir: &Path) -> Result<Self, PlaceError> {
        let unusable = |source| PlaceError::Unusable { dir: dir.to_owned(), source };
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(unusable)?;
        let dir = fs::canonicalize(dir).map_err(unusable)?;
        // For its owner alone: whoever may open the file may lock it, and so keep us from starting.
        let lock = File::options().create(true).append(true).mode(0o600).open(dir.join(LOCK_FILE));
        let lock = lock.map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) if dir.join(RESTORING).exists() => Err(PlaceError::HalfRestored { dir }),
            Ok(()) => Ok(Self { dir, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(PlaceError::Taken { dir }),
            Err(TryLockError::Error(source)) => Err(unusable(source)),
        }
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_process_is_refused_with_a_sentence() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let at = dir.path().join("made/here");
        let first = Place::claim(&at).expect("it is free");
        let refusal = Place::claim(&at).err().map(|e| e.to_string()).unwrap_or_default();
        assert!(refusal.contains("another anabranch process"), "{refusal}");
        drop(first);
        assert!(Place::claim(&at).is_ok());
    }

    #[test]
    fn a_directory_that_was_restored_by_half_is_refused() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        std::fs::write(dir.path().join(RESTORING), "").expect("writable");
        assert!(matches!(Place::claim(dir.path()), Err(PlaceError::HalfRestored { .. })));
    }

    #[test]
    fn a_file_in_the_way_is_said_so() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        assert!(matches!(Place::claim(file.path()), Err(PlaceError::Unusable { .. })));
    }
}
