//! `anabranch backup`: a copy of a running server's data directory.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anabranch_api::RemoteRequest;
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde::Deserialize;
use serde_json::json;

use super::connection::{Connection, explained};
use super::progress::Teller;
use super::{Failure, output};
use crate::backup::Manifest;

/// The service name that admin calls are signed for.
const ADMIN_SERVICE: &str = "anabranch";
/// A line of the answer is not longer.
const LINE_BYTES_MAX: usize = 1 << 20;

#[derive(clap::Args)]
#[command(after_help = "\
The server writes the backup, so the directory must be on its machine and belong to the user it runs as: run this as that user.
A server that verifies signatures wants a root access key (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY).
The master key is not in the backup. `anabranch log verify --data-dir DIR` checks a backup, `anabranch restore` brings it back.")]
pub(super) struct Arguments {
    /// An empty directory; made if it does not exist
    dir: PathBuf,

    /// One JSON object instead of words
    #[arg(long)]
    json: bool,

    /// Tell how far it is also where standard error is no terminal
    #[arg(long)]
    progress: bool,

    #[command(flatten)]
    connection: Connection,
}

/// A line of the answer.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Progress { bytes: u64, of: u64 },
    Done { done: Manifest },
    Failed { failed: String },
    Refused { message: String },
}

pub(super) async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let kinesis = arguments.connection.open()?;
    let made = make(&arguments.dir)?;
    let outcome = match made.absolute.to_str() {
        Some(into) => ask(kinesis.endpoint(), into, &mut Teller::new(arguments.progress)).await,
        None => Err("the directory's name is not UTF-8".into()),
    };
    if outcome.is_err() {
        made.take_back();
    }
    let manifest = outcome?;
    let lines = if arguments.json {
        vec![serde_json::to_string(&manifest)?]
    } else {
        words(&manifest, &made.absolute)
    };
    output::print_lines(&lines)?;
    Ok(if manifest.unreadable.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The directory for the backup.
struct Made {
    absolute: PathBuf,
    is_new: bool,
}

/// Makes the directory for its owner alone, if it is not there.
fn make(dir: &Path) -> Result<Made, Failure> {
    let unusable = |error: io::Error| -> Failure { format!("cannot use {}: {error}", dir.display()).into() };
    let is_new = match DirBuilder::new().mode(0o700).create(dir) {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => false,
        made => made.map(|()| true).map_err(unusable)?,
    };
    Ok(Made { absolute: dir.canonicalize().map_err(unusable)?, is_new })
}

impl Made {
    /// Removes the directory again if nothing was written into it.
    fn take_back(&self) {
        if self.is_new {
            // What a backup that broke off left in it stays.
            drop(std::fs::remove_dir(&self.absolute));
        }
    }
}

async fn ask(
    endpoint: &crate::client::HttpEndpoint,
    into: &str,
    teller: &mut Teller,
) -> Result<Manifest, Failure> {
    let request = RemoteRequest {
        method: "POST",
        path_and_query: "/_anabranch/backup".to_owned(),
        headers: vec![("content-type", "application/json".to_owned())],
        body: Bytes::from(json!({ "into": into }).to_string()),
        signing_name: ADMIN_SERVICE,
    };
    let answer = endpoint.open(request).await.map_err(|error| explained(error.into()))?;
    let mut lines = Lines { body: answer.into_body(), read: Vec::new() };
    while let Some(line) = lines.next().await? {
        match serde_json::from_slice(&line) {
            Ok(Line::Progress { bytes, of }) => teller.tell("", bytes, of),
            Ok(Line::Done { done }) => return Ok(done),
            Ok(Line::Failed { failed: why } | Line::Refused { message: why }) => return Err(why.into()),
            Err(_) => return Err("this is not an Anabranch server that takes backups".into()),
        }
    }
    Err("the server ended before the backup was whole".into())
}

/// An answer's lines as they come.
struct Lines {
    body: Incoming,
    read: Vec<u8>,
}

impl Lines {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        loop {
            if let Some(end) = self.read.iter().position(|b| *b == b'\n') {
                let rest = self.read.split_off(end + 1);
                return Ok(Some(std::mem::replace(&mut self.read, rest)));
            }
            match self.body.frame().await {
                None if self.read.is_empty() => return Ok(None),
                None => return Ok(Some(std::mem::take(&mut self.read))),
                Some(frame) => {
                    if let Ok(data) = frame?.into_data() {
                        self.read.extend_from_slice(&data);
                    }
                }
            }
            if self.read.len() > LINE_BYTES_MAX {
                return Err("this is not an Anabranch server that takes backups".into());
            }
        }
    }
}

fn words(manifest: &Manifest, dir: &Path) -> Vec<String> {
    let Manifest { files, bytes, unreadable, master_key, .. } = manifest;
    let mut lines: Vec<String> = unreadable
        .iter()
        .map(|file| {
            format!("{file} is damaged where the server keeps it: what was in it is not in the backup")
        })
        .collect();
    lines.push(format!(
        "The catalog and {files} files of records, {} MiB, are in {}.",
        bytes >> 20,
        dir.display()
    ));
    lines.push(format!("The master key is not ({master_key}): keep it apart, encrypted streams need it."));
    lines
}
