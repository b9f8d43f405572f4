//! A record as a line.

use anabranch_api::kinesis::Record;
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

/// What stands over the columns of the text form.
pub(super) const HEADING: &str = "TIME                      SHARD                 KEY  DATA";
/// Columns of a key that others are aligned to; a longer key shifts its own line only.
const KEY_WIDTH_MAX: usize = 24;

/// Shows records, the keys of which it aligns with those before.
#[derive(Debug)]
pub(super) struct Show {
    form: Form,
    key_width: usize,
}

/// The names are those of the API.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Document<'a> {
    shard_id: String,
    sequence_number: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    approximate_arrival_timestamp: Option<String>,
    partition_key: &'a str,
    data: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
}

impl Show {
    pub(super) fn new(form: Form) -> Self {
        Self { form, key_width: 3 }
    }

    /// One line, without its end.
    pub(super) fn line(&mut self, shard: ShardId, record: &Record) -> String {
        let key = record.partition_key.as_deref().unwrap_or_default();
        let time = record.approximate_arrival_timestamp.map(|t| t.to_string());
        match self.form {
            Form::Json => json(shard, record, key, time),
            Form::Text => {
                let key: String = key.escape_debug().collect();
                self.key_width = self.key_width.max(key.chars().count().min(KEY_WIDTH_MAX));
                let time = time.unwrap_or_default();
                format!(
                    "{time:<24}  {shard}  {key:<width$}  {}",
                    readable(&record.data),
                    width = self.key_width
                )
            }
        }
    }
}

fn json(shard: ShardId, record: &Record, key: &str, time: Option<String>) -> String {
    let document = Document {
        shard_id: shard.to_string(),
        sequence_number: record.sequence_number.to_string(),
        approximate_arrival_timestamp: time,
        partition_key: key,
        data: STANDARD.encode_to_string(&record.data),
        text: std::str::from_utf8(&record.data).ok(),
    };
    serde_json::to_string(&document).expect("a document of strings can be written")
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

    #[test]
    fn keys_are_aligned_with_those_before() {
        let mut show = Show::new(Form::Text);
        let shard = ShardId::new(2).expect("a small index");
        assert_eq!(
            show.line(shard, &record("longer", b"a")),
            "2026-11-21T08:00:00.123Z  shardId-000000000002  longer  a"
        );
        assert_eq!(
            show.line(shard, &record("b\n", b"b")),
            "2026-11-21T08:00:00.123Z  shardId-000000000002  b\\n     b"
        );
        assert_eq!(HEADING.find("KEY"), show.line(shard, &record("b", b"")).find("b "));
    }

    #[test]
    fn programs_get_an_object_with_the_names_of_the_api() {
        let line = Show::new(Form::Json).line(ShardId::default(), &record("k\"", b"\xff"));
        let document: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(document["PartitionKey"], "k\"");
        assert_eq!(document["Data"], "/w==");
        assert_eq!(document["ApproximateArrivalTimestamp"], "2026-11-21T08:00:00.123Z");
        assert!(document.get("Text").is_none());
        let line = Show::new(Form::Json).line(ShardId::default(), &record("k", b"hi"));
        assert!(line.ends_with(r#""Data":"aGk=","Text":"hi"}"#), "{line}");
    }
}
