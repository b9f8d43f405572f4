use anabranch_api::logs::{Error, GetLogEvents, GetLogEventsOutput, OutputLogEvent};
use anabranch_api::{Context, Resources, Serve};

use crate::errors;
use crate::limits::{PAGE_BYTES_MAX, PAGE_EVENTS_MAX};
use crate::resolve::{name_of, resources};
use crate::service::Logs;
use crate::store::page::{Direction, Found, Query};
use crate::store::place::Place;

impl Serve<GetLogEvents> for Logs {
    fn resources(&self, cx: &Context, request: &GetLogEvents) -> Result<Resources, Error> {
        let name = name_of(cx, request.log_group_name.as_deref(), request.log_group_identifier.as_deref())?;
        Ok(resources(cx, "logs:GetLogEvents", name, &request.log_stream_name))
    }

    async fn serve(&self, cx: &Context, request: GetLogEvents) -> Result<GetLogEventsOutput, Error> {
        let name = name_of(cx, request.log_group_name.as_deref(), request.log_group_identifier.as_deref())?;
        let (group, stream) = self.group_and_stream(cx, name, &request.log_stream_name)?;
        let first_ms = request.start_time.unwrap_or(0).max(group.horizon_ms(self.clock.now()));
        let (first, end) = (Place::at_time(first_ms), request.end_time.map_or(Place::LAST, Place::at_time));
        if request.start_time.zip(request.end_time).is_some_and(|(start, end)| start > end) {
            return Err(errors::range_ends_before_it_begins());
        }
        let token = request.next_token.as_deref().map(Token::parse).transpose()?;
        let from_head = request.start_from_head == Some(true);
        let (direction, from, until) = match token {
            Some(Token::Behind(place)) => (Direction::Forward, place.after().max(first), end),
            Some(Token::Before(place)) => (Direction::Backward, first, place.min(end)),
            None if from_head => (Direction::Forward, first, end),
            None => (Direction::Backward, first, end),
        };
        stream.load(&group, &*self.log).await?;
        let query = Query {
            streams: std::slice::from_ref(&stream),
            from,
            until,
            direction,
            events_max: request.limit.and_then(|n| usize::try_from(n).ok()).unwrap_or(PAGE_EVENTS_MAX),
            bytes_max: PAGE_BYTES_MAX,
            scan_bytes_max: u64::MAX,
            meant: &|_| true,
        };
        let events = query.page(&*self.log).await?.events;
        let (forward, backward) = tokens(&events, token, first);
        Ok(GetLogEventsOutput {
            events: Some(events.into_iter().map(shown).collect()),
            next_forward_token: Some(forward.to_string().into()),
            next_backward_token: Some(backward.to_string().into()),
        })
    }
}

fn shown(found: Found) -> OutputLogEvent {
    OutputLogEvent {
        timestamp: Some(found.event.time_ms),
        message: Some(found.event.message),
        ingestion_time: Some(found.ingested_ms),
    }
}

/// From where the next page goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    /// With what comes behind this place.
    Behind(Place),
    /// With what comes before it.
    Before(Place),
}

/// The tokens of a page; at an end the one that was asked with comes again (LOGS API GetLogEvents).
fn tokens(events: &[Found], asked: Option<Token>, first: Place) -> (Token, Token) {
    if let (Some(first), Some(last)) = (events.first(), events.last()) {
        return (Token::Behind(last.place), Token::Before(first.place));
    }
    match asked {
        Some(Token::Behind(place)) => (Token::Behind(place), Token::Before(place.after())),
        Some(Token::Before(place)) => (Token::Behind(place.before()), Token::Before(place)),
        None => (Token::Behind(first.before()), Token::Before(first)),
    }
}

impl Token {
    fn parse(token: &str) -> Result<Self, Error> {
        let place = |rest: &str| rest.strip_suffix("/s").and_then(Place::parse);
        let known = match token.split_at_checked(2) {
            Some(("f/", rest)) => place(rest).map(Token::Behind),
            Some(("b/", rest)) => place(rest).map(Token::Before),
            _ => None,
        };
        known.ok_or_else(errors::invalid_token)
    }
}

impl std::fmt::Display for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Token::Behind(place) => write!(f, "f/{}/s", place.id()),
            Token::Before(place) => write!(f, "b/{}/s", place.id()),
        }
    }
}
