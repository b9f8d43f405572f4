use std::time::Duration;

use anabranch_api::cloudtrail::{
    Error, Event as Told, LookupAttribute, LookupAttributeKey, LookupEvents, LookupEventsOutput, Resource,
};
use anabranch_api::{Context, Serve};
use anabranch_log::ReadFrom;
use anabranch_types::{Hex, Timestamp};
use aws_lc_rs::digest;
use bytes::Bytes;

use crate::errors;
use crate::event::Event;
use crate::ledger::{Book, Entry};
use crate::service::CloudTrail;

/// API_LookupEvents, under MaxResults.
const RESULTS_DEFAULT: usize = 50;
/// Most events looked through by one call; beyond, it answers what it found with a token to go on.
const LOOKED_AT_MAX: usize = 20_000;
/// How far back is looked at first; twice as far each time.
const SPAN_FIRST: Duration = Duration::from_secs(60);
/// How far back is looked at once.
const SPAN_MAX: Duration = Duration::from_secs(7 * 24 * 3600);
/// How far back is looked at, however many events there were.
const SPAN_LEAST: Duration = Duration::from_secs(1);
/// Most events read at once where more than that second is looked at: half as far is looked at then.
const READ_MAX: usize = 10_000;
/// How long after its call came an event may be written: what is later is not looked at for it.
const WRITTEN_WITHIN: Duration = Duration::from_secs(15 * 60);
/// A day.
const DAY: Duration = Duration::from_secs(24 * 3600);

impl Serve<LookupEvents> for CloudTrail {
    /// The management events of the account in this region, and its data calls that were denied, newest first.
    async fn serve(&self, cx: &Context, request: LookupEvents) -> Result<LookupEventsOutput, Error> {
        let now = self.clock.now();
        let search = Search::of(cx, &request, now)?;
        let mut cursor = match &request.next_token {
            Some(token) => Cursor::parse(token, &search.sum).ok_or_else(errors::next_token)?,
            None => Cursor { below: u64::MAX, at: search.until.min(now) },
        };
        let mut found: Vec<(u64, Timestamp, Told)> = Vec::new();
        let (mut span, mut looked_at) = (SPAN_FIRST, 0);
        let mut more = true;
        while found.len() <= search.results_max && looked_at < LOOKED_AT_MAX {
            if cursor.at < search.from {
                more = false;
                break;
            }
            let since = (cursor.at - span).max(search.from - WRITTEN_WITHIN);
            let Some(window) = self.window(cx, (since, span), &cursor, &search).await? else {
                span /= 2;
                continue;
            };
            looked_at += window.len();
            let events = window.iter().rev();
            found.extend(
                events
                    .filter_map(|entry| Some((entry.link.sequence, entry.link.at, search.told(cx, entry)?))),
            );
            let below = window.first().map_or(cursor.below, |entry| entry.link.sequence);
            cursor = Cursor { below, at: since - Duration::from_millis(1) };
            span = (span * 2).min(SPAN_MAX);
        }
        let has_further = found.len() > search.results_max;
        found.truncate(search.results_max);
        let next = match found.last() {
            Some((sequence, at, _)) if has_further => Some(Cursor { below: *sequence, at: *at }),
            _ => Some(cursor).filter(|_| more),
        };
        Ok(LookupEventsOutput {
            events: Some(found.into_iter().map(|(_, _, event)| event).collect()),
            next_token: next.map(|cursor| cursor.text(&search.sum).into()),
        })
    }
}

impl CloudTrail {
    /// What was written since then and comes before the cursor, in the order of the ledger; none if that is too much for its span.
    async fn window(
        &self,
        cx: &Context,
        (since, span): (Timestamp, Duration),
        cursor: &Cursor,
        search: &Search<'_>,
    ) -> Result<Option<Vec<Entry>>, Error> {
        let mut entries = Vec::new();
        let mut from = ReadFrom::Time(since);
        loop {
            let page = self.ledgers.read(cx.account, Book::Management, from).await;
            let page = page.map_err(|error| errors::internal(&error))?;
            let is_before = |entry: &Entry| {
                entry.link.sequence < cursor.below && entry.link.at <= search.until + WRITTEN_WITHIN
            };
            let read = page.entries.len();
            entries.extend(page.entries.into_iter().take_while(is_before));
            if entries.len() > READ_MAX && span > SPAN_LEAST {
                return Ok(None);
            }
            match page.next {
                Some(next) if read == 0 || entries.last().is_some_and(is_before) => {
                    from = ReadFrom::Position(next)
                }
                _ => return Ok(Some(entries)),
            }
        }
    }
}

/// Where a lookup goes on: below this number, which was written at this time.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Cursor {
    below: u64,
    at: Timestamp,
}

