//! A record as a line, an aggregated one as a line for each user record in it.

use anabranch_api::kinesis::Record;
use anabranch_streams::aggregation::{self, Contents, UserRecord};
use anabranch_types::ShardId;
use base64_simd::STANDARD;
use serde::Serialize;

/// How records are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// What becomes of records in records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aggregates {
    /// Each user record is shown.
    TakenApart,
    /// The record is shown as it lies in its shard.
    Whole,
}

/// What stands over the columns of the text form.
pub(super) const HEADING: &str = "TIME                      SHARD                 KEY  DATA";
/// Columns of a key that others are aligned to; a longer key shifts its own line only.
const KEY_WIDTH_MAX: usize = 24;

/// Shows records, the keys of which it aligns with those before.
#[derive(Debug)]
pub(super) struct Show {
    form: Form,
    aggregates: Aggregates,
    key_width: usize,
}

/// What a line is about: a record of the shard, or one of those in it.
struct Row<'a> {
    shard: ShardId,
    record: &'a Record,
    within: Option<&'a UserRecord>,
    /// Why it was not taken apart although it begins as an aggregate.
    trouble: Option<String>,
}

/// The names are those of the API.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Document<'a> {
    shard_id: String,
    sequence_number: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub_sequence_number: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    approximate_arrival_timestamp: Option<String>,
    partition_key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    explicit_hash_key: Option<String>,
    data: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    malformed_aggregate: Option<String>,
}

impl Show {
    pub(super) fn new(form: Form, aggregates: Aggregates) -> Self {
        Self { form, aggregates, key_width: 3 }
    }

    /// The record's lines, at least one, without their ends.
    pub(super) fn lines(&mut self, shard: ShardId, record: &Record) -> Vec<String> {
        let contents = match self.aggregates {
            Aggregates::TakenApart => aggregation::unpack(&record.data),
            Aggregates::Whole => Contents::Plain,
        };
        let whole = Row { shard, record, within: None, trouble: None };
        match contents {
            Contents::Plain => vec![self.line(&whole)],
            Contents::Malformed(why) => vec![self.line(&Row { trouble: Some(why.to_string()), ..whole })],
            Contents::Aggregate(records) => records
                .iter()
                .map(|one| self.line(&Row { shard, record, within: Some(one), trouble: None }))
                .collect(),
        }
    }

    fn line(&mut self, row: &Row<'_>) -> String {
        match self.form {
            Form::Json => row.document(),
            Form::Text => {
                let key: String = row.partition_key().escape_debug().collect();
                self.key_width = self.key_width.max(key.chars().count().min(KEY_WIDTH_MAX));
                let (time, shard, data) = (row.time().unwrap_or_default(), row.shard, readable(row.data()));
                let trouble =
                    row.trouble.as_ref().map(|why| format!("  (no aggregate: {why})")).unwrap_or_default();
                format!("{time:<24}  {shard}  {key:<width$}  {data}{trouble}", width = self.key_width)
            }
        }
    }
}

impl Row<'_> {
    fn partition_key(&self) -> &str {
        match self.within {
            Some(one) => &one.partition_key,
            None => self.record.partition_key.as_deref().unwrap_or_default(),
        }
    }

    fn data(&self) -> &[u8] {
        self.within.map_or(&self.record.data, |one| &one.data)
    }

    fn time(&self) -> Option<String> {
        self.record.approximate_arrival_timestamp.map(|t| t.to_string())
    }

    fn document(&self) -> String {
        let document = Document {
            shard_id: self.shard.to_string(),
            sequence_number: self.record.sequence_number.to_string(),
            sub_sequence_number: self.within.map(|one| one.sub_sequence_number),
            approximate_arrival_timestamp: self.time(),
            partition_key: self.partition_key(),
            explicit_hash_key: self.within.and_then(|one| one.explicit_hash_key).map(|key| key.to_string()),
            data: STANDARD.encode_to_string(self.data()),
            text: std::str::from_utf8(self.data()).ok(),
            malformed_aggregate: self.trouble.clone(),
        };
        serde_json::to_string(&document).expect("a document of strings and numbers can be written")
    }
}

/// Text with what could play tricks on a terminal escaped; what is no text as base64.
fn readable(data: &[u8]) -> String {
    match std::str::from_utf8(data) {
        Ok(text) => text.trim_end_matches(['\n', '\r']).chars().fold(String::new(), |mut line, c| {
            if c.is_control() && c != '\t' {
                line.extend(c.escape_default());
            } else {
                line.push(c);
            }
            line
        }),
        Err(_) => format!("base64:{}", STANDARD.encode_to_string(data)),
    }
}

