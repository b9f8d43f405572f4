use std::io::{self, BufWriter, Write};
use std::ops::ControlFlow;
use std::process::ExitCode;

use anabranch_log::Record;
use anabranch_log::local::offline::{self, DumpedFrame, FrameKind};
use base64_simd::STANDARD;
use serde_json::{Value, json};

use super::names::Names;
use super::{Where, explained};
use crate::cli::{Failure, output};

#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    at: Where,

    /// A JSON object per line
    #[arg(long)]
    json: bool,

    /// Show the records too: partition keys, and data in base64 (of an encrypted stream as it is sealed)
    #[arg(long)]
    records: bool,
}

pub(super) fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let (disk, names) = arguments.at.open_to_read()?;
    let mut out = BufWriter::new(io::stdout().lock());
    let mut written = Ok(());
    let mut show = |frame: &DumpedFrame| {
        written = write(&mut out, frame, &names, &arguments);
        if written.is_err() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    offline::dump(&disk, &mut show).map_err(explained)?;
    output::finish(written.and_then(|()| out.flush()))
}

fn write(out: &mut impl Write, frame: &DumpedFrame, names: &Names, how: &Arguments) -> io::Result<()> {
    if how.json {
        return writeln!(out, "{}", object(frame, names, how.records));
    }
    writeln!(out, "{}", line(frame, names))?;
    if how.records {
        for record in frame.records() {
            writeln!(out, "    {}", record_object(&record))?;
        }
    }
    Ok(())
}

fn line(frame: &DumpedFrame, names: &Names) -> String {
    let DumpedFrame { file, at, bytes, first, count, arrival, .. } = frame;
    let place = format!("{file} {at} +{bytes} {}", kind(frame.kind));
    match frame.kind {
        FrameKind::Padding | FrameKind::Index => place,
        FrameKind::Records => format!(
            "{place} {} offsets {} to {} timeline {} at {arrival}",
            names.log(frame.log),
            first.offset.0,
            (first.offset.0 + u64::from(*count)).saturating_sub(1),
            first.timeline.0
        ),
        FrameKind::Lost => format!(
            "{place} {} offsets {} to {} were given up",
            names.log(frame.log),
            first.offset.0,
            (first.offset.0 + u64::from(*count)).saturating_sub(1)
        ),
        FrameKind::Close => format!("{place} {} at offset {}", names.log(frame.log), first.offset.0),
        FrameKind::Create | FrameKind::Remove => format!("{place} {}", names.log(frame.log)),
        FrameKind::Trim => format!("{place} {} before {arrival}", names.group(frame.log.group)),
        FrameKind::RemoveGroup => format!("{place} {}", names.group(frame.log.group)),
    }
}

fn kind(kind: FrameKind) -> &'static str {
    match kind {
        FrameKind::Records => "records",
        FrameKind::Close => "close",
        FrameKind::Padding => "padding",
        FrameKind::Create => "create",
        FrameKind::Trim => "trim",
        FrameKind::Remove => "remove",
        FrameKind::RemoveGroup => "remove-group",
        FrameKind::Index => "index",
        FrameKind::Lost => "lost",
    }
}

fn object(frame: &DumpedFrame, names: &Names, with_records: bool) -> Value {
    let mut object = json!({
        "file": frame.file,
        "at": frame.at,
        "bytes": frame.bytes,
        "kind": kind(frame.kind),
        "group": frame.log.group.0,
        "log": frame.log.index,
        "stream": names.stream(frame.log.group),
        "timeline": frame.first.timeline.0,
        "offset": frame.first.offset.0,
        "count": frame.count,
        "arrival_ms": frame.arrival.millis(),
        "place": frame.place,
        "durable": frame.durable,
    });
    if with_records && frame.kind == FrameKind::Records {
        object["records"] = frame.records().map(|r| record_object(&r)).collect();
    }
    object
}

/// The key is text in every stream; what is not is shown as base64 as well.
fn record_object(record: &Record) -> Value {
    let key = record.record.key.as_ref();
    json!({
        "offset": record.position.offset.0,
        "partition_key": key.and_then(|k| std::str::from_utf8(k).ok()),
        "explicit_hash_key": record.record.explicit_hash.map(|h| h.to_string()),
        "sealed_under": record.record.seal.map(|s| s.data_key),
        "data": STANDARD.encode_to_string(&record.record.data),
    })
}
