//! `cargo xtask generate`: the api crate's generated modules from `models/`.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::emit;
use crate::model::Result;
use crate::sources::{Defaults, Sources, root};

/// Writes `crates/api/src/generated/`, or with `--check` fails when it is not what would be written.
pub fn run(arguments: &[String]) -> Result<()> {
    let directory = root().join("crates/api/src/generated");
    let files = files()?;
    match arguments {
        [] => write(&directory, &files),
        [check] if check == "--check" => check_same(&directory, &files),
        _ => Err("usage: cargo xtask generate [--check]".into()),
    }
}

fn files() -> Result<BTreeMap<String, String>> {
    let sources = Sources::read()?;
    if let [first, ..] = &sources.unaccounted()[..] {
        return Err(format!("models/operations.toml: {first}").into());
    }
    let defaults = Defaults::default();
    let resolved = sources.resolved(&defaults)?;
    let mut files = BTreeMap::new();
    for service in resolved.iter().filter(|r| !r.families.is_empty()) {
        files.insert(format!("{}.rs", service.service.name), rustfmt(&emit::service(service)?)?);
    }
    files.insert("mod.rs".to_owned(), rustfmt(&emit::module(&resolved))?);
    files.insert("services.rs".to_owned(), rustfmt(&emit::services(&resolved)?)?);
    Ok(files)
}

fn write(directory: &Path, files: &BTreeMap<String, String>) -> Result<()> {
    std::fs::create_dir_all(directory)?;
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        let kept = path.file_name().and_then(|n| n.to_str()).is_some_and(|n| files.contains_key(n));
        if !kept {
            std::fs::remove_file(&path)?;
        }
    }
    for (name, text) in files {
        let path = directory.join(name);
        if std::fs::read_to_string(&path).ok().as_ref() != Some(text) {
            std::fs::write(path, text)?;
        }
    }
    Ok(())
}

fn check_same(directory: &Path, files: &BTreeMap<String, String>) -> Result<()> {
    let differing = files
        .iter()
        .filter(|(name, text)| std::fs::read_to_string(directory.join(name)).ok().as_ref() != Some(text));
    let differing: Vec<&str> = differing.map(|(name, _)| name.as_str()).collect();
    if differing.is_empty() {
        return Ok(());
    }
    Err(format!("crates/api/src/generated/ is stale ({}): run `cargo xtask generate`", differing.join(", "))
        .into())
}

/// The text as rustfmt lays it out under the project's own settings.
fn rustfmt(text: &str) -> Result<String> {
    let mut child = Command::new("rustfmt")
        .args(["--edition", "2024", "--config-path"])
        .arg(root().join("rustfmt.toml"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|e| format!("cannot start rustfmt: {e}"))?;
    let mut input = child.stdin.take().ok_or("rustfmt has no standard input")?;
    let source = text.to_owned();
    let feeder = std::thread::spawn(move || input.write_all(source.as_bytes()));
    let output = child.wait_with_output()?;
    feeder.join().map_err(|_| "the thread that feeds rustfmt failed")??;
    if !output.status.success() {
        return Err("rustfmt refuses what the generator wrote".into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_built_yet_can_be_generated() {
        let mut sources = Sources::read().expect("models/ is readable");
        let services = ["kinesis", "sts", "cloudwatch"];
        let whole = sources.operations.iter_mut().filter(|(name, _)| services.contains(&name.as_str()));
        for family in whole.flat_map(|(_, service)| service.families.values_mut()) {
            family.built = family.operations().cloned().collect();
        }
        let defaults = Defaults::default();
        for r in sources.resolved(&defaults).expect("every operation is found") {
            if services.contains(&r.service.name.as_str()) {
                let text = emit::service(&r).expect("every operation can be written");
                let all = r
                    .model
                    .operations
                    .keys()
                    .filter(|name| text.contains(&format!("impl Operation for {name} {{")));
                assert_eq!(all.count(), r.model.operations.len(), "{}", r.service.name);
            }
        }
    }
}
