use std::process::ExitCode;

use anabranch_log::disk::RealDisk;
use anabranch_log::local::offline;
use serde_json::json;

use super::{Where, explained, unreadable};
use crate::cli::{Failure, output};
use crate::world::LOG_DIR;

#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    at: Where,

    /// One JSON object instead of words
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let dir = arguments.at.data_dir()?;
    let disk = RealDisk::open(dir.join(LOG_DIR)).map_err(|e| unreadable(&dir, &e))?;
    let repaired = offline::repair(&disk).map_err(explained)?;
    if arguments.json {
        let object = json!({ "state": repaired.state, "checkpoint": repaired.checkpoint });
        return output::print_lines(&[object.to_string()]);
    }
    let mut lines = Vec::new();
    if repaired.state {
        lines.push("`state` was made anew: the next record begins a new timeline".to_owned());
    }
    if repaired.checkpoint {
        lines.push("`checkpoint` was made anew from what history holds".to_owned());
    }
    if lines.is_empty() {
        lines.push("nothing needed a repair".to_owned());
    }
    output::print_lines(&lines)
}
