//! Reads the sources of every crate, so that nobody compares secrets in another way.

use std::path::{Path, PathBuf};

use super::is_equal;

#[test]
fn equal_is_what_has_the_same_bytes() {
    assert!(is_equal(b"", b"") && is_equal(b"secret", b"secret"));
    for other in [&b"secreT"[..], b"Secret", b"secre", b"secrets", b""] {
        assert!(!is_equal(b"secret", other));
    }
}

/// A source file without its tests.
struct Source {
    path: PathBuf,
    text: String,
}

/// What the crates and the benchmarks are built of; not what is generated, nor tests.
fn sources() -> Vec<Source> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a crate is among others");
    let mut found = Vec::new();
    let mut folders = vec![crates.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() && !["tests", "generated", "target"].contains(&name) {
                folders.push(path);
            } else if name.ends_with(".rs") && !["tests.rs", "testing.rs", "oracle.rs"].contains(&name) {
                let text = std::fs::read_to_string(&path).unwrap();
                let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap().to_owned();
                found.push(Source { path, text });
            }
        }
    }
    assert!(found.len() > 300, "the sources are not where they were: {}", found.len());
    found
}

/// The attributes and the body of each structure and enumeration.
fn types(text: &str) -> impl Iterator<Item = (&str, &str, &str)> {
    let starts = text.match_indices("struct ").chain(text.match_indices("enum "));
    let starts = starts.filter(|(at, _)| {
        text[..*at].ends_with(['\n', ' ', ')']) && {
            let line = text[..*at].rsplit('\n').next().unwrap_or("");
            line.is_empty() || line.trim_start().starts_with("pub")
        }
    });
    starts.map(move |(at, word)| {
        let rest = &text[at + word.len()..];
        let name = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or("");
        let opening = rest.find(['{', ';', '(']).unwrap_or(rest.len());
        let closing = if rest[opening..].starts_with('{') { rest.find("\n}") } else { rest.find(';') };
        let before = text[..at].rsplit("\n\n").next().unwrap_or("");
        (name, before, &rest[..closing.unwrap_or(rest.len())])
    })
}

/// Whether something of this type holds a secret: one that is wiped when it is dropped, or a type that holds one.
fn holds_a_secret(name: &str, body: &str) -> bool {
    let types = [
        "Zeroizing<",
        ": Secret",
        "<Secret>",
        "(Secret)",
        ": DataKey",
        "(DataKey)",
        ": Material",
        "hmac::Key",
    ];
    name == "Secret" || types.iter().any(|found| body.contains(found))
}

#[test]
fn nothing_that_holds_a_secret_is_compared_by_its_type() {
    let mut seen = Vec::new();
    for Source { path, text } in sources() {
        for (name, before, _) in types(&text).filter(|(name, _, body)| holds_a_secret(name, body)) {
            let derived = before.rsplit("#[derive(").next().filter(|_| before.contains("#[derive("));
            let derives =
                derived.is_some_and(|rest| rest.split(')').next().unwrap_or("").contains("PartialEq"));
            assert!(!derives, "{name} in {} derives PartialEq", path.display());
            assert!(!text.contains(&format!("PartialEq for {name} ")), "{name} in {}", path.display());
            seen.push(name.to_owned());
        }
    }
    for known in [
        "Secret",
        "RootKey",
        "AccessKey",
        "TemporaryCredentials",
        "DataKey",
        "MasterKey",
        "Material",
        "Tokens",
    ] {
        assert!(seen.iter().any(|name| name == known), "{known} was not looked at, only {seen:?}");
    }
}

#[test]
fn nothing_else_compares_secrets() {
    for Source { path, text } in sources() {
        let is_ours = path.ends_with("wire/src/constant_time.rs");
        for (number, line) in text.lines().enumerate() {
            let place = format!("{}:{}", path.display(), number + 1);
            for other in ["verify_slices_are_equal", "subtle::", "ct_eq", "constant_time_eq", "memcmp"] {
                assert!(is_ours || !line.contains(other), "{place} compares with {other}");
            }
            let reveals = line.contains(".expose()") || line.contains(".reveal()");
            let compares = line.contains("==") || line.contains("!=") || line.contains(".eq(");
            assert!(!(reveals && compares), "{place} compares a secret");
        }
    }
}
