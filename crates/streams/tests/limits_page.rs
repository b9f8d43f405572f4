//! docs/limits.md is made from the constants, each with the source its doc comment names. `UPDATE=1 cargo test -p anabranch-streams
//! --test limits_page` writes it.

use std::fmt::Write as _;
use std::time::Duration;

use anabranch_streams::limits::{self, CallLimit, CallsOf};

const SOURCE: &str = concat!(include_str!("../src/limits.rs"), include_str!("../src/limits/calls.rs"));
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

impl Shown for CallLimit {
    fn shown(&self, _: &str) -> String {
        let of = match self.of {
            CallsOf::Account => "an account's in a region",
            CallsOf::Stream => "all about a stream",
            CallsOf::ShardOfAccount => "an account's about an open shard",
            CallsOf::ShardOfConsumer => "a consumer's about a shard",
        };
        let calls = if self.per_second == 1 { "call" } else { "calls" };
        format!("{} {calls} a second, {of}", self.per_second)
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
        ADD_TAGS_TO_STREAM_CALLS CREATE_STREAM_CALLS DECREASE_STREAM_RETENTION_PERIOD_CALLS
        DELETE_RESOURCE_POLICY_CALLS DELETE_STREAM_CALLS DEREGISTER_STREAM_CONSUMER_CALLS
        DESCRIBE_ACCOUNT_SETTINGS_CALLS DESCRIBE_LIMITS_CALLS DESCRIBE_STREAM_CALLS DESCRIBE_STREAM_CONSUMER_CALLS
        DESCRIBE_STREAM_SUMMARY_CALLS DISABLE_ENHANCED_MONITORING_CALLS ENABLE_ENHANCED_MONITORING_CALLS
        GET_RESOURCE_POLICY_CALLS GET_SHARD_ITERATOR_CALLS INCREASE_STREAM_RETENTION_PERIOD_CALLS LIST_SHARDS_CALLS
        LIST_STREAM_CONSUMERS_CALLS LIST_STREAMS_CALLS LIST_TAGS_FOR_STREAM_CALLS MERGE_SHARDS_CALLS
        PUT_RESOURCE_POLICY_CALLS REGISTER_STREAM_CONSUMER_CALLS REMOVE_TAGS_FROM_STREAM_CALLS SPLIT_SHARD_CALLS
        SUBSCRIBE_TO_SHARD_CALLS UPDATE_ACCOUNT_SETTINGS_CALLS UPDATE_SHARD_COUNT_CALLS
        UPDATE_STREAM_WARM_THROUGHPUT_CALLS
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
         `--limits shards`, the default, enforces what a shard takes and gives (`SHARD_…`, `CONSUMER_OUT_…`): a call, or a record of PutRecords, beyond it is\n\
         refused with `ProvisionedThroughputExceededException`. `--limits off` lifts these. Sizes and counts always hold.\n\n\
         `--limits aws` adds how often operations may be called: in a second (`…_CALLS`, below) and in 24 hours (`…_PER_DAY`; these survive a restart).\n\
         A call too many is refused with `LimitExceededException`, GetShardIterator with `ProvisionedThroughputExceededException`.\n\
         `ThrottlingException` is told by none of these operations. Where AWS's API reference and Developer Guide name different numbers the\n\
         reference is followed; operations for which neither names one have none.\n\n\
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
