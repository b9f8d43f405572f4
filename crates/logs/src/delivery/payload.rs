//! What arrives at a destination: gzip of a JSON document (LOGS SubscriptionFilters).

use std::fmt::Write as _;
use std::io::Write as _;

use anabranch_types::{Hex, Rng, Timestamp};
use aws_lc_rs::digest;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use crate::directory::Group;
use crate::filters::Subscription;
use crate::store::event::Event;
use crate::store::place::Place;

/// A record of a stream may have so many bytes with its key unless the stream says otherwise (KDS API PutRecord).
const RECORD_BYTES_MAX: usize = 1024 * 1024 - 64;
/// What the first record to a destination says (LOGS SubscriptionFilters).
const HEALTH_CHECK: &str = "CWL CONTROL MESSAGE: Checking health of destination Kinesis stream.";

/// What is sent when a filter is put, so that its destination is known to take something.
pub(crate) fn control_message(now: Timestamp) -> Bytes {
    let event = Event { time_ms: now.millis(), message: HEALTH_CHECK.into() };
    let document = document("CONTROL_MESSAGE", ["CloudwatchLogs", "", ""], None, &[(String::new(), &event)]);
    compressed(&document)
}

/// The records of events that a filter let through; more than one if they would be too long. An event that is too long alone is left out.
pub(super) fn data_messages(
    group: &Group,
    stream: &str,
    filter: &Subscription,
    events: &[(Place, Event)],
) -> Vec<Bytes> {
    let listed: Vec<(String, &Event)> = events.iter().map(|(place, event)| (place.id(), event)).collect();
    let owner = group.scope.account.to_string();
    let name = Some(filter.stored.name.as_str());
    let record = compressed(&document("DATA_MESSAGE", [&owner, &group.name, stream], name, &listed));
    if record.len() <= RECORD_BYTES_MAX {
        return vec![record];
    }
    let (first, second) = events.split_at(events.len() / 2);
    if first.is_empty() {
        tracing::error!(group = %group.name, stream, "an event is too long for its subscription's destination");
        return Vec::new();
    }
    let mut records = data_messages(group, stream, filter, first);
    records.extend(data_messages(group, stream, filter, second));
    records
}

/// All of a log stream's go to one shard, or each to any.
pub(crate) fn partition_key(is_random: bool, stream: &str, rng: &Rng) -> String {
    if is_random {
        return format!("{:032x}", rng.u128());
    }
    let digest = digest::digest(&digest::SHA256, stream.as_bytes());
    Hex(&digest.as_ref()[..16]).to_string()
}

fn document(
    kind: &str,
    [owner, group, stream]: [&str; 3],
    filter: Option<&str>,
    events: &[(String, &Event)],
) -> String {
    let text = |text: &str| Value::from(text).to_string();
    let filters = filter.map(text).unwrap_or_default();
    let mut document = format!(
        r#"{{"messageType":{},"owner":{},"logGroup":{},"logStream":{},"subscriptionFilters":[{filters}],"logEvents":["#,
        text(kind),
        text(owner),
        text(group),
        text(stream),
    );
    for (at, (id, event)) in events.iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        let (id, time_ms, message) = (text(id), event.time_ms, text(&event.message));
        let written = write!(document, r#"{comma}{{"id":{id},"timestamp":{time_ms},"message":{message}}}"#);
        written.expect("writing into memory does not fail");
    }
    document.push_str("]}");
    document
}

fn compressed(document: &str) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(document.as_bytes()).expect("writing into memory does not fail");
    encoder.finish().expect("writing into memory does not fail").into()
}
