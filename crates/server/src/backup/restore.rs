use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anabranch_catalog::{CatalogError, SqliteCatalog};
use anabranch_cloudtrail::ledger;
use anabranch_cloudwatch as cloudwatch;
use anabranch_log::disk::RealDisk;
use anabranch_log::local::{self, LocalLog, Options};
use anabranch_log::{GroupId, LogError, RecordLog as _};
use anabranch_logs as logs;
use anabranch_streams as streams;

use super::{Manifest, files, unfinished};
use crate::place::{Place, PlaceError};
use crate::test_clock;
use crate::world::{CATALOG_FILE, LOG_DIR};

/// A backup could not be restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// There is no whole backup.
    #[error("there is no whole backup in {}", dir.display())]
    NoBackup {
        /// The directory.
        dir: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// There is something where the data would go.
    #[error("the directory {} is not empty: name one that is, or that does not exist", dir.display())]
    NotEmpty {
        /// The directory.
        dir: PathBuf,
    },
    /// The directory cannot be had.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// The log could not be copied or brought to order.
    #[error("cannot restore the record log")]
    Log(#[from] LogError),
    /// The restored log does not open.
    #[error("cannot open the restored record log")]
    OpenLog(#[from] local::OpenError),
    /// The restored catalog does not open.
    #[error("cannot open the restored catalog")]
    OpenCatalog(#[from] anabranch_catalog::OpenError),
    /// The restored catalog cannot be read.
    #[error("cannot read the restored catalog")]
    Catalog(#[from] CatalogError),
    /// What the restored catalog holds of streams cannot be read.
    #[error("cannot read the restored streams")]
    Streams(#[from] streams::OpenError),
    /// The log groups in the catalog cannot be read.
    #[error(transparent)]
    Logs(#[from] logs::LogsOpenError),
    /// Something could not be written.
    #[error("cannot write the data directory")]
    Write(#[from] io::Error),
}

/// What was restored.
#[derive(Clone, Debug)]
pub struct Restored {
    /// The backup.
    pub backup: Manifest,
    /// Groups of empty logs that the log alone knew and that were dropped.
    pub groups_dropped: u64,
    /// Groups of logs with records that the catalog does not name. They are kept: a newer program may know whose they are.
    pub groups_unnamed: u64,
}

/// Makes a data directory of a backup; tells how many bytes of how many are copied. Blocks; not for async code. The directory must be empty or not
/// exist. The master key is not part of it. The log begins a timeline that the server that was backed up never had, so that no
/// sequence number is given twice.
pub fn restore(
    from: &Path,
    data_dir: &Path,
    told: &mut dyn FnMut(u64, u64),
) -> Result<Restored, RestoreError> {
    let backup =
        Manifest::read(from).map_err(|source| RestoreError::NoBackup { dir: from.to_owned(), source })?;
    if !files::is_empty(data_dir)? {
        return Err(RestoreError::NotEmpty { dir: data_dir.to_owned() });
    }
    let place = Place::claim(data_dir)?;
    let data_dir = place.dir();
    files::write_new(&unfinished(data_dir), b"")?;
    files::sync_dir(data_dir)?;
    let (source, log_dir) = (RealDisk::to_read(from.join(LOG_DIR))?, data_dir.join(LOG_DIR));
    local::restore(&source, &RealDisk::open(&log_dir)?, told)?;
    for name in [CATALOG_FILE, test_clock::FILE] {
        let copied = files::copy_if_there(&from.join(name), &data_dir.join(name))?;
        if name == CATALOG_FILE && !copied {
            return Err(io::Error::new(io::ErrorKind::NotFound, "the backup has no catalog").into());
        }
    }
    files::sync_dir(data_dir)?;
    let (groups_dropped, groups_unnamed) = bring_to_order(data_dir, &log_dir)?;
    fs::remove_file(unfinished(data_dir))?;
    files::sync_dir(data_dir)?;
    Ok(Restored { backup, groups_dropped, groups_unnamed })
}

/// Drops the empty logs that the catalog does not name: they were made and their name was not committed. What the catalog alone knows is
/// brought to its end by the next start. How many groups were dropped, and how many more are unnamed.
fn bring_to_order(data_dir: &Path, log_dir: &Path) -> Result<(u64, u64), RestoreError> {
    let catalog = SqliteCatalog::open(&data_dir.join(CATALOG_FILE))?;
    let log = LocalLog::open(Arc::new(RealDisk::open(log_dir)?), Options::default())?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(async {
        let mut named: BTreeSet<GroupId> = BTreeSet::new();
        named.extend(streams::log_groups(&catalog).await?.into_iter().map(|(group, _)| group));
        named.extend(cloudwatch::log_groups(&catalog).await?.into_iter().map(|(group, _)| group));
        named.extend(logs::log_groups(&catalog).await?.into_iter().map(|(group, _)| group));
        named.extend(ledger::ledgers(&catalog).await?.into_iter().map(|(group, ..)| group));
        let is_empty = |log: &LocalLog, id| log.state(id).is_ok_and(|state| state.end.offset.0 == 0);
        let mut unnamed: BTreeMap<GroupId, bool> = BTreeMap::new();
        for id in log.logs().into_iter().filter(|id| !named.contains(&id.group)) {
            *unnamed.entry(id.group).or_insert(true) &= is_empty(&log, id);
        }
        let (mut dropped, mut kept) = (0, 0);
        for (group, is_empty) in unnamed {
            if is_empty {
                log.remove_group(group).await?;
                dropped += 1;
            } else {
                kept += 1;
            }
        }
        log.checkpoint().await?;
        log.shut_down().await?;
        Ok((dropped, kept))
    })
}
