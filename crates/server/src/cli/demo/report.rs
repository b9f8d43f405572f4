//! What is said at the end.

use std::time::Duration;

use serde_json::json;

use super::board::{Count, Verdict};
use super::server::{KEY, REGION};
use super::table::{grouped, megabytes, milliseconds};

/// Everything there is to say.
pub(super) struct Report {
    pub(super) verdict: Verdict,
    pub(super) count: Count,
    pub(super) shards: usize,
    pub(super) refusals: u64,
    /// From the first record sent to the last one read.
    pub(super) took: Duration,
}

impl Report {
    /// Whether something was sent and all of it came back as it was.
    pub(super) fn is_good(&self) -> bool {
        self.verdict.is_equal() && self.verdict.sent.records > 0
    }

    /// One JSON object.
    pub(super) fn json(&self) -> String {
        let Verdict { sent, read, keys_that_differ } = self.verdict;
        let seconds = self.took.as_secs_f64();
        let ms = |latency: Option<Duration>| latency.map(|l| rounded(l.as_secs_f64() * 1e3));
        json!({
            "equal": self.is_good(),
            "sent": { "records": sent.records, "bytes": sent.bytes, "hash": format!("{:032x}", sent.multiset) },
            "read": { "records": read.records, "bytes": read.bytes, "hash": format!("{:032x}", read.multiset) },
            "keys_that_differ": keys_that_differ,
            "shards": self.shards,
            "refused_and_sent_again": self.refusals,
            "seconds": rounded(seconds),
            "records_per_second": rounded(read.records as f64 / seconds.max(f64::MIN_POSITIVE)),
            "latency_ms": {
                "p50": ms(self.count.latencies.percentile(50.0)),
                "p99": ms(self.count.latencies.percentile(99.0)),
                "max": ms(self.count.latencies.longest()),
            },
        })
        .to_string()
    }

    /// A few lines for people.
    pub(super) fn text(&self) -> String {
        let Verdict { sent, read, keys_that_differ } = self.verdict;
        if sent.records == 0 && read.records == 0 {
            return "Nothing was sent, so nothing is proven.".to_owned();
        }
        let counts = format!(
            "Sent {} records ({} MB), read {} ({} MB) in {:.1} s.",
            grouped(sent.records),
            megabytes(sent.bytes),
            grouped(read.records),
            megabytes(read.bytes),
            self.took.as_secs_f64(),
        );
        if self.verdict.is_equal() {
            return format!(
                "{counts}\nThey are the same records (hash {:032x}), in the same order for every partition key.\n\
                 From put to event: p50 {} ms, p99 {} ms, longest {} ms.",
                read.multiset,
                milliseconds(self.count.latencies.percentile(50.0)),
                milliseconds(self.count.latencies.percentile(99.0)),
                milliseconds(self.count.latencies.longest()),
            );
        }
        format!(
            "{counts}\nTHEY DIFFER: hash sent {:032x}, read {:032x}; {keys_that_differ} partition keys came back otherwise.",
            sent.multiset, read.multiset
        )
    }
}

fn rounded(number: f64) -> f64 {
    (number * 1e3).round() / 1e3
}

/// How to do each step by hand. `endpoint` answers, or will when `anabranch serve` runs.
pub(super) fn guide(endpoint: &str) -> String {
    format!(
        r#"  export AWS_ENDPOINT_URL={endpoint}
  export AWS_ACCESS_KEY_ID={KEY} AWS_SECRET_ACCESS_KEY={KEY} AWS_DEFAULT_REGION={REGION}

  # a stream of two shards
  aws kinesis create-stream --stream-name rivers --shard-count 2
  # a record
  echo 'high water' | aws kinesis put-record --stream-name rivers --partition-key rhine --data fileb:///dev/stdin
  # read it, from the shard that put-record named
  ITERATOR=$(aws kinesis get-shard-iterator --stream-name rivers --shard-id shardId-000000000000 \
    --shard-iterator-type TRIM_HORIZON --query ShardIterator --output text)
  aws kinesis get-records --shard-iterator "$ITERATOR"
  # a reader with a throughput of its own; SubscribeToShard itself is in every SDK, but not in the CLI
  aws kinesis register-stream-consumer --consumer-name reader --stream-arn \
    "$(aws kinesis describe-stream-summary --stream-name rivers --query StreamDescriptionSummary.StreamARN --output text)"

  # or shorter
  echo 'low water' | anabranch put rivers
  anabranch tail rivers --from trim-horizon
  anabranch streams"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::demo::tally::Total;

    fn report(sent: u64, read: u64) -> Report {
        let total = |records| Total { records, bytes: records * 200, multiset: records.into() };
        let mut count = Count::default();
        count.latencies.add(Duration::from_micros(2_500));
        Report {
            verdict: Verdict {
                sent: total(sent),
                read: total(read),
                keys_that_differ: usize::from(sent != read),
            },
            count,
            shards: 4,
            refusals: 3,
            took: Duration::from_millis(10_000),
        }
    }

    #[test]
    fn equal_is_said_only_of_the_same_records_and_of_some() {
        let cases = [
            ((5_000, 5_000), true, "They are the same records"),
            ((5_000, 4_999), false, "THEY DIFFER"),
            ((0, 0), false, "Nothing was sent"),
        ];
        for ((sent, read), is_good, words) in cases {
            let report = report(sent, read);
            assert_eq!(report.is_good(), is_good);
            assert!(report.text().contains(words), "{}", report.text());
            let json: serde_json::Value = serde_json::from_str(&report.json()).expect("JSON");
            assert_eq!(json["equal"], is_good);
            assert_eq!(json["sent"]["records"], sent);
            assert_eq!(json["read"]["records"], read);
        }
    }

    #[test]
    fn the_object_tells_latency_in_milliseconds() {
        let json: serde_json::Value = serde_json::from_str(&report(1_000, 1_000).json()).expect("JSON");
        assert_eq!(json["latency_ms"]["max"], 2.5);
        assert_eq!(json["records_per_second"], 100.0);
    }
}
