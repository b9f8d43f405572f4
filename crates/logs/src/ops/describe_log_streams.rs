use std::sync::Arc;

use anabranch_api::logs::{DescribeLogStreams, DescribeLogStreamsOutput, Error, LogStream, OrderBy};
use anabranch_api::{Context, Resources, Serve};

use crate::changes::page_length;
use crate::directory::Group;
use crate::errors;
use crate::resolve::{name_of, resources};
use crate::service::Logs;
use crate::store::stream::Stream;

/// The order that a page follows: by the last event's time, if that is asked for, then by name.
type Rank = (Option<i64>, String);

impl Serve<DescribeLogStreams> for Logs {
    fn resources(&self, cx: &Context, request: &DescribeLogStreams) -> Result<Resources, Error> {
        let name = name_of(cx, request.log_group_name.as_deref(), request.log_group_identifier.as_deref())?;
        Ok(resources(cx, "logs:DescribeLogStreams", name, ""))
    }

    async fn serve(
        &self,
        cx: &Context,
        request: DescribeLogStreams,
    ) -> Result<DescribeLogStreamsOutput, Error> {
        let name = name_of(cx, request.log_group_name.as_deref(), request.log_group_identifier.as_deref())?;
        let group = self.group(cx, name)?;
        let by_time = request.order_by == Some(OrderBy::LastEventTime);
        if by_time && request.log_stream_name_prefix.is_some() {
            return Err(errors::prefix_with_order_by_time());
        }
        let descends = request.descending == Some(true);
        let after = request.next_token.as_deref().map(|token| parse(token, by_time)).transpose()?;

        let streams = group.streams(request.log_stream_name_prefix.as_deref().unwrap_or_default());
        let mut ranked = Vec::with_capacity(streams.len());
        for stream in streams {
            if by_time {
                stream.load(&group, &*self.log).await?;
            }
            let rank = rank(&stream, by_time);
            let is_behind =
                after.as_ref().is_none_or(|after| if descends { rank < *after } else { rank > *after });
            if is_behind {
                ranked.push((rank, stream));
            }
        }
        ranked.sort_by(|(a, _), (b, _)| if descends { b.cmp(a) } else { a.cmp(b) });
        let limit = page_length(request.limit);
        let more = ranked.len() > limit;
        ranked.truncate(limit);
        let mut described = Vec::with_capacity(ranked.len());
        for (_, stream) in &ranked {
            stream.load(&group, &*self.log).await?;
            described.push(self.describe(&group, stream));
        }
        let next_token = ranked.last().filter(|_| more).map(|(rank, _)| token(rank).into());
        Ok(DescribeLogStreamsOutput { log_streams: Some(described), next_token })
    }
}

impl Logs {
    fn describe(&self, group: &Group, stream: &Arc<Stream>) -> LogStream {
        let times = stream.with_chunks(|chunks| chunks.times());
        let last_arrival = self.log.state(stream.log).ok().and_then(|state| state.last_arrival);
        LogStream {
            log_stream_name: Some(stream.name.as_str().into()),
            creation_time: Some(stream.created_ms),
            first_event_timestamp: times.map(|(first, _)| first),
            last_event_timestamp: times.map(|(_, last)| last),
            last_ingestion_time: last_arrival.map(|at| at.millis()),
            // PutLogEvents takes any (LOGS API PutLogEvents).
            upload_sequence_token: Some(format!("{:056}", stream.created_ms).into()),
            arn: Some(format!("{}:log-stream:{}", group.arn(), stream.name).into()),
            // Always (LOGS API LogStream).
            stored_bytes: Some(0),
        }
    }
}

fn rank(stream: &Stream, by_time: bool) -> Rank {
    let last = by_time.then(|| stream.with_chunks(|chunks| chunks.times()).map_or(0, |(_, last)| last));
    (last, stream.name.clone())
}

fn token((last, name): &Rank) -> String {
    last.map_or_else(|| name.clone(), |last| format!("{last}:{name}"))
}

fn parse(token: &str, by_time: bool) -> Result<Rank, Error> {
    if !by_time {
        return Ok((None, token.to_owned()));
    }
    let (last, name) = token.split_once(':').ok_or_else(errors::invalid_token)?;
    Ok((Some(last.parse().map_err(|_| errors::invalid_token())?), name.to_owned()))
}
