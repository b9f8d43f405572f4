//! docs/limits-logs.md is made from the constants of this crate, each with the source its doc comment names. `UPDATE=1 cargo test -p
//! anabranch-logs --test limits_page` writes it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The sources, those of a folder by their names.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder of sources is readable");
    let entries = entries.map(|entry| entry.expect("its entries are").path());
    let mut paths: Vec<PathBuf> = entries.collect();
    paths.sort();
    let inner = |path: PathBuf| if path.is_dir() { sources(&path) } else { vec![path] };
    paths.into_iter().flat_map(inner).collect()
}

/// Each limit's name, value and doc comment, as they stand in a source.
fn limits(source: &str) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    let mut comment = String::new();
    for line in source.lines().map(str::trim_start) {
        if let Some(text) = line.strip_prefix("///") {
            comment = format!("{comment} {}", text.trim()).trim().to_owned();
            continue;
        }
        let comment = std::mem::take(&mut comment);
        let constant =
            line.split_once("const ").filter(|(before, _)| before.is_empty() || before.starts_with("pub"));
        let Some((name, rest)) = constant.and_then(|(_, rest)| rest.split_once(": ")) else { continue };
        let is_limit = ["_MAX", "_LIFE", "_SPAN_MS", "_AGE_MS", "_AHEAD_MS", "_INTERVAL"]
            .iter()
            .any(|end| name.ends_with(end));
        if let Some((_, value)) = rest.split_once(" = ").filter(|_| is_limit) {
            found.push((name.to_owned(), value.trim_end_matches(';').to_owned(), comment));
        }
    }
    found
}

#[test]
fn the_page_tells_every_limit_and_whence_it_is() {
    let mut page = String::from(
        "# Limits of CloudWatch Logs\n\n\
         Made from the constants of `crates/logs` by `UPDATE=1 cargo test -p anabranch-logs --test limits_page`. Lengths and counts that AWS's model\n\
         names hold besides. What is beyond a limit is refused with an `InvalidParameterException`, groups, streams, filters and live tails too many with a\n\
         `LimitExceededException`, except where something is merely shown in part, let go or waited for. Nothing is throttled.\n\n\
         | limit | value | what and whence |\n|---|---|---|\n",
    );
    let folder = Path::new(ROOT).join("src");
    for path in sources(&folder) {
        let module = path.strip_prefix(&folder).unwrap().with_extension("");
        for (name, value, comment) in limits(&fs::read_to_string(&path).unwrap()) {
            assert!(!comment.is_empty(), "{name} in {} says nothing", path.display());
            writeln!(page, "| `{name}` ({}) | {value} | {comment} |", module.display()).unwrap();
        }
    }
    let place = Path::new(ROOT).join("../../docs/limits-logs.md");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&place, &page).unwrap();
    }
    assert_eq!(fs::read_to_string(&place).unwrap_or_default(), page, "see this file's first lines");
}
