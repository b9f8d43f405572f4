use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::Revision;

/// `PRAGMA application_id`: "anbr".
pub(super) const APPLICATION_ID: i32 = 0x616e_6272;
/// `PRAGMA user_version`: the version of the tables.
pub(super) const SCHEMA_VERSION: i32 = 1;
/// How long a connection waits for another's lock, which is held only while the file is opened or its log is reset.
const BUSY_MAX: Duration = Duration::from_secs(10);
/// What the write-ahead log is cut to when it is reset.
const WAL_BYTES_KEPT: i64 = 16 * 1024 * 1024;
/// Pages in the write-ahead log when it is taken into the file: a page that is written again and again, as those of leases are, is taken
/// once. As many as are kept of the log.
const WAL_PAGES: i64 = WAL_BYTES_KEPT / 4096;
/// Most KiB of pages that the writer keeps in memory. SQLite's own 2 MiB are fewer than 4,000 leases take, which are all written every
/// few seconds.
const WRITER_CACHE_KIB: i64 = 8 * 1024;

const TABLES: &str = "
    CREATE TABLE entries (
        key BLOB PRIMARY KEY NOT NULL,
        value BLOB NOT NULL,
        version INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE head (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        revision INTEGER NOT NULL
    ) STRICT;
    INSERT INTO head VALUES (1, 0);
";

/// Why a catalog could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file was written by a newer program.
    #[error(
        "the catalog `{path}` has format {found}, which a newer Anabranch wrote; this one knows format {SCHEMA_VERSION}"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i32,
    },
    /// The file is something else's.
    #[error("`{path}` is not a catalog of Anabranch")]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The system said no.
    #[error("cannot open the catalog `{path}`")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// SQLite said no.
    #[error("cannot open the catalog `{path}`")]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: rusqlite::Error,
    },
}

/// Opens the file for writing, makes its tables if it is new, and tells its revision.
pub(super) fn open(path: &Path) -> Result<(Connection, Revision), OpenError> {
    let sqlite = |source| OpenError::Sqlite { path: path.to_owned(), source };
    make_private(path).map_err(|source| OpenError::Io { path: path.to_owned(), source })?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(sqlite)?;
    connection.busy_timeout(BUSY_MAX).map_err(sqlite)?;
    let is_new = identify(&connection, path)?;
    set_up(&connection).map_err(sqlite)?;
    if is_new {
        create(&mut connection).map_err(sqlite)?;
        sync_directory(path).map_err(|source| OpenError::Io { path: path.to_owned(), source })?;
    }
    let revision = read_revision(&connection).map_err(sqlite)?;
    Ok((connection, revision))
}

/// Opens the file, which [`open`] has set up, for reading.
pub(super) fn open_reader(path: &Path) -> Result<Connection, OpenError> {
    let sqlite = |source| OpenError::Sqlite { path: path.to_owned(), source };
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(sqlite)?;
    connection.busy_timeout(BUSY_MAX).map_err(sqlite)?;
    connection.pragma_update(None, "trusted_schema", false).map_err(sqlite)?;
    Ok(connection)
}

/// Makes sure that the file is there and a catalog that this program knows.
pub(super) fn check(path: &Path) -> Result<(), OpenError> {
    match identify(&open_reader(path)?, path)? {
        true => Err(OpenError::Foreign { path: path.to_owned() }),
        false => Ok(()),
    }
}

/// The number of the last commit, as the connection's present transaction sees it.
pub(super) fn read_revision(connection: &Connection) -> rusqlite::Result<Revision> {
    let mut select = connection.prepare_cached("SELECT revision FROM head WHERE id = 1")?;
    let revision: i64 = select.query_row([], |row| row.get(0))?;
    Ok(revision_from_sql(revision))
}

/// SQLite counts in signed numbers; a revision is far below their end.
pub(super) fn revision_from_sql(number: i64) -> Revision {
    Revision(u64::try_from(number).unwrap_or_default())
}

/// The other way round.
pub(super) fn revision_to_sql(revision: Revision) -> i64 {
    i64::try_from(revision.0).unwrap_or(i64::MAX)
}

/// Whether the file is a new one; refuses what is not ours or newer than us, without touching it.
fn identify(connection: &Connection, path: &Path) -> Result<bool, OpenError> {
    let number = |pragma: &str| connection.pragma_query_value(None, pragma, |row| row.get::<_, i32>(0));
    let read = || Ok((number("application_id")?, number("user_version")?, number("schema_version")?));
    let (application, version, changes) =
        read().map_err(|source: rusqlite::Error| match source.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase) => OpenError::Foreign { path: path.to_owned() },
            _ => OpenError::Sqlite { path: path.to_owned(), source },
        })?;
    match (application, version) {
        (0, 0) if changes == 0 => Ok(true),
        (APPLICATION_ID, SCHEMA_VERSION) => Ok(false),
        (APPLICATION_ID, found) if found > SCHEMA_VERSION => {
            Err(OpenError::Newer { path: path.to_owned(), found })
        }
        _ => Err(OpenError::Foreign { path: path.to_owned() }),
    }
}

fn set_up(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "journal_size_limit", WAL_BYTES_KEPT)?;
    connection.pragma_update(None, "wal_autocheckpoint", WAL_PAGES)?;
    // Negative: in KiB, not in pages.
    connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    // What is deleted is overwritten with zeros: sealed keys stand in it.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "trusted_schema", false)
}

fn create(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    transaction.execute_batch(TABLES)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    transaction.commit()
}

/// Makes the file if it is not there, readable by its owner alone: keys of tokens stand in it. SQLite gives the files beside it the
/// same mode.
pub(super) fn make_private(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// Makes the new file's name durable.
pub(super) fn sync_directory(path: &Path) -> io::Result<()> {
    let directory = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(directory)?.sync_all()
}
