//! `cargo xtask coverage`: docs/coverage.md from the models, operations.toml and the traffic that clients recorded.

mod demands;
mod evidence;
mod page;

use std::path::Path;

use crate::model::Result;
use crate::sources::{Sources, root};
use evidence::Evidence;

const USAGE: &str = "usage: cargo xtask coverage --traffic DIR [--check]";

/// Writes docs/coverage.md, or with `--check` fails if it is not what the traffic shows. The traffic is a directory of JSON lines as
/// acceptance/README.md describes them.
pub fn run(arguments: &[String]) -> Result<()> {
    let (directory, check) = match arguments {
        [flag, directory] if flag == "--traffic" => (directory, false),
        [flag, directory, check] if flag == "--traffic" && check == "--check" => (directory, true),
        _ => return Err(USAGE.into()),
    };
    let sources = Sources::read()?;
    let evidence = Evidence::read(Path::new(directory))?;
    let path = root().join("docs/coverage.md");
    let page = page::write(&sources, &evidence);
    if check {
        if std::fs::read_to_string(&path).is_ok_and(|held| held == page) {
            return Ok(());
        }
        return Err(format!(
            "docs/coverage.md is not what the traffic shows; run: cargo xtask coverage --traffic {directory}"
        )
        .into());
    }
    std::fs::write(&path, page).map_err(|e| format!("cannot write {}: {e}", path.display()))?;
    Ok(())
}
