use std::path::PathBuf;

/// Buckets: directories of these names beneath `--blobs`, made by the operator.
#[derive(Clone, Debug, Default)]
pub(crate) struct Buckets(pub Option<PathBuf>);

impl Buckets {
    /// Where a bucket is, if it is there.
    pub fn find(&self, name: &str) -> Option<PathBuf> {
        let dir = self.0.as_ref().filter(|_| is_name(name))?.join(name);
        dir.is_dir().then_some(dir)
    }
}

/// Whether a bucket could be called so (S3 bucketnamingrules): three to 63 small letters, digits, dots and hyphens. None of them leads out of
/// the directory of buckets.
pub(crate) fn is_name(name: &str) -> bool {
    let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    (3..=63).contains(&name.len())
        && name.starts_with(edge)
        && name.ends_with(edge)
        && name.chars().all(|c| edge(c) || c == '.' || c == '-')
        && !name.contains("..")
}

/// Longest prefix (API_CreateTrail, under S3KeyPrefix).
const PREFIX_CHARS_MAX: usize = 200;

/// Whether objects can be put under it: parts that are neither empty nor lead elsewhere.
pub(crate) fn is_prefix(prefix: &str) -> bool {
    let part = |part: &str| {
        !matches!(part, "" | "." | "..")
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.=".contains(c))
    };
    prefix.chars().count() <= PREFIX_CHARS_MAX && prefix.split('/').all(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_a_directory_of_the_operators_and_nothing_outside() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("logs-1")).unwrap();
        std::fs::write(dir.path().join("a-file"), "").unwrap();
        let buckets = Buckets(Some(dir.path().to_owned()));
        assert_eq!(buckets.find("logs-1"), Some(dir.path().join("logs-1")));
        for none in ["absent", "a-file", "..", ".", "", "logs-1/..", "../x", "Logs", "a..b", "ab"] {
            assert_eq!(buckets.find(none), None, "{none}");
        }
        assert_eq!(Buckets(None).find("logs-1"), None);
    }

    #[test]
    fn a_prefix_leads_nowhere_else() {
        for prefix in ["a", "a/b", "team=1/x_y.z"] {
            assert!(is_prefix(prefix), "{prefix}");
        }
        for prefix in ["", "/a", "a/", "a//b", "a/../b", ".", "a\\b", &"a".repeat(201)] {
            assert!(!is_prefix(prefix), "{prefix}");
        }
    }
}