impl Cursor {
    /// Bound to its search: with another one it is none.
    fn text(&self, sum: &str) -> String {
        let text = format!("1 {} {} {sum}", self.below, self.at.millis());
        base64_simd::URL_SAFE_NO_PAD.encode_to_string(text)
    }

    fn parse(text: &str, sum: &str) -> Option<Self> {
        let text = String::from_utf8(base64_simd::URL_SAFE_NO_PAD.decode_to_vec(text).ok()?).ok()?;
        let mut parts = text.split(' ');
        let (version, below, at) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        (version == "1" && parts.next() == Some(sum) && parts.next().is_none())
            .then_some(Self { below, at: Timestamp::from_millis(at) })
    }
}

/// What is looked for.
struct Search<'a> {
    attribute: Option<&'a LookupAttribute>,
    from: Timestamp,
    until: Timestamp,
    results_max: usize,
    /// Of all that, but for the number of results.
    sum: String,
}

impl<'a> Search<'a> {
    fn of(cx: &Context, request: &'a LookupEvents, now: Timestamp) -> Result<Self, Error> {
        if request.event_category.is_some() {
            return Err(errors::event_category());
        }
        let attributes = request.lookup_attributes.as_deref().unwrap_or_default();
        if attributes.len() > 1 {
            return Err(errors::one_attribute());
        }
        if let (Some(start), Some(end)) = (request.start_time, request.end_time)
            && start > end
        {
            return Err(errors::time_range());
        }
        let kept = now - DAY * u32::try_from(Book::Management.days_kept()).unwrap_or(u32::MAX);
        let text = format!(
            "{} {} {attributes:?} {:?} {:?}",
            cx.account, cx.region, request.start_time, request.end_time
        );
        Ok(Self {
            attribute: attributes.first(),
            from: request.start_time.map_or(kept, |start| start.max(kept)),
            until: request.end_time.unwrap_or(Timestamp::from_millis(i64::MAX / 2)),
            results_max: request
                .max_results
                .and_then(|max| usize::try_from(max).ok())
                .unwrap_or(RESULTS_DEFAULT),
            sum: Hex(&digest::digest(&digest::SHA256, text.as_bytes()).as_ref()[..8]).to_string(),
        })
    }

    /// The event as it is told, if it is one that is looked for.
    fn told(&self, cx: &Context, entry: &Entry) -> Option<Told> {
        let event = Event::of(&entry.body)?;
        let time = event
            .time
            .parse::<jiff::Timestamp>()
            .ok()
            .map(|time| Timestamp::from_seconds(time.as_second()))?;
        // Event times are whole seconds.
        let in_time = time.seconds() >= self.from.seconds() && time <= self.until;
        let is_asked = in_time
            && event.region == cx.region.as_str()
            && self.attribute.is_none_or(|attribute| has(&event, attribute));
        is_asked.then(|| told(&event, time, &entry.body))
    }
}

fn has(event: &Event<'_>, attribute: &LookupAttribute) -> bool {
    let value = &*attribute.attribute_value;
    match attribute.attribute_key {
        LookupAttributeKey::EventId => event.id == value,
        LookupAttributeKey::EventName => event.name == value,
        LookupAttributeKey::ReadOnly => value == if event.read_only { "true" } else { "false" },
        LookupAttributeKey::Username => event.username() == Some(value),
        LookupAttributeKey::ResourceType => {
            event.resources.iter().any(|resource| resource.kind.as_deref() == Some(value))
        }
        LookupAttributeKey::ResourceName => {
            event.resources.iter().any(|resource| resource.name() == value || resource.arn == value)
        }
        LookupAttributeKey::EventSource => event.source == value,
        LookupAttributeKey::AccessKeyId => event.user.access_key_id.as_deref() == Some(value),
    }
}

fn told(event: &Event<'_>, time: Timestamp, body: &Bytes) -> Told {
    let resources = event.resources.iter().map(|resource| Resource {
        resource_type: resource.kind.as_deref().map(Into::into),
        resource_name: Some(resource.name().into()),
    });
    Told {
        event_id: Some((&*event.id).into()),
        event_name: Some((&*event.name).into()),
        read_only: Some(if event.read_only { "true" } else { "false" }.into()),
        access_key_id: event.user.access_key_id.as_deref().map(Into::into),
        event_time: Some(time),
        event_source: Some((&*event.source).into()),
        username: event.username().map(Into::into),
        resources: Some(resources.collect()),
        cloud_trail_event: Some(String::from_utf8_lossy(body).into_owned().into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_of_its_search_alone() {
        let cursor = Cursor { below: 7, at: Timestamp::from_millis(1_795_275_600_123) };
        let text = cursor.text("abc");
        assert_eq!(Cursor::parse(&text, "abc"), Some(cursor));
        for (text, sum) in [(&*text, "abd"), (&text[1..], "abc"), ("", "abc"), ("!", "abc")] {
            assert_eq!(Cursor::parse(text, sum), None);
        }
    }
}
