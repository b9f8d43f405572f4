use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use anabranch_api::logs::{
    LiveTailSessionLogEvent, LiveTailSessionMetadata, LiveTailSessionUpdate, StartLiveTailEvent,
};
use anabranch_api::{ApiError, EventFrame};
use anabranch_log::GroupId;
use anabranch_types::Timestamp;
use tokio::sync::mpsc;

use crate::directory::Group;
use crate::errors;
use crate::limits::TAIL_EVENTS_MAX;
use crate::pattern::Pattern;
use crate::store::event::Event;

/// Bytes of one update's messages at the most; of more only some events are shown.
const UPDATE_BYTES_MAX: usize = 1024 * 1024;

/// What a session watches.
#[derive(Debug)]
pub(crate) struct Watched {
    pub groups: HashSet<GroupId>,
    /// Streams of these names alone, if any are named.
    pub names: Vec<String>,
    /// Streams whose names begin so, if any are named.
    pub prefixes: Vec<String>,
    pub pattern: Pattern,
}

/// One live tail.
pub(crate) struct Session {
    watched: Watched,
    expires: Timestamp,
    frames: mpsc::Sender<Result<EventFrame, ApiError>>,
    pending: Mutex<Pending>,
}

/// What came since the session was told last.
#[derive(Default)]
struct Pending {
    events: Vec<LiveTailSessionLogEvent>,
    bytes: usize,
    left_some_out: bool,
}

impl Watched {
    fn is_meant(&self, group: GroupId, stream: &str) -> bool {
        let is_named = self.names.is_empty() || self.names.iter().any(|name| name == stream);
        let begins =
            self.prefixes.is_empty() || self.prefixes.iter().any(|prefix| stream.starts_with(prefix));
        self.groups.contains(&group) && is_named && begins
    }
}

impl Session {
    pub fn new(
        watched: Watched,
        expires: Timestamp,
        frames: mpsc::Sender<Result<EventFrame, ApiError>>,
    ) -> Self {
        Self { watched, expires, frames, pending: Mutex::default() }
    }

    /// Keeps those that are meant until the session is told.
    pub fn show(&self, group: &Group, stream: &str, events: &[Event], ingested_ms: i64) {
        if !self.watched.is_meant(group.id, stream) {
            return;
        }
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        for event in events.iter().filter(|event| self.watched.pattern.matches(&event.message)) {
            let bytes = pending.bytes + event.message.len();
            if pending.events.len() >= TAIL_EVENTS_MAX
                || bytes > UPDATE_BYTES_MAX && !pending.events.is_empty()
            {
                pending.left_some_out = true;
                return;
            }
            pending.bytes = bytes;
            pending.events.push(LiveTailSessionLogEvent {
                log_stream_name: Some(stream.into()),
                log_group_identifier: Some(format!("{}:{}", group.scope.account, group.name).into()),
                message: Some(event.message.clone()),
                timestamp: Some(event.time_ms),
                ingestion_time: Some(ingested_ms),
            });
        }
    }

    /// Sends what came. A client that has not taken the update before is told later.
    pub fn tell(&self, now: Timestamp) {
        let Ok(place) = self.frames.try_reserve() else { return };
        if now >= self.expires {
            place.send(Err(errors::tail_over().into()));
            return;
        }
        let pending = std::mem::take(&mut *self.pending.lock().unwrap_or_else(PoisonError::into_inner));
        let update = LiveTailSessionUpdate {
            session_metadata: Some(LiveTailSessionMetadata { sampled: Some(pending.left_some_out) }),
            session_results: Some(pending.events),
        };
        let event = StartLiveTailEvent::LiveTailSessionUpdate(update);
        place.send(Ok(EventFrame::sized(&event, 256 + pending.bytes)));
    }
}
