//! `cargo xtask coverage`: docs/coverage.md from the models, operations.toml and the traffic that clients recorded.

mod demands;
mod evidence;
mod page;

use std::path::Path;

use crate::model::Result;
use crate::sources::{Sources, root};
use evidence::Evidence;

/// Writes docs/coverage.md. The traffic is a directory of JSON lines as acceptance/README.md describes them.
pub fn run(arguments: &[String]) -> Result<()> {
    let [flag, directory] = arguments else { return Err("usage: cargo xtask coverage --traffic DIR".into()) };
    if flag != "--traffic" {
        return Err("usage: cargo xtask coverage --traffic DIR".into());
    }
    let sources = Sources::read()?;
    let evidence = Evidence::read(Path::new(directory))?;
    let path = root().join("docs/coverage.md");
    std::fs::write(&path, page::write(&sources, &evidence))
        .map_err(|e| format!("cannot write {}: {e}", path.display()))?;
    Ok(())
}
