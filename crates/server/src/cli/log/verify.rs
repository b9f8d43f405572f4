use std::process::ExitCode;

use anabranch_log::local::offline::{self, Verified};
use serde_json::json;

use super::names::Names;
use super::{DAMAGED, Where, explained, finding};
use crate::cli::progress::Teller;
use crate::cli::{Failure, output};

#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    at: Where,

    /// One JSON object instead of words
    #[arg(long)]
    json: bool,

    /// Tell how far it is also where standard error is no terminal
    #[arg(long)]
    progress: bool,
}

pub(super) fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let (disk, names) = arguments.at.open_to_read()?;
    let mut teller = Teller::new(arguments.progress);
    let verified =
        offline::verify(&disk, &mut |p| teller.tell(&p.file, p.bytes, p.bytes_in_all)).map_err(explained)?;
    drop(teller);
    let lines = if arguments.json { vec![object(&verified, &names)] } else { words(&verified, &names) };
    output::print_lines(&lines)?;
    Ok(if verified.is_whole() { ExitCode::SUCCESS } else { ExitCode::from(DAMAGED) })
}

fn words(verified: &Verified, names: &Names) -> Vec<String> {
    let Verified { files, bytes, frames, records, given_up, findings } = verified;
    let mut lines: Vec<String> = findings.iter().map(|f| finding::sentence(f, names)).collect();
    if let Some(error) = names.unreadable.as_ref().filter(|_| !lines.is_empty()) {
        lines.push(format!("(the catalog does not say which streams these are: {error})"));
    }
    let read = format!("{files} files, {} MiB, {frames} frames, {records} records", bytes >> 20);
    if *given_up > 0 {
        lines.push(format!("{given_up} records were given up by an earlier repair"));
    }
    lines.push(match verified.is_whole() {
        true => format!("{read}: sound"),
        false => format!("{read}: DAMAGED, see docs/operations.md; what is whole is served"),
    });
    lines
}

fn object(verified: &Verified, names: &Names) -> String {
    let findings: Vec<_> = verified.findings.iter().map(|f| finding::object(f, names)).collect();
    json!({
        "sound": verified.is_whole(),
        "files": verified.files,
        "bytes": verified.bytes,
        "frames": verified.frames,
        "records": verified.records,
        "given_up": verified.given_up,
        "findings": findings,
    })
    .to_string()
}
