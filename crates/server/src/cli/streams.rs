//! `anabranch streams`: what there is.

use std::process::ExitCode;

use anabranch_api::Enumeration;
use anabranch_api::kinesis::{DescribeStreamSummary, ListStreams, StreamDescriptionSummary, StreamMode};
use anabranch_types::StreamName;

use super::connection::{Connection, explained};
use super::{Failure, columns, output};
use crate::client::{CallError, Kinesis};

/// Streams shown; whoever has more asks the API.
const STREAMS_MAX: usize = 10_000;

#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    connection: Connection,
}

pub(super) async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let kinesis = arguments.connection.open()?;
    let names = list(&kinesis).await.map_err(explained)?;
    if names.is_empty() {
        let identity = kinesis.endpoint().identity();
        eprintln!(
            "No streams in {} for the key {}. This makes one:\n  aws kinesis create-stream --stream-name my-stream --shard-count 1",
            identity.region, identity.access_key
        );
        return Ok(ExitCode::SUCCESS);
    }
    let mut rows = vec![HEADINGS.map(str::to_owned).to_vec()];
    for name in names {
        match describe(&kinesis, &name).await {
            Ok(stream) => rows.push(row(&stream)),
            // Deleted since it was listed.
            Err(error) if error.code() == Some("ResourceNotFoundException") => {}
            Err(error) => return Err(explained(error)),
        }
    }
    output::print_lines(&columns::aligned(&rows, &ALIGNMENT))
}

const HEADINGS: [&str; 7] = ["STREAM", "STATUS", "MODE", "SHARDS", "RETENTION", "CONSUMERS", "CREATED"];
const ALIGNMENT: [columns::Side; 7] = {
    use columns::Side::{Left, Right};
    [Left, Left, Left, Right, Right, Right, Left]
};

fn row(stream: &StreamDescriptionSummary) -> Vec<String> {
    let mode = stream.stream_mode_details.as_ref().map_or(StreamMode::Provisioned, |d| d.stream_mode);
    vec![
        stream.stream_name.to_string(),
        stream.stream_status.text().to_owned(),
        mode.text().to_owned(),
        stream.open_shard_count.to_string(),
        retention(stream.retention_period_hours),
        stream.consumer_count.unwrap_or(0).to_string(),
        jiff::Timestamp::from_millisecond(stream.stream_creation_timestamp.millis())
            .map(|t| t.strftime("%Y-%m-%d %H:%M UTC").to_string())
            .unwrap_or_default(),
    ]
}

/// `24 h`, whole days from the second on.
fn retention(hours: i32) -> String {
    if hours >= 48 && hours % 24 == 0 { format!("{} d", hours / 24) } else { format!("{hours} h") }
}

async fn list(kinesis: &Kinesis) -> Result<Vec<StreamName>, CallError> {
    let mut names: Vec<StreamName> = Vec::new();
    loop {
        let request =
            ListStreams { exclusive_start_stream_name: names.last().cloned(), ..ListStreams::default() };
        let page = kinesis.call(request).await?;
        let is_empty = page.stream_names.is_empty();
        names.extend(page.stream_names);
        if !page.has_more_streams || is_empty || names.len() >= STREAMS_MAX {
            return Ok(names);
        }
    }
}

async fn describe(kinesis: &Kinesis, name: &StreamName) -> Result<StreamDescriptionSummary, CallError> {
    let request =
        DescribeStreamSummary { stream_name: Some(name.clone()), ..DescribeStreamSummary::default() };
    Ok(kinesis.call(request).await?.stream_description_summary)
}

#[cfg(test)]
mod tests {
    use super::retention;

    #[test]
    fn retention_is_told_in_days_where_it_is_days() {
        let cases = [(24, "24 h"), (25, "25 h"), (48, "2 d"), (8_760, "365 d"), (49, "49 h")];
        for (hours, text) in cases {
            assert_eq!(retention(hours), text);
        }
    }
}
