//! Backups: copies of a data directory, taken while the server answers, and data directories made of them.
//!
//! A backup looks as a data directory does (`catalog.sqlite`, `log/`), and [`MANIFEST`] in it says that it is whole. [`take`] is the
//! server's side, [`restore`] needs none.

mod files;
mod restore;
mod take;

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use restore::{RestoreError, Restored, restore};
pub use take::{Source, TakeError, check_destination, take};

/// Written last into a backup: what it is.
pub const MANIFEST: &str = "backup.json";
/// The version of that file and of what stands beside it.
const FORMAT: u32 = 1;

/// What a backup is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Its version; a greater one is refused.
    pub format: u32,
    /// The version of the program that took it.
    pub anabranch: String,
    /// When, in ISO 8601.
    pub taken: String,
    /// Files of records.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The log's place up to which everything is in it.
    pub place: u64,
    /// Files of records that were gone or cut short: what was in them is not in the backup.
    pub unreadable: Vec<String>,
    /// Where the master key is that opens sealed records. It is not in the backup.
    pub master_key: String,
}

impl Manifest {
    /// The manifest of the backup in a directory. An error of kind `NotFound` where there is none, or one that was not finished.
    pub fn read(dir: &Path) -> io::Result<Self> {
        let text = std::fs::read(dir.join(MANIFEST))?;
        let read: Self =
            serde_json::from_slice(&text).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))?;
        if read.format > FORMAT {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!(
                    "the backup has format {}, this program knows {FORMAT}: use a newer one",
                    read.format
                ),
            ));
        }
        Ok(read)
    }

    fn write(&self, dir: &Path) -> io::Result<()> {
        let text = serde_json::to_vec_pretty(self).map_err(io::Error::other)?;
        files::write_new(&dir.join(MANIFEST), &text)?;
        files::sync_dir(dir)
    }
}

/// Where a restore that has begun says so until it is done.
fn unfinished(data_dir: &Path) -> PathBuf {
    data_dir.join(crate::place::RESTORING)
}
