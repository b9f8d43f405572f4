//! docs/limits-cloudwatch.md is made from the constants of this crate that are about metrics, each with the source its doc comment names.
//! `UPDATE=1 cargo test -p anabranch-cloudwatch --test limits_page` writes it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
/// What is not about metrics, and what is built for tests alone.
const LEFT_OUT: [&str; 5] = ["alarms", "dashboards", "widget", "tests.rs", "at_scale.rs"];

/// The sources, those of a folder by their names.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder of sources is readable");
    let entries = entries.map(|entry| entry.expect("its entries are").path());
    let mut paths: Vec<PathBuf> = entries.collect();
    paths.retain(|path| !LEFT_OUT.iter().any(|out| path.ends_with(out)));
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
        let line =
            ["pub(crate) ", "pub(super) "].iter().find_map(|seen| line.strip_prefix(seen)).unwrap_or(line);
        let constant = line.strip_prefix("const ");
        let Some((name, rest)) = constant.and_then(|rest| rest.split_once(": ")) else { continue };
        if let Some((_, value)) = rest.split_once(" = ").filter(|_| name.ends_with("_MAX")) {
            found.push((name.to_owned(), value.trim_end_matches(';').to_owned(), comment));
        }
    }
    found
}

#[test]
fn the_page_tells_every_limit_and_whence_it_is() {
    let mut page = String::from(
        "# Limits of CloudWatch's metrics\n\n\
         Made from the constants of `crates/cloudwatch` by `UPDATE=1 cargo test -p anabranch-cloudwatch --test limits_page`. Lengths and counts that AWS's\n\
         model names hold besides. What is beyond a limit is refused; metrics too many with a `LimitExceededFault`. What bounds memory and disk\n\
         refuses nothing: data are written out, or read from the disk again. Those of alarms and dashboards stand in [operations.md](operations.md).\n\n\
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
    let place = Path::new(ROOT).join("../../docs/limits-cloudwatch.md");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&place, &page).unwrap();
    }
    assert_eq!(fs::read_to_string(&place).unwrap_or_default(), page, "see this file's first lines");
}
