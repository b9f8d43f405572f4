//! What stands behind a flag: each function turns the text of one value into its type, or says what is wrong with it.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use anabranch_types::Region;
use http::Uri;

use super::flags::Limits;
use crate::client::Target;

/// When an append is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// When it is on the disk.
    Sync,
    /// When it is in memory; synced this often.
    Interval(Duration),
    /// When it is in memory.
    Memory,
}

/// A number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

/// An http or https URL without a path: scheme, host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(Uri);

/// Least sensible `--memory-max`: the log's tail, one body of each size and the program itself.
pub const MEMORY_MAX_MIN: Size = Size(64 << 20);
/// Longest `--durability interval`: beyond a minute it is `memory` with another name.
pub const DURABILITY_INTERVAL_MS_MAX: u64 = 60_000;

pub(super) fn durability(text: &str) -> Result<Durability, String> {
    match text {
        "sync" => Ok(Durability::Sync),
        "memory" => Ok(Durability::Memory),
        _ => text
            .strip_prefix("interval=")
            .and_then(|ms| ms.parse().ok())
            .filter(|ms| (1..=DURABILITY_INTERVAL_MS_MAX).contains(ms))
            .map(|ms| Durability::Interval(Duration::from_millis(ms)))
            .ok_or_else(|| {
                format!("expected `sync`, `memory` or `interval=MS` with MS from 1 to {DURABILITY_INTERVAL_MS_MAX}")
            }),
    }
}

pub(super) fn limits(text: &str) -> Result<Limits, String> {
    match text {
        "shards" => Ok(Limits::Shards),
        "aws" => Ok(Limits::Aws),
        "off" => Ok(Limits::Off),
        _ => Err("expected `shards`, `aws` or `off`".to_owned()),
    }
}

pub(super) fn blobs(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text.strip_prefix("file://").unwrap_or(text));
    match path.is_dir() {
        true => Ok(path),
        false => Err("there is no such directory: make it, and in it one for each bucket".to_owned()),
    }
}

pub(super) fn target(text: &str) -> Result<Target, String> {
    text.parse().map_err(|error: crate::client::InvalidTarget| error.to_string())
}

pub(super) fn region(text: &str) -> Result<Region, String> {
    Region::parse(text)
        .ok_or_else(|| "a region is named by lower-case letters, digits and hyphens".to_owned())
}

pub(super) fn memory_max(text: &str) -> Result<Size, String> {
    let size = size(text)?;
    if size < MEMORY_MAX_MIN {
        return Err(format!("the server needs at least {MEMORY_MAX_MIN}"));
    }
    Ok(size)
}

fn size(text: &str) -> Result<Size, String> {
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(split);
    let shift = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kib" => 10,
        "m" | "mib" => 20,
        "g" | "gib" => 30,
        "t" | "tib" => 40,
        _ => return Err("expected bytes, or a number with KiB, MiB, GiB or TiB".to_owned()),
    };
    let number: u64 = digits.parse().map_err(|_| "expected a number such as 512MiB".to_owned())?;
    number.checked_mul(1 << shift).map(Size).ok_or_else(|| "that is more than 64 bits hold".to_owned())
}

pub(super) fn public_url(text: &str) -> Result<PublicUrl, String> {
    let wanted = "expected http:// or https://, a host and perhaps a port";
    let uri: Uri = text.parse().map_err(|_| wanted.to_owned())?;
    let scheme = uri.scheme_str().is_some_and(|s| s == "http" || s == "https");
    let bare = matches!(uri.path(), "" | "/") && uri.query().is_none();
    let authority = uri.authority().is_some_and(|a| !a.host().is_empty() && !a.as_str().contains('@'));
    if scheme && bare && authority { Ok(PublicUrl(uri)) } else { Err(wanted.to_owned()) }
}

pub(super) fn origin(text: &str) -> Result<String, String> {
    public_url(text)
        .map(|url| url.to_string().to_ascii_lowercase())
        .map_err(|_| "expected an origin: http:// or https://, a host and perhaps a port".to_owned())
}

pub(super) fn host(text: &str) -> Result<String, String> {
    let legal = !text.is_empty()
        && text.len() <= 253
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
    if legal {
        Ok(text.to_ascii_lowercase())
    } else {
        Err("expected a host name without scheme and port".to_owned())
    }
}

pub(super) fn log_level(text: &str) -> Result<String, String> {
    tracing_subscriber::EnvFilter::try_new(text).map(|_| text.to_owned()).map_err(|_| {
        "expected off, error, warn, info, debug, trace or directives like warn,hyper=debug".to_owned()
    })
}

impl PublicUrl {
    /// Its host, without port.
    pub fn host(&self) -> &str {
        self.0.host().unwrap_or_default()
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.0.scheme_str().unwrap_or("http");
        write!(f, "{scheme}://{}", self.0.authority().map_or("", |a| a.as_str()))
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")];
        match units.iter().find(|(shift, _)| self.0 != 0 && self.0.trailing_zeros() >= *shift) {
            Some((shift, unit)) => write!(f, "{}{unit}", self.0 >> shift),
            None => write!(f, "{}B", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_read_as_people_write_it() {
        let read = |text| size(text).map(|s| s.to_string());
        for (text, wanted) in
            [("512MiB", "512MiB"), ("1g", "1GiB"), ("1048576", "1MiB"), ("7", "7B"), ("3 KiB", "3KiB")]
        {
            assert_eq!(read(text).as_deref(), Ok(wanted), "{text}");
        }
        for text in ["", "MiB", "12 parsecs", "99999999999TiB", "-1"] {
            assert!(read(text).is_err(), "{text}");
        }
        assert!(memory_max("1MiB").is_err());
    }

    #[test]
    fn a_durability_is_one_of_three() {
        assert_eq!(durability("interval=50"), Ok(Durability::Interval(Duration::from_millis(50))));
        for text in ["interval", "interval=", "interval=0", "interval=60001", "fsync"] {
            assert!(durability(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_directory_of_buckets_is_there_before() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().display();
        for text in [path.to_string(), format!("file://{path}")] {
            assert_eq!(blobs(&text), Ok(dir.path().to_owned()));
        }
        assert!(blobs(&format!("{path}/absent")).is_err_and(|sentence| sentence.contains("make it")));
    }

    #[test]
    fn an_origin_has_neither_path_nor_user() {
        assert_eq!(origin("https://Console.example.com"), Ok("https://console.example.com".to_owned()));
        for text in ["console.example.com", "https://a/b", "ftp://a", "https://u@a", "*"] {
            assert!(origin(text).is_err(), "{text}");
        }
    }
}
