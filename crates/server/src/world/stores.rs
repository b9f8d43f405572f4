use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use anabranch_catalog::{Catalog, MemoryCatalog, SqliteCatalog};
use anabranch_log::disk::RealDisk;
use anabranch_log::local::{LocalLog, Options};
use tempfile::TempDir;

use super::{OpenError, Recipe};

/// Beneath the data directory.
pub(crate) const LOG_DIR: &str = "log";
/// Beneath the data directory.
pub(crate) const CATALOG_FILE: &str = "catalog.sqlite";

/// Where everything is kept.
pub(super) struct Stores {
    pub log: Arc<LocalLog>,
    pub catalog: Arc<dyn Catalog>,
    /// The catalog, where it is kept.
    pub kept: Option<Arc<SqliteCatalog>>,
    /// Where an ephemeral world keeps its log; gone with it.
    _dir: Option<TempDir>,
}

impl Stores {
    pub fn open(recipe: &Recipe) -> Result<Self, OpenError> {
        let (log_dir, dir) = log_dir(recipe).map_err(OpenError::Directory)?;
        let log = Arc::new(open_log(recipe, log_dir)?);
        let kept = open_catalog(recipe)?;
        let catalog: Arc<dyn Catalog> = match &kept {
            Some(kept) => kept.clone(),
            None => Arc::new(MemoryCatalog::default()),
        };
        Ok(Self { log, catalog, kept, _dir: dir })
    }
}

fn log_dir(recipe: &Recipe) -> io::Result<(PathBuf, Option<TempDir>)> {
    match &recipe.data_dir {
        Some(data_dir) => {
            let dir = data_dir.join(LOG_DIR);
            std::fs::create_dir_all(&dir)?;
            Ok((dir, None))
        }
        None => {
            let dir = tempfile::Builder::new().prefix("anabranch-").tempdir()?;
            Ok((dir.path().to_owned(), Some(dir)))
        }
    }
}

fn open_log(recipe: &Recipe, dir: PathBuf) -> Result<LocalLog, OpenError> {
    let disk = RealDisk::open(dir).map_err(OpenError::Directory)?;
    let options = Options {
        durability: recipe.durability,
        tail_bytes_max: recipe.tail_bytes_max,
        clock: recipe.clock.clone(),
        ..Options::default()
    };
    LocalLog::open(Arc::new(disk), options).map_err(OpenError::Log)
}

fn open_catalog(recipe: &Recipe) -> Result<Option<Arc<SqliteCatalog>>, OpenError> {
    let open = |dir: &PathBuf| SqliteCatalog::open(&dir.join(CATALOG_FILE)).map(Arc::new);
    recipe.data_dir.as_ref().map(open).transpose().map_err(OpenError::Catalog)
}
