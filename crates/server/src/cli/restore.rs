//! `anabranch restore`: a data directory made of a backup.

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::json;

use super::progress::Teller;
use super::{Failure, output};
use crate::backup::{self, Restored};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// What `anabranch backup` wrote
    backup: PathBuf,

    /// The data directory to be made; it must be empty or not exist
    #[arg(long, value_name = "DIR")]
    data_dir: PathBuf,

    /// One JSON object instead of words
    #[arg(long)]
    json: bool,

    /// Tell how far it is also where standard error is no terminal
    #[arg(long)]
    progress: bool,
}

pub(super) fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let mut teller = Teller::new(arguments.progress);
    let tell = &mut |bytes, of| teller.tell("", bytes, of);
    let Restored { backup, groups_dropped, groups_unnamed } =
        backup::restore(&arguments.backup, &arguments.data_dir, tell)?;
    drop(teller);
    if arguments.json {
        return output::print_lines(&[
            json!({ "backup": backup, "groups_dropped": groups_dropped, "groups_unnamed": groups_unnamed })
                .to_string(),
        ]);
    }
    let dir = arguments.data_dir.display();
    let mut lines =
        vec![format!("The backup of {} is in {dir}; new records begin a new timeline.", backup.taken)];
    if groups_dropped > 0 {
        lines.push(format!(
            "{groups_dropped} groups of empty logs that the catalog does not name were dropped."
        ));
    }
    if groups_unnamed > 0 {
        lines.push(format!(
            "{groups_unnamed} groups of logs with records that the catalog does not name are kept."
        ));
    }
    lines.push(format!(
        "The master key is not part of a backup (it was: {}): put it at {dir}/master.key, or name it when you start the server.",
        backup.master_key
    ));
    output::print_lines(&lines)
}