#[cfg(test)]
mod tests {
    use anabranch_types::Timestamp;

    use super::*;

    fn record(key: &'static str, data: &'static [u8]) -> Record {
        Record {
            partition_key: Some(key.into()),
            data: data.into(),
            approximate_arrival_timestamp: Some(Timestamp::from_millis(1_795_248_000_123)),
            ..Record::default()
        }
    }

    #[test]
    fn text_is_readable_and_cannot_move_the_cursor() {
        let cases: [(&[u8], &str); 6] = [
            (b"plain", "plain"),
            ("caf\u{e9}\ttab".as_bytes(), "caf\u{e9}\ttab"),
            (b"\x1b[2Jgone", "\\u{1b}[2Jgone"),
            (b"two\nlines\n", "two\\nlines"),
            (b"\xff\x00", "base64:/wA="),
            (b"", ""),
        ];
        for (data, expected) in cases {
            assert_eq!(readable(data), expected);
        }
    }

    fn line(show: &mut Show, shard: ShardId, record: &Record) -> String {
        let mut lines = show.lines(shard, record);
        assert_eq!(lines.len(), 1);
        lines.remove(0)
    }

    #[test]
    fn keys_are_aligned_with_those_before() {
        let mut show = Show::new(Form::Text, Aggregates::TakenApart);
        let shard = ShardId::new(2).expect("a small index");
        assert_eq!(
            line(&mut show, shard, &record("longer", b"a")),
            "2026-11-21T08:00:00.123Z  shardId-000000000002  longer  a"
        );
        assert_eq!(
            line(&mut show, shard, &record("b\n", b"b")),
            "2026-11-21T08:00:00.123Z  shardId-000000000002  b\\n     b"
        );
        assert_eq!(HEADING.find("KEY"), line(&mut show, shard, &record("b", b"")).find("b "));
    }

    fn documents(aggregates: Aggregates, record: &Record) -> Vec<serde_json::Value> {
        let lines = Show::new(Form::Json, aggregates).lines(ShardId::default(), record);
        lines.iter().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }

    #[test]
    fn programs_get_an_object_with_the_names_of_the_api() {
        let document = &documents(Aggregates::TakenApart, &record("k\"", b"\xff"))[0];
        assert_eq!(document["PartitionKey"], "k\"");
        assert_eq!(document["Data"], "/w==");
        assert_eq!(document["ApproximateArrivalTimestamp"], "2026-11-21T08:00:00.123Z");
        for absent in ["Text", "SubSequenceNumber", "ExplicitHashKey", "MalformedAggregate"] {
            assert!(document.get(absent).is_none(), "{absent}");
        }
        let mut show = Show::new(Form::Json, Aggregates::TakenApart);
        let line = line(&mut show, ShardId::default(), &record("k", b"hi"));
        assert!(line.ends_with(r#""Data":"aGk=","Text":"hi"}"#), "{line}");
    }

    /// RecordAggregator of aws-kinesis-agg for Python, given ("a", "x").
    const AGGREGATE: &[u8] =
        b"\xf3\x89\x9a\xc2\x0a\x01a\x1a\x05\x08\x00\x1a\x01x\x27\x4f\xa4\xa2\x21\x60\x92\x41\x96\x6b\x02\xc7\xaf\xbf\x42\x83";

    #[test]
    fn records_in_a_record_are_shown_each() {
        let aggregate = record("outer", AGGREGATE);
        let taken_apart = documents(Aggregates::TakenApart, &aggregate);
        assert_eq!(taken_apart.len(), 1);
        assert_eq!(taken_apart[0]["PartitionKey"], "a");
        assert_eq!(taken_apart[0]["Text"], "x");
        assert_eq!(taken_apart[0]["SubSequenceNumber"], 0);
        let whole = documents(Aggregates::Whole, &aggregate);
        assert_eq!(whole[0]["PartitionKey"], "outer");
        assert_eq!(whole[0]["Data"], STANDARD.encode_to_string(AGGREGATE));
    }

    #[test]
    fn a_malformed_aggregate_is_shown_plain_with_the_reason() {
        let broken = record("outer", &AGGREGATE[..AGGREGATE.len() - 1]);
        let document = &documents(Aggregates::TakenApart, &broken)[0];
        assert_eq!(document["PartitionKey"], "outer");
        assert_eq!(document["Data"], STANDARD.encode_to_string(&broken.data));
        assert_eq!(document["MalformedAggregate"], "its MD5 is not that of its message");
        let mut show = Show::new(Form::Text, Aggregates::TakenApart);
        let line = line(&mut show, ShardId::default(), &broken);
        assert!(line.ends_with("  (no aggregate: its MD5 is not that of its message)"), "{line}");
    }
}
