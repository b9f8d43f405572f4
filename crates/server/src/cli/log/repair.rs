use std::process::ExitCode;
use std::sync::Arc;

use anabranch_log::disk::{Disk, RealDisk};
use anabranch_log::local::offline::{self, Mended, Repaired};
use serde_json::json;

use super::names::Names;
use super::{Where, explained, finding, unreadable};
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
    let disk: Arc<dyn Disk> = Arc::new(RealDisk::open(dir.join(LOG_DIR)).map_err(|e| unreadable(&dir, &e))?);
    let repaired = offline::repair(&disk).map_err(explained)?;
    let lines = if arguments.json { vec![object(&repaired)] } else { words(&repaired, &Names::read(&dir)) };
    output::print_lines(&lines)
}

fn words(repaired: &Repaired, names: &Names) -> Vec<String> {
    let Repaired { state, checkpoint, write_ahead, history } = repaired;
    let Mended { files, forgotten, given_up } = history;
    let mut lines = Vec::new();
    if *state {
        lines.push("`state` was made anew: the next record begins a new timeline".to_owned());
    }
    if *checkpoint {
        lines.push("`checkpoint` was made anew from what history holds".to_owned());
    }
    if *write_ahead {
        lines.push("what can be read of the write-ahead log was taken over into history".to_owned());
    }
    lines.extend(forgotten.iter().map(|file| format!("{file} is gone and is not asked for any more")));
    lines.extend(files.iter().map(|file| format!("{file} was written anew; damaged-{file} is what it was")));
    lines.extend(given_up.iter().map(|lost| format!("given up: {}", finding::records_in_words(lost, names))));
    if lines.is_empty() {
        lines.push("nothing needed a repair".to_owned());
    }
    lines
}

fn object(repaired: &Repaired) -> String {
    let Repaired { state, checkpoint, write_ahead, history } = repaired;
    json!({
        "state": state,
        "checkpoint": checkpoint,
        "write_ahead": write_ahead,
        "rewritten": history.files,
        "forgotten": history.forgotten,
        "given_up": history.given_up.iter().map(finding::records_object).collect::<Vec<_>>(),
    })
    .to_string()
}
