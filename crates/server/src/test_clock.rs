//! The clock a server runs by, and the memory of it: a directory once run with a test clock stays with one, since what it holds may
//! be dated in the future.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anabranch_types::Clock;

/// Beneath the data directory: how many milliseconds the test clock was ahead, in decimal.
pub(crate) const FILE: &str = "test-clock";

/// The clock of this run and where its offset is kept.
#[derive(Clone, Debug)]
pub struct KeptClock {
    /// The clock.
    pub clock: Clock,
    file: Option<PathBuf>,
}

/// The clock cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum ClockError {
    /// The directory belongs to tests.
    #[error(
        "the data directory {} was run with --test-clock before, so what it holds may be dated in the future: \
         start it with --test-clock again, or name another directory", dir.display()
    )]
    OfTests {
        /// The directory.
        dir: PathBuf,
    },
    /// The offset's file cannot be used.
    #[error("cannot use `{}`, which keeps the test clock's offset", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl KeptClock {
    /// The machine's clock for this directory.
    pub fn machine(data_dir: Option<&Path>) -> Result<Self, ClockError> {
        match data_dir {
            Some(dir) if dir.join(FILE).exists() => Err(ClockError::OfTests { dir: dir.to_owned() }),
            _ => Ok(Self { clock: Clock::machine(), file: None }),
        }
    }

    /// The test clock for this directory, as far ahead as it was; notes in the directory that it has one.
    pub fn test(data_dir: Option<&Path>) -> Result<Self, ClockError> {
        let Some(dir) = data_dir else { return Ok(Self { clock: Clock::test(0), file: None }) };
        let path = dir.join(FILE);
        let wrong = |source| ClockError::File { path: path.clone(), source };
        let ahead_ms = match std::fs::read_to_string(&path) {
            Ok(text) => {
                text.trim().parse().map_err(|e| wrong(io::Error::new(io::ErrorKind::InvalidData, e)))?
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(wrong(error)),
        };
        let kept = Self { clock: Clock::test(ahead_ms), file: Some(path.clone()) };
        kept.keep(ahead_ms)?;
        Ok(kept)
    }

    /// Writes down how far ahead the clock is about to be. Durable when this returns: done before the clock moves, so that no restart
    /// finds an earlier time than somebody saw.
    pub fn keep(&self, ahead_ms: i64) -> Result<(), ClockError> {
        let Some(path) = &self.file else { return Ok(()) };
        let dir = path.parent().unwrap_or(Path::new("."));
        let write = || -> io::Result<()> {
            let mut file = tempfile::NamedTempFile::new_in(dir)?;
            writeln!(file, "{ahead_ms}")?;
            file.as_file().sync_all()?;
            file.persist(path).map_err(|e| e.error)?;
            std::fs::File::open(dir)?.sync_all()
        };
        write().map_err(|source| ClockError::File { path: path.clone(), source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_once_run_with_a_test_clock_stays_so_and_as_far_ahead() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let at = Some(dir.path());
        KeptClock::machine(at).expect("a new directory takes any clock");
        KeptClock::test(at).and_then(|kept| kept.keep(86_400_000)).expect("the offset is kept");
        assert_eq!(KeptClock::test(at).expect("it is found again").clock.ahead_ms(), 86_400_000);
        let refusal = KeptClock::machine(at).err().map(|e| e.to_string()).unwrap_or_default();
        assert!(refusal.contains("--test-clock"), "{refusal}");
    }

    #[test]
    fn a_server_without_directory_starts_at_the_machines_time() {
        assert_eq!(KeptClock::test(None).expect("it needs no directory").clock.ahead_ms(), 0);
    }
}
