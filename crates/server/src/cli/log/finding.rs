//! What is wrong, for people and for programs.

use anabranch_log::local::offline::{Finding, LostRecords, What};
use serde_json::{Value, json};

use super::names::Names;

/// A finding in words.
pub(super) fn sentence(finding: &Finding, names: &Names) -> String {
    let Finding { file, from, to, what, group, records } = finding;
    let place = if from < to { format!("{file}, bytes {from} to {to}") } else { file.clone() };
    let mut line = match what {
        What::Damaged => format!("damaged     {place}"),
        What::Torn => {
            format!("unfinished  {file} from byte {from}: the next start cuts it, this is no damage")
        }
        What::Missing => "missing    ".to_owned(),
        What::Unreadable(why) => format!("unreadable  {place}: {why}"),
    };
    match (records, group) {
        (Some(lost), _) => {
            let of = if *what == What::Missing { " " } else { ": " };
            line += &format!("{of}{}", records_in_words(lost, names));
        }
        (None, Some(group)) => line += &format!(" ({})", names.group(*group)),
        (None, None) => {}
    }
    line
}

/// A finding as JSON.
pub(super) fn object(finding: &Finding, names: &Names) -> Value {
    let Finding { file, from, to, what, group, records } = finding;
    let (kind, reason) = match what {
        What::Damaged => ("damaged", None),
        What::Torn => ("unfinished", None),
        What::Missing => ("missing", None),
        What::Unreadable(why) => ("unreadable", Some(why)),
    };
    json!({
        "kind": kind,
        "file": file,
        "from": from,
        "to": to,
        "reason": reason,
        "group": group.map(|g| g.0),
        "stream": group.and_then(|g| names.stream(g)),
        "records": records.as_ref().map(records_object),
    })
}

/// Which records, in words.
pub(super) fn records_in_words(lost: &LostRecords, names: &Names) -> String {
    let (from, to) = (lost.from.offset.0, lost.to.offset.0.saturating_sub(1));
    format!("records of {} with the offsets {from} to {to}", names.log(lost.log))
}

/// Which records, as JSON: from the first one to behind the last one.
pub(super) fn records_object(lost: &LostRecords) -> Value {
    json!({
        "group": lost.log.group.0,
        "log": lost.log.index,
        "from": { "timeline": lost.from.timeline.0, "offset": lost.from.offset.0 },
        "to": { "timeline": lost.to.timeline.0, "offset": lost.to.offset.0 },
    })
}
