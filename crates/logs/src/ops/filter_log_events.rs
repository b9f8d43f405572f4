use std::sync::Arc;

use anabranch_api::logs::{Error, FilterLogEvents, FilterLogEventsOutput, FilteredLogEvent};
use anabranch_api::{Context, Resources, Serve};

use crate::directory::Group;
use crate::errors;
use crate::limits::{PAGE_BYTES_MAX, PAGE_EVENTS_MAX};
use crate::pattern::Pattern;
use crate::resolve::{name_of, resources};
use crate::service::Logs;
use crate::store::page::{Direction, Found, Query};
use crate::store::place::Place;
use crate::store::stream::Stream;

/// When so much was looked at, a page ends, however little was found: the next one goes on behind it (LOGS API FilterLogEvents: a page may
/// be empty and have a token).
const SCAN_BYTES_MAX: u64 = 64 * 1024 * 1024;

impl Serve<FilterLogEvents> for Logs {
    fn resources(&self, cx: &Context, request: &FilterLogEvents) -> Result<Resources, Error> {
        let name = name_of(cx, request.log_group_name.as_deref(), request.log_group_identifier.as_deref())?;
        Ok(resources(cx, "logs:FilterLogEvents", name, ""))
    }

    async fn serve(&self, cx: &Context, request: FilterLogEvents) -> Result<FilterLogEventsOutput, Error> {
        let name = name_of(cx, request.log_group_name.as_deref(), request.log_group_identifier.as_deref())?;
        let group = self.group(cx, name)?;
        let pattern = Pattern::parse(request.filter_pattern.as_deref().unwrap_or_default());
        let pattern = pattern.map_err(|_| errors::invalid_pattern())?;
        if request.start_time.zip(request.end_time).is_some_and(|(start, end)| start > end) {
            return Err(errors::range_ends_before_it_begins());
        }
        let streams = streams(&group, &request)?;
        for stream in &streams {
            stream.load(&group, &*self.log).await?;
        }
        let first_ms = request.start_time.unwrap_or(0).max(group.horizon_ms(self.clock.now()));
        let first = Place::at_time(first_ms);
        // What has the end's time is meant (LOGS API FilterLogEvents).
        let until = request.end_time.map_or(Place::LAST, |end| Place::at_time(end.saturating_add(1)));
        let direction =
            if request.start_from_head == Some(false) { Direction::Backward } else { Direction::Forward };
        let token =
            request.next_token.as_deref().map(|token| Place::parse(token).ok_or_else(errors::invalid_token));
        let (from, until) = match (token.transpose()?, direction) {
            (Some(next), Direction::Forward) => (next.max(first), until),
            (Some(next), Direction::Backward) => (first, next.after().min(until)),
            (None, _) => (first, until),
        };
        let query = Query {
            streams: &streams,
            from,
            until,
            direction,
            events_max: request.limit.and_then(|n| usize::try_from(n).ok()).unwrap_or(PAGE_EVENTS_MAX),
            bytes_max: PAGE_BYTES_MAX,
            scan_bytes_max: SCAN_BYTES_MAX,
            meant: &|message| pattern.matches(message),
        };
        let page = query.page(&*self.log).await?;
        let mut events = page.events;
        if direction == Direction::Backward {
            events.reverse();
        }
        Ok(FilterLogEventsOutput {
            events: Some(events.into_iter().map(shown).collect()),
            // Deprecated and empty (LOGS API FilterLogEvents).
            searched_log_streams: Some(Vec::new()),
            next_token: page.next.map(|next| next.id().into()),
        })
    }
}

/// The streams that are asked for: all, those named, or those whose names begin so.
fn streams(group: &Group, request: &FilterLogEvents) -> Result<Vec<Arc<Stream>>, Error> {
    match (&request.log_stream_names, &request.log_stream_name_prefix) {
        (Some(_), Some(_)) => Err(errors::prefix_with_names()),
        (Some(names), None) => {
            let mut named = Vec::with_capacity(names.len());
            for name in names {
                let stream = group.stream(name).ok_or_else(errors::no_stream)?;
                if named.iter().all(|known: &Arc<Stream>| known.log != stream.log) {
                    named.push(stream);
                }
            }
            Ok(named)
        }
        (None, prefix) => Ok(group.streams(prefix.as_deref().unwrap_or_default())),
    }
}

fn shown(found: Found) -> FilteredLogEvent {
    FilteredLogEvent {
        log_stream_name: Some(found.stream.name.as_str().into()),
        timestamp: Some(found.event.time_ms),
        message: Some(found.event.message),
        ingestion_time: Some(found.ingested_ms),
        event_id: Some(found.place.id().into()),
    }
}
