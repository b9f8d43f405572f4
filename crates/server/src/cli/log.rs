//! `anabranch log`: looks at the record log of a directory while no server uses it, and mends it.

mod dump;
mod finding;
mod names;
mod repair;
mod verify;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anabranch_log::disk::RealDisk;

use super::{Failure, with_causes};
use crate::config;
use crate::world::LOG_DIR;
use names::Names;

/// Something is damaged.
const DAMAGED: u8 = 1;
/// Nothing was found out: the arguments mean nothing, there is no log, or somebody uses it.
const NOT_DONE: u8 = 2;

#[derive(clap::Args)]
#[command(after_help = "\
No server may use the directory meanwhile. Exit codes: 0 everything is sound, 1 something is damaged, 2 it could not be looked at.
docs/operations.md says what to do after each finding.")]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Read everything, check every checksum, and tell what is damaged. Changes nothing.
    Verify(verify::Arguments),
    /// List every frame: where it stands and which records it holds. Changes nothing.
    Dump(dump::Arguments),
    /// Make a directory that does not open usable again, and let readers pass over what is damaged.
    Repair(repair::Arguments),
}

/// Which directory.
#[derive(clap::Args)]
struct Where {
    /// The data directory, or a backup of one [default: the platform's data directory for `anabranch`]
    #[arg(long, value_name = "DIR", env = "ANABRANCH_DATA_DIR")]
    data_dir: Option<PathBuf>,
}

pub(super) fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let outcome = match arguments.command {
        Command::Verify(arguments) => verify::run(arguments),
        Command::Dump(arguments) => dump::run(arguments),
        Command::Repair(arguments) => repair::run(arguments),
    };
    Ok(outcome.unwrap_or_else(|failure| {
        eprintln!("anabranch: {}", with_causes(&*failure));
        ExitCode::from(NOT_DONE)
    }))
}

impl Where {
    fn data_dir(&self) -> Result<PathBuf, Failure> {
        let named = self.data_dir.clone().or_else(config::platform_data_dir);
        let dir = named.ok_or("there is no home directory: name the data directory with --data-dir")?;
        if dir.join(LOG_DIR).is_dir() {
            return Ok(dir);
        }
        Err(format!("there is no record log in {}; --data-dir names another directory", dir.display()).into())
    }

    /// The record log and the names of what is in it.
    fn open_to_read(&self) -> Result<(RealDisk, Names), Failure> {
        let dir = self.data_dir()?;
        let disk = RealDisk::to_read(dir.join(LOG_DIR)).map_err(|e| unreadable(&dir, &e))?;
        Ok((disk, Names::read(&dir)))
    }
}

fn unreadable(dir: &Path, error: &std::io::Error) -> Failure {
    format!("cannot read the record log in {}: {error}", dir.display()).into()
}

/// A failure of the log, with what to do where the directory is in use.
fn explained(error: anabranch_log::local::OpenError) -> Failure {
    match error {
        anabranch_log::local::OpenError::Locked => {
            "a server uses this directory: stop it first, or look at a backup of it".into()
        }
        other => other.into(),
    }
}
