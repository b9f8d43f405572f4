//! docs/limits.md is made from the constants, each with the source its doc comment names. `UPDATE=1 cargo test -p anabranch-streams
//! --test limits_page` writes it.

use std::fmt::Write as _;
use std::time::Duration;

use anabranch_streams::limits;

const SOURCE: &str = include_str!("../src/limits.rs");
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/limits.md");

/// How a limit's value is written.
trait Shown {
    fn shown(&self, name: &str) -> String;
}

impl Shown for u64 {
    fn shown(&self, name: &str) -> String {
        const MIB: u64 = 1024 * 1024;
        match *self {
            bytes if name.contains("BYTES") && bytes % MIB == 0 => format!("{} MiB", bytes / MIB),
            bytes if name.contains("BYTES") && bytes % 1024 == 0 => format!("{} KiB", bytes / 1024),
            kib if name.contains("_KIB_") => format!("{kib} KiB"),
            hours if name.contains("_HOURS_") => format!("{hours} hours"),
            mibps if name.contains("_MIBPS_") => format!("{mibps} MiB/s"),
            number => number.to_string(),
        }
    }
}

impl Shown for usize {
    fn shown(&self, name: &str) -> String {
        (*self as u64).shown(name)
    }
}

impl Shown for u32 {
    fn shown(&self, name: &str) -> String {
        u64::from(*self).shown(name)
    }
}

impl Shown for Duration {
    fn shown(&self, _: &str) -> String {
        format!("{} s", self.as_secs())
    }
}

macro_rules! values {
    ($($name:ident)*) => { vec![$((stringify!($name), limits::$name.shown(stringify!($name)))),*] };
}

fn values() -> Vec<(&'static str, String)> {
    values! {
        SHARD_IN_BYTES_PER_SECOND SHARD_IN_RECORDS_PER_SECOND SHARD_OUT_BYTES_PER_SECOND SHARD_READS_PER_SECOND
        CONSUMER_OUT_BYTES_PER_SECOND PUT_RECORDS_BYTES_MAX PARTITION_KEY_CHARACTERS_MAX MAX_RECORD_KIB_DEFAULT MAX_RECORD_KIB_MAX
        GET_RECORDS_RECORDS_MAX GET_RECORDS_BYTES_MAX ITERATOR_LIFE NEXT_TOKEN_LIFE SUBSCRIPTION_LIFE SUBSCRIPTION_PROTECTED
        DESCRIBE_STREAM_SHARDS_MAX LIST_SHARDS_MAX LIST_STREAMS_DEFAULT SHARDS_DEFAULT ACCOUNT_SHARDS_MAX
        ACCOUNT_ON_DEMAND_STREAMS_MAX CREATING_STREAMS_MAX CONSUMERS_MAX CONSUMERS_ADVANTAGE_MAX CREATING_CONSUMERS_MAX
        RETENTION_HOURS_DEFAULT RETENTION_HOURS_MIN RETENTION_HOURS_MAX TAGS_MAX UPDATE_SHARD_COUNT_TARGET_MAX
        UPDATE_SHARD_COUNT_PER_DAY ENCRYPTION_CHANGES_PER_DAY UPDATE_STREAM_MODE_PER_DAY LIST_STREAM_CONSUMERS_MAX
        WARM_THROUGHPUT_MIBPS_MAX POLICY_BYTES_MAX COMMITMENT_MIN
    }
}

/// Each constant of the source with its doc comment, in order.
fn documented() -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    let mut comment = String::new();
    for line in SOURCE.lines() {
        if let Some(text) = line.strip_prefix("///") {
            comment = format!("{comment} {}", text.trim()).trim().to_owned();
        } else if let Some(rest) = line.strip_prefix("pub const ") {
            found.push((rest.split(':').next().unwrap_or_default(), std::mem::take(&mut comment)));
        } else {
            comment.clear();
        }
    }
    found
}

fn page() -> String {
    let mut page = String::from(
        "# Limits of Data Streams\n\n\
         Made from the constants of `crates/streams/src/limits.rs` by `UPDATE=1 cargo test -p anabranch-streams --test limits_page`.\n\n\
         `--limits shards`, the default, enforces what a shard takes and gives (`SHARD_…`, `CONSUMER_OUT_…`); `--limits off` lifts these. `…_PER_DAY`\n\
         are AWS's quotas of 24 hours, which only `--limits aws` enforces. Sizes and counts always hold.\n\n\
         | limit | value | what and whence |\n|---|---|---|\n",
    );
    let values = values();
    for (name, comment) in documented() {
        let value = values.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value);
        writeln!(page, "| `{name}` | {value} | {comment} |").expect("writing into memory does not fail");
    }
    page
}

#[test]
fn every_constant_is_on_the_page_with_its_source() {
    let values = values();
    for (name, comment) in documented() {
        assert!(values.iter().any(|(known, _)| *known == name), "{name} is missing in this test's list");
        assert!(comment.contains("AWS"), "{name} does not name its source");
    }
    assert_eq!(values.len(), documented().len());
}

#[test]
fn the_page_is_as_the_constants_are() {
    let page = page();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(PAGE, &page).expect("the page is written");
    }
    let written = std::fs::read_to_string(PAGE).expect("docs/limits.md is there");
    assert!(
        written == page,
        "docs/limits.md is old: UPDATE=1 cargo test -p anabranch-streams --test limits_page"
    );
}
