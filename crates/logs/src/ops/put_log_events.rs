use std::ops::Range;

use anabranch_api::logs::{Error, InputLogEvent, PutLogEvents, PutLogEventsOutput, RejectedLogEventsInfo};
use anabranch_api::{Context, Serve};

use crate::errors;
use crate::limits::{BATCH_BYTES_MAX, BATCH_SPAN_MS, EVENT_AGE_MS, EVENT_AHEAD_MS};
use crate::service::Logs;
use crate::store::event::Event;
use crate::store::place::Place;

impl Serve<PutLogEvents> for Logs {
    /// What is taken is durable, measured by metric filters and in the hands of subscription filters when this answers.
    async fn serve(&self, cx: &Context, request: PutLogEvents) -> Result<PutLogEventsOutput, Error> {
        let (group, stream) = self.group_and_stream(cx, &request.log_group_name, &request.log_stream_name)?;
        check(&request.log_events)?;
        let now = self.clock.now();
        let times: Vec<i64> = request.log_events.iter().map(|event| event.timestamp).collect();
        let (taken, rejected) = taken(&times, now.millis(), group.horizon_ms(now));
        let events: Vec<Event> = request.log_events[taken].iter().map(Event::from).collect();
        let next = if events.is_empty() {
            Place::at_time(now.millis())
        } else {
            let written = self.append(&group, &stream, &events).await?;
            self.tails.show(&group, &stream.name, &events, written.ingested_ms);
            self.measure(&group, &events).await;
            self.hand_over(&group, &stream, &written).await?;
            Place::new(written.ingested_ms, stream.log, written.at, events.len())
        };
        Ok(PutLogEventsOutput {
            next_sequence_token: Some(next.id().into()),
            rejected_log_events_info: rejected,
            rejected_entity_info: None,
        })
    }
}

impl From<&InputLogEvent> for Event {
    fn from(event: &InputLogEvent) -> Self {
        Event { time_ms: event.timestamp, message: event.message.clone() }
    }
}

fn check(events: &[InputLogEvent]) -> Result<(), Error> {
    let bytes: usize = events.iter().map(|event| Event::from(event).bytes()).sum();
    if bytes > BATCH_BYTES_MAX {
        return Err(errors::batch_too_large(bytes));
    }
    if !events.is_sorted_by_key(|event| event.timestamp) {
        return Err(errors::not_chronological());
    }
    let span = |first: &InputLogEvent, last: &InputLogEvent| last.timestamp - first.timestamp;
    let spans = events.first().zip(events.last()).map_or(0, |(first, last)| span(first, last));
    if spans > BATCH_SPAN_MS { Err(errors::spans_too_long()) } else { Ok(()) }
}

/// Which events of these times, in order, are taken, and what is said of the others. Ends are exclusive, beginnings inclusive.
fn taken(times: &[i64], now_ms: i64, horizon_ms: i64) -> (Range<usize>, Option<RejectedLogEventsInfo>) {
    let index = |n: usize| i32::try_from(n).ok();
    let before = |time_ms: i64| times.partition_point(|at| *at < time_ms);
    let expired = before(horizon_ms);
    let old = before(now_ms - EVENT_AGE_MS);
    let new = times.partition_point(|at| *at <= now_ms + EVENT_AHEAD_MS);
    let first = expired.max(old).min(new);
    let rejected = RejectedLogEventsInfo {
        too_new_log_event_start_index: index(new).filter(|_| new < times.len()),
        too_old_log_event_end_index: index(old).filter(|_| old > 0),
        expired_log_event_end_index: index(expired).filter(|_| expired > 0),
    };
    let takes_all = first == 0 && new == times.len();
    (first..new, (!takes_all).then_some(rejected))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{DAY_MS, HOUR_MS};

    #[test]
    fn what_is_too_old_expired_or_too_new_is_left_out() {
        const NOW: i64 = 100 * DAY_MS;
        let told = |times: &[i64], days: i64| {
            let horizon = if days == 0 { 0 } else { NOW - days * DAY_MS };
            let (range, rejected) = taken(times, NOW, horizon);
            let rejected = rejected.map(|r| {
                (
                    r.too_old_log_event_end_index,
                    r.expired_log_event_end_index,
                    r.too_new_log_event_start_index,
                )
            });
            (range, rejected)
        };
        let (old, early) = (NOW - 14 * DAY_MS - 1, NOW - 2 * DAY_MS);
        let (ahead, new) = (NOW + 2 * HOUR_MS, NOW + 2 * HOUR_MS + 1);
        assert_eq!(told(&[early, NOW, ahead], 0), (0..3, None));
        assert_eq!(told(&[old, old + 1, new], 0), (1..2, Some((Some(1), None, Some(2)))));
        assert_eq!(told(&[old, early, NOW], 1), (2..3, Some((Some(1), Some(2), None))));
        assert_eq!(told(&[old], 1), (1..1, Some((Some(1), Some(1), None))));
        assert_eq!(told(&[new], 0), (0..0, Some((None, None, Some(0)))));
    }
}
