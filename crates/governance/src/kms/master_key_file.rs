use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anabranch_types::Rng;
use zeroize::Zeroizing;

use super::MasterKey;

/// Bytes of a file that are read at the most: the 44 characters of a key, and a line's end.
const FILE_BYTES_MAX: u64 = 64;

/// There is no master key to work with.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// Others could read it.
    #[error(
        "the master key {} has mode {mode:04o}: it must be readable by its owner alone (chmod 600)",
        path.display()
    )]
    Mode {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file holds something else.
    #[error("the master key {} does not hold base64 of 32 bytes", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
    },
    /// The system said no.
    #[error("cannot {doing} the master key {}", path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
}

impl MasterKey {
    /// Reads the key from a file that its owner alone can read.
    pub fn load(path: &Path) -> Result<Self, MasterKeyError> {
        let file = File::open(path).map_err(failed("read", path))?;
        Self::read(file, path)
    }

    /// Reads the key, or makes it if there is no such file: mode 0600, durable when this returns. Two that start at once get the same key.
    pub fn load_or_make(path: &Path, rng: &Rng) -> Result<Self, MasterKeyError> {
        match File::open(path) {
            Ok(file) => Self::read(file, path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::make(path, rng),
            Err(error) => Err(failed("read", path)(error)),
        }
    }

    fn read(file: File, path: &Path) -> Result<Self, MasterKeyError> {
        let mode = file.metadata().map_err(failed("read", path))?.permissions().mode() & 0o7777;
        if mode & 0o177 != 0 {
            return Err(MasterKeyError::Mode { path: path.to_owned(), mode });
        }
        let mut text = Zeroizing::new(String::with_capacity(FILE_BYTES_MAX as usize));
        file.take(FILE_BYTES_MAX).read_to_string(&mut text).map_err(failed("read", path))?;
        Self::from_base64(&text).ok_or_else(|| MasterKeyError::Malformed { path: path.to_owned() })
    }

    /// Writes a new key beside `path` and links it into place whole, so that nobody ever reads half a key.
    fn make(path: &Path, rng: &Rng) -> Result<Self, MasterKeyError> {
        let dir = match path.parent() {
            Some(dir) if !dir.as_os_str().is_empty() => dir,
            _ => Path::new("."),
        };
        let mut draft = path.as_os_str().to_owned();
        draft.push(format!(".{:016x}", rng.u64()));
        let draft = PathBuf::from(draft);
        let key = Self::random(rng);
        let written = key.write(&draft).map_err(failed("write", &draft));
        let placed = written.and_then(|()| match std::fs::hard_link(&draft, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Self::load(path),
            Err(error) => Err(failed("make", path)(error)),
            Ok(()) => Ok(key),
        });
        let removed = std::fs::remove_file(&draft).map_err(failed("make", path));
        let synced = File::open(dir).and_then(|dir| dir.sync_all()).map_err(failed("sync", path));
        let key = placed?;
        removed.and(synced)?;
        Ok(key)
    }

    fn write(&self, path: &Path) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(self.to_base64().as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()
    }
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> MasterKeyError {
    let path = path.to_owned();
    move |source| MasterKeyError::Io { doing, path, source }
}

#[cfg(test)]
mod tests {
    use std::fs::{Permissions, set_permissions};

    use super::*;

    #[test]
    fn the_first_start_makes_a_key_that_its_owner_alone_can_read_and_later_ones_keep_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("master.key");
        let made = MasterKey::load_or_make(&path, &Rng::system()).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o7777, 0o600);
        let found = MasterKey::load_or_make(&path, &Rng::system()).unwrap();
        assert_eq!(found.to_base64(), made.to_base64());
        assert_eq!(MasterKey::load(&path).unwrap().to_base64(), made.to_base64());
        assert_eq!(dir.path().read_dir().unwrap().count(), 1, "nothing else is left");
    }

    #[test]
    fn a_key_that_others_could_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("master.key");
        MasterKey::load_or_make(&path, &Rng::system()).unwrap();
        for mode in [0o640, 0o604, 0o700, 0o660] {
            set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            let refused = MasterKey::load_or_make(&path, &Rng::system()).unwrap_err();
            assert!(matches!(refused, MasterKeyError::Mode { mode: m, .. } if m == mode), "{refused}");
        }
        for mode in [0o600, 0o400] {
            set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            MasterKey::load(&path).unwrap();
        }
    }

    #[test]
    fn what_is_no_key_is_refused_and_never_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("master.key");
        for text in ["", "hello", &"A".repeat(4096)] {
            std::fs::write(&path, text).unwrap();
            set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
            let refused = MasterKey::load_or_make(&path, &Rng::system()).unwrap_err();
            assert!(matches!(refused, MasterKeyError::Malformed { .. }), "{refused}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
    }

    #[test]
    fn a_key_that_shall_be_there_is_not_made() {
        let dir = tempfile::tempdir().unwrap();
        let missing = MasterKey::load(&dir.path().join("none")).unwrap_err();
        assert!(matches!(missing, MasterKeyError::Io { doing: "read", .. }), "{missing}");
    }
}
