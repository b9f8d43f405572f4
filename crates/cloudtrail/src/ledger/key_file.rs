use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::AuditKey;

/// Bytes of a file that are read at the most: the 44 characters of a key, and a line's end.
const FILE_BYTES_MAX: u64 = 64;

/// The file of `--audit-key` holds no key.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum AuditKeyFileError {
    #[error("the audit key {} has mode {mode:04o}: it must be readable by its owner alone (chmod 600)", path.display())]
    Mode { path: PathBuf, mode: u32 },
    #[error("the audit key {} does not hold base64 of 32 bytes: `openssl rand -base64 32` makes one", path.display())]
    Malformed { path: PathBuf },
    #[error("cannot read the audit key {}", path.display())]
    Io { path: PathBuf, source: io::Error },
}

impl AuditKey {
    /// Reads the key from a file that its owner alone can read. None is ever made: it is to be kept elsewhere than the data.
    pub fn load(path: &Path) -> Result<Self, AuditKeyFileError> {
        let failed = |source| AuditKeyFileError::Io { path: path.to_owned(), source };
        let file = File::open(path).map_err(failed)?;
        let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o7777;
        if mode & 0o177 != 0 {
            return Err(AuditKeyFileError::Mode { path: path.to_owned(), mode });
        }
        let mut text = Zeroizing::new(String::with_capacity(FILE_BYTES_MAX as usize));
        file.take(FILE_BYTES_MAX).read_to_string(&mut text).map_err(failed)?;
        Self::from_base64(&text).ok_or_else(|| AuditKeyFileError::Malformed { path: path.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{Permissions, set_permissions};

    use super::*;

    #[test]
    fn a_key_is_read_from_a_file_that_nobody_else_can_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("audit.key");
        let refused = |error: AuditKeyFileError| error.to_string().replace(&*path.to_string_lossy(), "FILE");
        assert_eq!(refused(AuditKey::load(&path).unwrap_err()), "cannot read the audit key FILE");
        std::fs::write(&path, format!("{}=\n", "A".repeat(43))).unwrap();
        set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        let error = "the audit key FILE has mode 0640: it must be readable by its owner alone (chmod 600)";
        assert_eq!(refused(AuditKey::load(&path).unwrap_err()), error);
        set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        AuditKey::load(&path).unwrap();
        std::fs::write(&path, "A").unwrap();
        assert!(refused(AuditKey::load(&path).unwrap_err()).contains("base64 of 32 bytes"));
    }
}
